import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { testObject } from "../../test/dicom-objects.ts";
import { withData } from "../core/image.ts";
import { bytesElement, decimalElement, numberElement } from "../dicom/build.ts";
import { writeDerivedDicom } from "../dicom/derive.ts";
import { readDicom } from "../dicom/read.ts";
import { openDerivedWriter } from "./files-slab-writer.ts";
import { openSlabs } from "./files-slabs.ts";

const folder = mkdtempSync(join(tmpdir(), "dprime-slab-writer-"));
afterAll(() => rmSync(folder, { recursive: true }));

const shape = { rows: 2, columns: 2, frames: 3 };
const hu = [decimalElement(0x00281052, -10), decimalElement(0x00281053, 0.5)];
const doubles = Float64Array.from({ length: 12 }, (_, i) => (i % 4 === 0 ? -1e300 : i / 3));
const objects = {
  "a range of padding": testObject({
    ...shape,
    data: Int16Array.of(-2000, -1950, 3, 4, -1900, 6, 7, 8, 9, -2000, 11, 12),
    extra: [...hu, numberElement(0x00280120, "SS", -2000), numberElement(0x00280121, "SS", -1900)],
  }),
  "double precision": testObject({
    ...shape,
    data: new Uint8Array(12),
    without: [0x7fe00010, 0x00280101, 0x00280102, 0x00280103],
    extra: [
      numberElement(0x00280100, "US", 64),
      bytesElement(0x7fe00009, "OD", new Uint8Array(doubles.map((v) => Math.max(v, -50)).buffer)),
      ...hu,
      numberElement(0x00280123, "FD", -50),
    ],
  }),
};

describe("openDerivedWriter", () => {
  it.each(
    Object.entries(objects).flatMap(([name, object]) => [
      [name, "source" as const, object] as const,
      [name, "fit" as const, object] as const,
    ]),
  )("writes %s by the rescale %s as a whole object does", async (name, rescale, object) => {
    const path = join(folder, "in.dcm");
    const out = join(folder, "out.dcm");
    writeFileSync(path, await object);
    const source = await openSlabs(path);
    const whole = await readDicom(await object);
    const change = (data: Float32Array, padded: Uint8Array | undefined) =>
      data.map((v, i) => (padded?.[i] === 1 ? v : v / 2 - 3));
    const writer = await openDerivedWriter(out, source.frames!, { method: "x", rescale });
    for (let k = 0; k < 3; k++) {
      const slab = await source.read(k, 1);
      expect(slab.padded).toEqual(whole.padded!.slice(4 * k, 4 * k + 4));
      await writer.write(change(slab.data, slab.padded), slab.padded);
    }
    await writer.finish();
    await source.close();
    const back = await readDicom(readFileSync(out));
    const changed = withData(whole.image, change(whole.image.data, whole.padded));
    const written = await writeDerivedDicom(whole, changed, { method: "x", rescale });
    const wanted = await readDicom(written.bytes);
    expect(back.image).toEqual(wanted.image);
    expect(back.stored).toEqual(wanted.stored);
    expect(back.padded).toEqual(whole.padded);
    expect(back.stored.type).toBe(name === "double precision" ? "float64" : wanted.stored.type);
  });
});

describe("openSlabs", () => {
  it("opens a folder that holds one multi-frame object by its frames", async () => {
    const place = mkdtempSync(join(folder, "one-"));
    writeFileSync(join(place, "frames"), await objects["a range of padding"]);
    const source = await openSlabs(place);
    expect(source.planes).toBe(3);
    expect((await source.read(1, 1)).data.length).toBe(4);
    await source.close();
  });
});
