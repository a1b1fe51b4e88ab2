/**
 * Every denoiser of the catalogue on CT, MRI, ultrasound and X-ray images at three noise levels: PSNR,
 * SSIM, time and memory, as Markdown for docs/benchmarks.md. Parameters are tuned on one image of the kind
 * and measured on another: each numeric parameter with a default is tried at half and double of it, and the
 * better one kept, one after the other (coordinate search, one round).
 *
 * Images are not in the repository: DPRIME_SHARED names the folder whose data/ holds them.
 * Noise of the denoiser's own kind is added to the images, which are taken as truth: their own noise makes
 * all PSNR values a little pessimistic, alike for all methods.
 *
 *   npx tsx bench/denoise-table.ts [--size=160] [--only=NAME,…] [--modality=CT,…]
 */
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { cpus } from "node:os";
import { type Image, layoutOf, makeImage, rangeOf, sliceOf, withData } from "../src/core/image.ts";
import type { ParameterTable, ParameterValues } from "../src/core/parameters.ts";
import { streamOf } from "../src/core/random.ts";
import { catalogue } from "../src/denoise/catalogue.ts";
import type { Denoiser, NoiseKind } from "../src/denoise/denoiser.ts";
import { findDenoiser } from "../src/denoise/find-denoiser.ts";
import { openFile } from "../src/formats/files.ts";
import { psnr } from "../src/metrics/psnr.ts";
import { ssim } from "../src/metrics/ssim.ts";

const option = (name: string) =>
  process.argv.find((word) => word.startsWith(`--${name}=`))?.slice(name.length + 3);
const size = Number(option("size") ?? 160);
const only = option("only")?.split(",");
const wanted = option("modality")?.split(",");
const shared = process.env.DPRIME_SHARED ?? new URL("../../shared", import.meta.url).pathname;
const levels = [0.03, 0.06, 0.12];
const speckleLevels = [0.1, 0.2, 0.4];

/** Folders of images; the first readable image tunes, the next of another file tests. */
const modalities: Readonly<Record<string, readonly string[]>> = {
  CT: ["3_ct_seg/ts_dicom_512_j2k", "1_ct_dicom/pancreas_un_vr_j2k", "1_ct_dicom/ct2_toshiba_j2k"],
  MRI: ["4_mri/mni152_template", "4_mri/dipy_t1", "4_mri/suyash_prostate_mr"],
  ultrasound: ["5_projection_us_retina/monai_ultrasound", "5_projection_us_retina/wado_us"],
  "X-ray": ["5_projection_us_retina/nih_cxr", "5_projection_us_retina/msynth_mammo"],
};

async function planesOf(folders: readonly string[]): Promise<Image[]> {
  const found: Image[] = [];
  for (const folder of folders) {
    const path = join(shared, "data", folder);
    let names: string[];
    try {
      names = readdirSync(path, { recursive: true }) as string[];
    } catch {
      console.error(`skipped ${path}: absent`);
      continue;
    }
    let taken = 0;
    for (const name of names.sort()) {
      if (taken >= 2 || found.length >= 2) break;
      try {
        const first = (await openFile(join(path, name))).images[0]!.image;
        const { blocks, nz, ny, nx } = layoutOf(first);
        if (first.axes.includes("c") || Math.min(ny, nx) < size) continue;
        found.push(normalised(sliceOf(first, Math.floor((blocks * nz) / 2))));
        taken++;
      } catch {
        // Not an image, or one of the deliberately broken files.
      }
    }
  }
  return found;
}

/** The middle size × size pixels, with the 1st and 99th percentile at 0 and 1 (HU: −160 … 240), clipped. */
function normalised(plane: Image): Image {
  const { ny, nx } = layoutOf(plane);
  const [y0, x0] = [Math.floor((ny - size) / 2), Math.floor((nx - size) / 2)];
  const data = new Float32Array(size * size);
  for (let y = 0; y < size; y++) {
    data.set(plane.data.subarray((y0 + y) * nx + x0, (y0 + y) * nx + x0 + size), y * size);
  }
  const sorted = Float32Array.from(data).sort();
  const low = plane.unit === "HU" ? -160 : sorted[Math.floor(0.01 * sorted.length)]!;
  const high = plane.unit === "HU" ? 240 : sorted[Math.floor(0.99 * sorted.length)]!;
  if (!(high > low)) throw new Error("no contrast");
  return makeImage(
    data.map((v) => Math.min(1, Math.max(0, (v - low) / (high - low)))),
    [size, size],
    { unit: "normalised" },
  );
}

function noisy(kind: NoiseKind, truth: Image, level: number): { image: Image; sigma: number } {
  const stream = streamOf(11, "denoise-table", kind, Math.round(1000 * level));
  const sigma = kind === "speckle" ? speckleLevels[levels.indexOf(level)]! : level;
  const looks = 1 / sigma ** 2;
  const data = truth.data.map((v) => {
    if (kind === "rician") return Math.hypot(v + sigma * stream.normal(), sigma * stream.normal());
    if (kind === "speckle") return (v * stream.gamma(looks)) / looks;
    if (kind === "impulse") {
      const u = stream.uniform();
      return u < level ? 0 : u < 2 * level ? 1 : v;
    }
    return v + sigma * stream.normal();
  });
  return { image: withData(truth, data), sigma };
}

function decibels(a: Image, b: Image): number {
  let sum = 0;
  for (let i = 0; i < a.data.length; i++) sum += (a.data[i]! - b.data[i]!) ** 2;
  return -10 * Math.log10(sum / a.data.length);
}

/** One round of half and double for every numeric parameter that has a default. */
async function tuned(
  denoiser: Denoiser,
  truth: Image,
  input: { image: Image; sigma: number },
): Promise<ParameterValues> {
  let best: Record<string, number> = {};
  const score = async (parameters: Record<string, number>) =>
    decibels(await denoiser.denoise(input.image, parameters, { sigma: input.sigma }), truth);
  let value = await score(best);
  for (const [name, parameter] of Object.entries(denoiser.parameters satisfies ParameterTable)) {
    if (parameter.type !== "number" || parameter.default === undefined) continue;
    // What bounds the work or seeds it is no knob of quality.
    if (/iterations|tolerance|seed|rounds|agents/i.test(name)) continue;
    for (const factor of [0.5, 2]) {
      const trial = Math.min(parameter.max, Math.max(parameter.min, factor * parameter.default));
      const next = { ...best, [name]: trial };
      const found = await score(next);
      if (found > value) {
        value = found;
        best = next;
      }
    }
  }
  return best;
}

async function main(): Promise<void> {
  console.log(
    `Machine: ${cpus()[0]?.model ?? "unknown"}, ${cpus().length} cores, Node ${process.version}; ${size} × ${size} px, one thread, seed 11. PSNR with peak 1, SSIM with data range 1. Noise levels ${levels.join(", ")} of the window (speckle: ${speckleLevels.join(", ")} of the signal).\n`,
  );
  console.log("| modality | method | PSNR dB (three levels) | SSIM | s | MiB | tuned |");
  console.log("|---|---|---|---|---|---|---|");
  for (const [modality, folders] of Object.entries(modalities)) {
    if (wanted && !wanted.includes(modality)) continue;
    const [train, test] = await planesOf(folders);
    if (!train || !test) {
      console.error(`skipped ${modality}: fewer than two images`);
      continue;
    }
    const kinds = new Set<NoiseKind>();
    for (const name of only ?? Object.keys(catalogue)) {
      const denoiser = await findDenoiser(name);
      if (!kinds.has(denoiser.noise)) {
        kinds.add(denoiser.noise);
        const before = levels.map((level) => noisy(denoiser.noise, test, level).image);
        console.log(row(modality, `*noisy (${denoiser.noise})*`, before, test));
      }
      try {
        const parameters = await tuned(denoiser, train, noisy(denoiser.noise, train, levels[1]!));
        const results: Image[] = [];
        const start = performance.now();
        let memory = 0;
        for (const level of levels) {
          const { image, sigma } = noisy(denoiser.noise, test, level);
          const held = process.memoryUsage();
          results.push(await denoiser.denoise(image, parameters, { sigma }));
          const now = process.memoryUsage();
          memory = Math.max(memory, now.rss - held.rss, now.external - held.external);
        }
        const seconds = (performance.now() - start) / 1000 / levels.length;
        console.log(row(modality, name, results, test, { seconds, memory, parameters }));
      } catch (error) {
        console.error(`skipped ${name} on ${modality}: ${String(error)}`);
      }
    }
  }
}

function row(
  modality: string,
  name: string,
  results: readonly Image[],
  truth: Image,
  work?: { seconds: number; memory: number; parameters: ParameterValues },
): string {
  const context = { reference: truth, dataRange: 1 };
  const numbers = (metric: typeof psnr, digits: number) =>
    results
      .map((image) => {
        const measured = metric.measure(image, context);
        return measured.status === "ok" ? measured.value.toFixed(digits) : "–";
      })
      .join(" / ");
  const cells = [
    modality,
    name,
    numbers(psnr, 2),
    numbers(ssim, 3),
    work ? work.seconds.toFixed(2) : "",
    work ? String(Math.max(0, Math.round(work.memory / 2 ** 20))) : "",
    work
      ? Object.entries(work.parameters)
          .map(([key, value]) => `${key} ${Number(Number(value).toPrecision(3))}`)
          .join(", ")
      : "",
  ];
  if (results.some((image) => rangeOf(image.data).nonFinite > 0)) cells[1] += " (not finite!)";
  return `| ${cells.join(" | ")} |`;
}

await main();
