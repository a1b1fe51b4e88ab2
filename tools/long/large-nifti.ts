/**
 * Large NIfTI files slab by slab, plain and packed, through `dprime convert`'s own path, with the memory
 * that it takes:
 *
 *   npx tsx tools/long/large-nifti.ts [planes of 512 × 512 × 16 bits, 2048 (1 GiB)]
 *
 * The plain file is sparse, so that it takes no room on most disks.
 */
import { mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { open } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { convert } from "../../src/workflows/convert.ts";
import { makeImage } from "../../src/core/image.ts";
import { niftiHeaderToBytes } from "../../src/formats/nifti-header.ts";
import { niftiHeaderOf } from "../../src/formats/nifti-new-header.ts";

const planes = Number(process.argv[2] ?? 2048);
const side = 512;
const limitMiB = 768;
const bytes = 2 * planes * side * side;
const folder = mkdtempSync(join(tmpdir(), "dprime-large-"));
const peakMiB = () =>
  Number(/VmHWM:\s+(\d+)/.exec(readFileSync("/proc/self/status", "utf8"))![1]) / 1024;
try {
  const path = join(folder, "large.nii");
  const image = {
    ...makeImage(new Float32Array(1), [1, 1]),
    axes: "zyx",
    shape: [planes, side, side],
  } as const;
  const header = niftiHeaderOf(image, { type: "int16", kind: "scalar", slope: 1, intercept: 0 });
  const file = await open(path, "w");
  await file.write(niftiHeaderToBytes(header));
  await file.truncate(352 + bytes);
  await file.close();
  for (const [from, to] of [
    ["large.nii", "packed.nii.gz"],
    ["packed.nii.gz", "again.nii"],
  ] as const) {
    const start = performance.now();
    const done = await convert(join(folder, from), join(folder, to));
    console.log(
      `${from} to ${to}: ${(bytes / 2 ** 30).toFixed(2)} GiB as ${done.stored} (${done.notes.join()}), ${((performance.now() - start) / 1000).toFixed(1)} s; highest memory ${peakMiB().toFixed(0)} MiB`,
    );
  }
  if (peakMiB() > limitMiB || statSync(join(folder, "again.nii")).size !== 352 + bytes) {
    console.error(
      `found ${peakMiB().toFixed(0)} MiB, wanted at most ${limitMiB} and the same bytes`,
    );
    process.exitCode = 1;
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
