import { createHash } from "node:crypto";
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { decode } from "tiff";
import { afterAll, describe, expect, it } from "vitest";
import { sharedData } from "../../test/shared-data.ts";
import { pythonWith, readByPython } from "../../test/oracle/python.ts";
import { makeImage } from "../core/image.ts";
import { writeElements } from "../codecs/elements.ts";
import { openFile, saveImage } from "../files/files.ts";
import { tiff } from "./tiff.ts";

const python = pythonWith("tifffile");
const folder = mkdtempSync(join(tmpdir(), "dprime-tiff-"));
afterAll(() => rmSync(folder, { recursive: true }));
const valid = join(sharedData, "7_malformed", "edge_valid_tiff");

/** Files that the oracle cannot read itself, with the reason. */
const beyondTiff: Readonly<Record<string, string>> = {
  "BigTIFF.tif": "BigTIFF",
  "BigTIFFMotorola.tif": "BigTIFF",
  "fax4.tiff": "fax compression, refused here too",
  "hpredict-1c-12b.tiff": "12 bits",
  "miniswhite-1c-12b.tiff": "12 bits",
  "12bit.cropped.rgb.tiff": "12 bits",
  "int8.tif": "read as unsigned by the package",
  "predictor-3-gray-f32.tif": "floating predictor",
  "gradient-1c-32b.tiff": "32-bit integers",
  "issue_69_packbits.tiff": "PackBits",
};

describe("reading", () => {
  it.skipIf(!existsSync(valid))("agrees with the tiff package where that one reads", async () => {
    let compared = 0;
    for (const name of readdirSync(valid)) {
      if (beyondTiff[name] !== undefined || !/\.tiff?$/.test(name)) continue;
      const path = join(valid, name);
      const [page] = decode(readFileSync(path));
      const { stored } = (await openFile(path)).images[0]!;
      expect([...(stored.data as Uint8Array)], name).toEqual([...page!.data]);
      compared++;
    }
    expect(compared).toBeGreaterThanOrEqual(5);
  });

  it.skipIf(python === undefined || !existsSync(valid))(
    "agrees with tifffile on every file that it reads",
    async () => {
      const names = readdirSync(valid).filter((n) => /\.tiff?$/.test(n) && n !== "fax4.tiff");
      const answers = readByPython(
        python!,
        names.map((n) => join(valid, n)),
      );
      const compared: string[] = [];
      for (const [i, answer] of answers.entries()) {
        if (answer.error !== undefined) continue;
        const { stored } = (await openFile(join(valid, names[i]!))).images[0]!;
        expect(
          createHash("sha256").update(writeElements(stored.data)).digest("hex"),
          names[i],
        ).toBe(answer.sha256);
        compared.push(names[i]!);
      }
      expect(compared.length).toBeGreaterThanOrEqual(8);
    },
  );

  it("turns white-is-zero by its scaling and keeps the stored values", async () => {
    const { files } = await tiff.write!(makeImage(Float32Array.of(0, 100, 255, 3), [2, 2]), {
      fileName: "a.tif",
      type: "uint8",
    });
    const bytes = files[0]!.bytes.slice();
    // Photometric interpretation, the only short of tag 262.
    for (let i = 8; i + 12 < bytes.length; i++) {
      if (bytes[i] === 6 && bytes[i + 1] === 1 && bytes[i + 2] === 3 && bytes[i + 4] === 1)
        bytes[i + 8] = 0;
    }
    const { image, stored } = (await tiff.read(bytes)).images[0]!;
    expect([...image.data]).toEqual([255, 155, 0, 252]);
    expect([...(stored.data as Uint8Array)]).toEqual([0, 100, 255, 3]);
  });

  it("refuses a chain of directories that returns to itself", async () => {
    const { files } = await tiff.write!(makeImage(new Float32Array(12), [3, 2, 2]), {
      fileName: "a.tif",
    });
    const bytes = files[0]!.bytes.slice();
    const view = new DataView(bytes.buffer);
    let at = view.getUint32(4, true);
    const start = at;
    for (;;) {
      const link = at + 2 + 12 * view.getUint16(at, true);
      const next = view.getUint32(link, true);
      if (next === 0) {
        view.setUint32(link, start, true);
        break;
      }
      at = next;
    }
    await expect(tiff.read(bytes)).rejects.toThrow(/returns to byte/);
  });
});

describe("writing", () => {
  it("is read back by the tiff package and by tifffile, pages and colours", async () => {
    const stack = makeImage(
      Float32Array.from({ length: 60 }, (_, i) => i * 1.25 - 9),
      [3, 4, 5],
      { spacing: [2, 0.5, 0.25] },
    );
    const path = join(folder, "stack.tif");
    await saveImage(path, stack);
    const pages = decode(readFileSync(path));
    expect(pages).toHaveLength(3);
    pages.forEach((page, p) =>
      expect([...page.data]).toEqual(Array.from(stack.data.subarray(p * 20, p * 20 + 20))),
    );
    // 10 mm / 0.25 mm pixels per centimetre.
    expect(pages[0]!.xResolution).toBeCloseTo(40, 6);
    const packed = join(folder, "packed.tif");
    await saveImage(packed, stack, { compress: true });
    const colour = join(folder, "colour.tif");
    await saveImage(
      colour,
      makeImage(
        Float32Array.from({ length: 60 }, (_, i) => i),
        [3, 4, 5],
        { axes: "cyx" },
      ),
      { type: "uint16" },
    );
    if (python === undefined) return;
    const [a, b, c] = readByPython(python, [path, packed, colour]);
    expect(a!.shape).toEqual([3, 4, 5]);
    const expected = createHash("sha256").update(writeElements(stack.data)).digest("hex");
    expect(a!.sha256).toBe(expected);
    expect([expected, undefined]).toContain(b!.error === undefined ? b!.sha256 : undefined);
    expect(c!.shape).toEqual([4, 5, 3]);
  });
});

describe("packed samples", () => {
  it.each([1, 2, 3, 5, 7, 9, 10, 11, 13, 14, 15])("of %d bits", async (bits) => {
    const [width, height] = [11, 3];
    const values = Array.from({ length: width * height }, (_, i) => (i * 2654435761) % 2 ** bits);
    const rowBytes = Math.ceil((width * bits) / 8);
    const data = new Uint8Array(rowBytes * height);
    for (const [i, value] of values.entries()) {
      for (let b = 0; b < bits; b++) {
        const at = (i % width) * bits + b;
        const on = Math.floor(value / 2 ** (bits - 1 - b)) % 2;
        data[Math.floor(i / width) * rowBytes + (at >> 3)]! |= on << (7 - (at & 7));
      }
    }
    const fields = [
      [256, width],
      [257, height],
      [258, bits],
      [259, 1],
      [262, 1],
      [273, 8],
      [277, 1],
      [278, height],
      [279, data.length],
    ] as const;
    const start = 8 + data.length + (data.length % 2);
    const bytes = new Uint8Array(start + 2 + 12 * fields.length + 4);
    const view = new DataView(bytes.buffer);
    bytes.set([0x49, 0x49, 42, 0]);
    view.setUint32(4, start, true);
    bytes.set(data, 8);
    view.setUint16(start, fields.length, true);
    for (const [i, [tag, value]] of fields.entries()) {
      const at = start + 2 + 12 * i;
      view.setUint16(at, tag, true);
      view.setUint16(at + 2, 4, true);
      view.setUint32(at + 4, 1, true);
      view.setUint32(at + 8, value, true);
    }
    const { stored } = (await tiff.read(bytes)).images[0]!;
    expect([...(stored.data as Uint16Array)]).toEqual(values);
    expect(stored.type).toBe(bits < 8 ? "uint8" : "uint16");
  });
});
