/**
 * A large multi-frame DICOM file slab by slab, with the memory it takes:
 *
 *   npx tsx tools/long/large-dicom.ts [frames of 512 × 512 × 16 bits, 2048 (1 GiB)]
 *
 * The file is sparse, so that it takes no room on most disks; the result is a NIfTI file of 16 bits.
 */
import {
  openSync,
  closeSync,
  ftruncateSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { processSlabs } from "../../src/files/files-slabs.ts";
import { parseDicom } from "../../src/dicom/parse.ts";
import { testObject } from "../../test/dicom-objects.ts";
import { decimalElement, numberElement, textElement } from "../../src/dicom/build.ts";

const frames = Number(process.argv[2] ?? 2048);
const side = 512;
const limitMiB = 512;
const folder = mkdtempSync(join(tmpdir(), "dprime-large-"));
const peakMiB = () =>
  Number(/VmHWM:\s+(\d+)/.exec(readFileSync("/proc/self/status", "utf8"))![1]) / 1024;
try {
  const path = join(folder, "large.dcm");
  const one = await testObject({
    data: new Int16Array(side * side),
    rows: side,
    columns: side,
    extra: [
      textElement(0x00280008, "IS", String(frames)),
      // Frames counted by slice: a volume, in slabs of many frames.
      numberElement(0x00280009, "AT", 0x00540080),
      decimalElement(0x00180088, 1),
    ],
  });
  const { offset } = parseDicom(one).dataSet.elements.get(0x7fe00010)!;
  const length = frames * side * side * 2;
  const head = one.slice(0, offset);
  new DataView(head.buffer).setUint32(offset - 4, length, true);
  const file = openSync(path, "w");
  writeSync(file, head);
  ftruncateSync(file, offset + length);
  closeSync(file);
  const before = peakMiB();
  const start = performance.now();
  const { boundBytes, slabs } = await processSlabs(path, join(folder, "large.nii"), {
    type: "int16",
    work: async (slab) => slab,
  });
  const written = statSync(join(folder, "large.nii")).size;
  console.log(
    `${(length / 2 ** 30).toFixed(2)} GiB in ${slabs} slabs, ${((performance.now() - start) / 1000).toFixed(1)} s; stated bound ${(boundBytes / 2 ** 20).toFixed(0)} MiB; highest memory ${peakMiB().toFixed(0)} MiB, ${before.toFixed(0)} MiB before; ${written} bytes written`,
  );
  if (peakMiB() > limitMiB || written < length) {
    console.error(`found ${peakMiB().toFixed(0)} MiB, wanted at most ${limitMiB}`);
    process.exitCode = 1;
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
