import { existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createHash } from "node:crypto";
import { decode, encode } from "fast-png";
import { afterAll, describe, expect, it } from "vitest";
import { pythonWith, readByPython } from "../../test/oracle/python.ts";
import { sharedData } from "../../test/shared-data.ts";
import { makeImage } from "../core/image.ts";
import { streamOf } from "../core/random.ts";
import { writeElements } from "../codecs/elements.ts";
import { openFile, saveImage } from "../files/files.ts";
import { png } from "./png.ts";

const python = pythonWith("PIL");
const folder = mkdtempSync(join(tmpdir(), "dprime-png-"));
afterAll(() => rmSync(folder, { recursive: true }));

describe("reading", () => {
  it("agrees with fast-png on every depth, colour type and both interlaces", async () => {
    const stream = streamOf(2, "png");
    for (const [channels, depth] of [
      [1, 8],
      [1, 16],
      [2, 8],
      [3, 8],
      [3, 16],
      [4, 16],
      [1, 1],
      [1, 2],
      [1, 4],
    ] as const) {
      for (const interlace of ["null", "Adam7"] as const) {
        if (depth < 8 && interlace === "Adam7") continue;
        const [width, height] = [13, 11];
        const count = width * height * channels;
        const data = depth === 16 ? new Uint16Array(count) : new Uint8Array(count);
        for (let i = 0; i < count; i++) data[i] = stream.integer(2 ** depth);
        const packed = depth < 8 ? packRows(data as Uint8Array, width, depth) : data;
        const bytes = encode({ width, height, channels, depth, data: packed }, { interlace });
        const { stored } = (await png.read(bytes)).images[0]!;
        expect([...(stored.data as Uint8Array)], `${channels} × ${depth} ${interlace}`).toEqual([
          ...data,
        ]);
      }
    }
  });

  const valid = join(sharedData, "7_malformed", "edge_valid_png");
  it.skipIf(python === undefined || !existsSync(valid))(
    "agrees with Pillow on 8-bit files of PngSuite",
    async () => {
      const names = readdirSync(valid).filter(
        (n) => /[026]\w08|^basn0g16/.test(n) && !n.includes("3p"),
      );
      const paths = names.map((n) => join(valid, n));
      expect(paths.length).toBeGreaterThan(0);
      for (const [i, answer] of readByPython(python!, paths).entries()) {
        const { stored } = (await openFile(paths[i]!)).images[0]!;
        // Pillow widens 16-bit grey to 32 bits.
        const elements =
          answer.dtype === "<i4" ? Int32Array.from(stored.data as Uint16Array) : stored.data;
        expect(createHash("sha256").update(writeElements(elements)).digest("hex"), names[i]).toBe(
          answer.sha256,
        );
      }
    },
  );
});

function packRows(samples: Uint8Array, width: number, depth: number): Uint8Array {
  const rowBytes = Math.ceil((width * depth) / 8);
  const rows = samples.length / width;
  const out = new Uint8Array(rows * rowBytes);
  samples.forEach((s, i) => {
    const bit = (i % width) * depth;
    const at = Math.floor(i / width) * rowBytes + (bit >> 3);
    out[at] = out[at]! | (s << (8 - depth - (bit & 7)));
  });
  return out;
}

describe("writing", () => {
  it("is read back by fast-png, 8 and 16 bits", async () => {
    for (const type of ["uint8", "uint16"] as const) {
      const values = Float32Array.from(
        { length: 35 },
        (_, i) => (i * 997) % (type === "uint8" ? 256 : 65536),
      );
      const { files } = await png.write!(
        makeImage(values, [5, 7], { spacing: [1, 0.7, 0.7], unit: "HU" }),
        { fileName: "a.png", type },
      );
      const back = decode(files[0]!.bytes, { checkCrc: true });
      expect([...back.data]).toEqual([...values]);
      expect(back.depth).toBe(type === "uint8" ? 8 : 16);
      // 1000 / 0.7 pixels per metre.
      expect(back.resolution).toEqual({ x: 1429, y: 1429, unit: 1 });
    }
  });

  it.skipIf(python === undefined)("is read back by Pillow", async () => {
    const path = join(folder, "a.png");
    const values = Float32Array.from({ length: 300 }, (_, i) => (i * 31) % 256);
    await saveImage(path, makeImage(values, [3, 10, 10], { axes: "cyx" }), { kind: "rgb" });
    const [answer] = readByPython(python!, [path]);
    expect(answer!.shape).toEqual([10, 10, 3]);
    const interleaved = Uint8Array.from(
      { length: 300 },
      (_, i) => values[(i % 3) * 100 + Math.floor(i / 3)]!,
    );
    expect(createHash("sha256").update(interleaved).digest("hex")).toBe(answer!.sha256);
  });

  it("refuses fractions rather than rounding a measurement away", async () => {
    await expect(
      saveImage(join(folder, "b.png"), makeImage(Float32Array.of(0.5, 1), [1, 2])),
    ).rejects.toThrow(/found fractions or values outside uint8, uint16/);
  });
});
