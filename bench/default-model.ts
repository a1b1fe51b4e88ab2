/**
 * The default model against the best of scikit-image's NLM, TV and wavelet denoisers, on CT slices
 * that it never saw: the window from −160 to 240 HU on [0, 1], white Gaussian noise, PSNR with peak 1
 * over the whole slice, nothing clipped after the noise.
 *
 *   npm run bench -- default-model [--model PATH] [--quick]
 */
import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { makeImage, sliceOf } from "../src/core/image.ts";
import { streamOf } from "../src/core/random.ts";
import { openPath } from "../src/files/files.ts";
import { npy } from "../src/formats/npy.ts";
import { haveSharedData, sharedData } from "../test/shared-data.ts";
import { loadDenoisingModel } from "../src/inference/files.ts";
import { abdomen } from "../src/phantoms/abdomen.ts";

const here = dirname(fileURLToPath(import.meta.url));
const { values } = parseArgs({
  options: { model: { type: "string" }, quick: { type: "boolean", default: false } },
});
const sigmas = ["0.05", "0.1"];

/** Held-out CT: none of these files is named in models/drunet-light.yaml. */
const heldOut = [
  "3_ct_seg/ts_dicom_512_j2k/30000022120808113428000016573.dcm",
  "3_ct_seg/ts_dicom_512_j2k/30000022120808113428000016580.dcm",
  "3_ct_seg/ts_dicom_512_j2k/30000022120808113428000016587.dcm",
  "3_ct_seg/ts_dicom_512_j2k/30000022120808113428000016592.dcm",
  "1_ct_dicom/ct2_toshiba_j2k/CT2_J2KR.dcm",
  "1_ct_dicom/pancreas_un_vr_j2k/explicit_VR-UN.dcm",
  "1_ct_dicom/lungmask_min_tags/lungmask_0.dcm",
  "1_ct_dicom/bad_sequence_ct/bad_sequence.dcm",
];

interface Slice {
  readonly name: string;
  readonly ny: number;
  readonly nx: number;
  readonly clean: Float32Array;
}

const windowed = (data: Float32Array) => data.map((v) => Math.min(1, Math.max(0, (v + 160) / 400)));

async function slices(): Promise<Slice[]> {
  const found: Slice[] = [];
  for (let i = 0; i < (values.quick ? 1 : 3); i++) {
    const { image } = abdomen.draw(streamOf(777, "held out", i), { size: 512 });
    found.push({ name: `phantom-${i}`, ny: 512, nx: 512, clean: windowed(image.data) });
  }
  if (!haveSharedData) {
    console.log("skipped: no folder of real images here, phantoms only");
    return found;
  }
  for (const path of values.quick ? heldOut.slice(0, 1) : heldOut) {
    const image = sliceOf((await openPath(join(sharedData, path))).images[0]!.image, 0);
    const [ny, nx] = image.shape as [number, number];
    const name = path.split("/").slice(-1)[0]!.replace(".dcm", "").slice(-12);
    found.push({ name, ny, nx, clean: windowed(image.data) });
  }
  return found;
}

const psnr = (a: Float32Array, b: Float32Array) => {
  let error = 0;
  for (let i = 0; i < a.length; i++) error += (a[i]! - b[i]!) ** 2;
  return -10 * Math.log10(error / a.length);
};

const python = ["/usr/bin/python3", "python3"].find(
  (p) => spawnSync(p, ["-c", "import skimage"]).status === 0,
);
const folder = mkdtempSync(join(tmpdir(), "dprime-bench-"));
const model = await loadDenoisingModel(values.model);
try {
  const all = await slices();
  const ours: Record<string, number> = {};
  const noise: Record<string, number> = {};
  for (const { name, ny, nx, clean } of all) {
    const save = async (file: string, data: Float32Array) => {
      const { files } = await npy.write!(makeImage(data, [ny, nx]), { fileName: file });
      writeFileSync(join(folder, file), files[0]!.bytes);
    };
    await save(`clean-${name}.npy`, clean);
    for (const sigma of sigmas) {
      const stream = streamOf(2026, "bench noise", name, sigma);
      const noisy = clean.map((v) => v + Number(sigma) * stream.normal());
      await save(`noisy-${name}-${sigma}.npy`, noisy);
      const result = await model.denoisePlane(noisy, { ny, nx, sigma: Number(sigma) });
      ours[`${name} ${sigma}`] = psnr(clean, result);
      noise[`${name} ${sigma}`] = psnr(clean, noisy);
    }
  }
  const peers =
    python === undefined
      ? {}
      : (JSON.parse(
          execFileSync(python, [join(here, "peers/best-of-skimage.py"), folder, ...sigmas], {
            encoding: "utf8",
          }),
        ) as Record<string, Record<string, number>>);
  if (python === undefined) console.log("skipped: no python3-skimage here, the peers are not run");
  console.log("| slice, σ | noisy | NLM | TV | wavelet | dprime | gain over the best |");
  console.log("|---|---|---|---|---|---|---|");
  const gains: Record<string, number[]> = Object.fromEntries(sigmas.map((s) => [s, []]));
  for (const key of Object.keys(ours)) {
    const { nlm = NaN, tv = NaN, wavelet = NaN } = peers[key] ?? {};
    const gain = ours[key]! - Math.max(nlm, tv, wavelet);
    gains[key.split(" ")[1]!]!.push(gain);
    const row = [noise[key]!, nlm, tv, wavelet, ours[key]!, gain].map((v) => v.toFixed(2));
    console.log(`| ${key} | ${row.join(" | ")} |`);
  }
  for (const [sigma, list] of Object.entries(gains)) {
    const mean = list.reduce((s, v) => s + v, 0) / list.length;
    console.log(
      `σ = ${sigma}: mean gain ${mean.toFixed(2)} dB, from ${Math.min(...list).toFixed(2)} to ${Math.max(...list).toFixed(2)}`,
    );
  }
} finally {
  await model.dispose();
  rmSync(folder, { recursive: true });
}
