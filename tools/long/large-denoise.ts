/**
 * `dprime denoise` on large files, each in a process of its own, with the most memory that it takes:
 *
 *   npx tsx tools/long/large-denoise.ts [planes of 512 × 512 × 16 bits, 2048 (1 GiB)] [kinds, all]
 *
 * Kinds are `nii`, `nii.gz`, `npy`, `dcm` (one multi-frame object) and `series` (a folder of slices). Each is
 * denoised by Gaussian smoothing, the two last ones into DICOM again. `slices` takes the same folder through
 * `dprime info`, `noise` and `convert`. It takes some 10 GB in the temporary folder.
 */
import { spawnSync } from "node:child_process";
import {
  closeSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { makeImage } from "../../src/core/image.ts";
import { streamOf } from "../../src/core/random.ts";
import { decimalElement, numberElement, textElement } from "../../src/dicom/build.ts";
import { parseDicom } from "../../src/dicom/parse.ts";
import { processSlabs } from "../../src/files/files-slabs.ts";
import { niftiHeaderToBytes } from "../../src/formats/nifti-header.ts";
import { niftiHeaderOf } from "../../src/formats/nifti-new-header.ts";
import { npyHead } from "../../src/formats/npy-array.ts";
import { testObject } from "../../test/dicom-objects.ts";

const planes = Number(process.argv[2] ?? 2048);
const kinds = (process.argv[3] ?? "nii,nii.gz,npy,dcm,series,slices").split(",");
const side = 512;
/** The stated 768 MiB for a slab, and what the process takes without any. */
const limitMiB = 1280;
const root = fileURLToPath(new URL("../..", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "dprime-large-"));

/** One of a few noisy planes, which take turns. */
const patterns = Array.from({ length: 5 }, (_, k) => {
  const stream = streamOf(k, "large");
  return Int16Array.from({ length: side * side }, (__, i) => {
    const inside = Math.hypot((i % side) - 256, Math.floor(i / side) - 256) < 180 + 5 * k;
    return Math.round((inside ? 60 : -900) + 20 * stream.normal());
  });
});
const plane = (k: number): Int16Array => patterns[k % patterns.length]!;

function fill(path: string, head: Uint8Array): void {
  const file = openSync(path, "w");
  writeSync(file, head);
  for (let k = 0; k < planes; k++) writeSync(file, plane(k));
  closeSync(file);
}

async function make(kind: string): Promise<string> {
  const path = join(folder, kind === "series" || kind === "slices" ? "slices" : `large.${kind}`);
  const volume = {
    ...makeImage(new Float32Array(1), [1, 1], { unit: "HU" }),
    axes: "zyx",
    shape: [planes, side, side],
  } as const;
  const scalar = { type: "int16", kind: "scalar", slope: 1, intercept: 0 } as const;
  if (kind === "nii") fill(path, niftiHeaderToBytes(niftiHeaderOf(volume, scalar)));
  else if (kind === "nii.gz") {
    const plain = join(folder, "plain.nii");
    fill(plain, niftiHeaderToBytes(niftiHeaderOf(volume, scalar)));
    await processSlabs(plain, path, { type: "int16", work: (slab) => Promise.resolve(slab) });
    rmSync(plain);
  } else if (kind === "npy") fill(path, npyHead("<i2", [planes, side, side]));
  else if (kind === "dcm") {
    const object = await testObject({
      data: new Int16Array(side * side),
      rows: side,
      columns: side,
      extra: [
        textElement(0x00280008, "IS", String(planes)),
        numberElement(0x00280009, "AT", 0x00540080),
        decimalElement(0x00180088, 1),
        textElement(0x00281052, "DS", "0"),
        textElement(0x00281053, "DS", "1"),
      ],
    });
    const { offset } = parseDicom(object).dataSet.elements.get(0x7fe00010)!;
    const head = object.slice(0, offset);
    new DataView(head.buffer).setUint32(offset - 4, planes * side * side * 2, true);
    fill(path, head);
  } else {
    mkdirSync(path);
    for (let k = 0; k < planes; k++) {
      const bytes = await testObject({
        data: plane(k),
        rows: side,
        columns: side,
        extra: [
          textElement(0x00080018, "UI", `2.25.9${k}`),
          textElement(0x00200013, "IS", String(k + 1)),
          decimalElement(0x00200032, [-100, -90.5, k]),
          textElement(0x00281052, "DS", "0"),
          textElement(0x00281053, "DS", "1"),
        ],
      });
      writeFileSync(join(path, `slice${k}`), bytes);
    }
  }
  return path;
}

/** Runs a command of the built package; peak memory of the process in MiB. */
function run(command: readonly string[]): { ok: boolean; peakMiB: number; seconds: number } {
  const started = performance.now();
  const child = spawnSync(
    process.execPath,
    [
      "--import",
      "tsx",
      "-e",
      `process.argv.splice(1, 0, "dprime");
process.on("exit", () => console.error("peak " + process.resourceUsage().maxRSS / 1024));
await import(${JSON.stringify(join(root, "src", "cli", "main.ts"))});`,
      "--input-type=module",
      ...command,
    ],
    { cwd: root, encoding: "utf8" },
  );
  const peak = /peak ([\d.]+)/.exec(child.stderr)?.[1];
  if (child.status !== 0 || peak === undefined) console.error(child.stderr.slice(-2000));
  console.log(child.stdout.trimEnd());
  return {
    ok: child.status === 0,
    peakMiB: Number(peak ?? NaN),
    seconds: (performance.now() - started) / 1000,
  };
}

/** Runs and says what it took. */
function measured(kind: string, command: readonly string[]): void {
  const done = run([...command, "--quiet"]);
  console.log(
    `${command[0]} ${kind}: ${planes} planes of ${side} × ${side}, ${done.seconds.toFixed(1)} s, highest memory ${done.peakMiB.toFixed(0)} MiB`,
  );
  if (!done.ok || !(done.peakMiB <= limitMiB)) {
    console.error(`found ${done.peakMiB.toFixed(0)} MiB, wanted at most ${limitMiB}`);
    process.exitCode = 1;
  }
}

try {
  for (const kind of kinds) {
    const input = await make(kind);
    if (kind === "slices") {
      const volume = join(folder, "volume.nii");
      measured(kind, ["info", input]);
      measured(kind, ["noise", input]);
      measured(kind, ["convert", input, "-o", volume]);
      rmSync(volume);
      rmSync(input, { recursive: true });
      continue;
    }
    const output = join(folder, kind === "series" ? "out" : `out.${kind}`);
    const smoothing = ["--method", "gaussian", "--param", "width=0.6"];
    measured(kind, ["denoise", input, "-o", output, ...smoothing]);
    const size =
      kind === "series" ? readdirSync(output).length : (statSync(output).size / 2 ** 30).toFixed(2);
    console.log(`wrote ${size} ${kind === "series" ? "files" : "GiB"}`);
    rmSync(input, { recursive: true });
    rmSync(output, { recursive: true });
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
