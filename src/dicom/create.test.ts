import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Axes, makeImage } from "../core/image.ts";
import { streamOf } from "../core/random.ts";
import { dicom } from "../formats/dicom.ts";
import type { Stored, StoredType } from "../core/stored.ts";
import { groupSeries, readSeries } from "../files/series.ts";
import { writeNewDicom, writeNewSeries } from "./create.ts";
import { numberOf, textOf } from "./elements.ts";
import { readDicom } from "./read.ts";
import { writableSyntaxes } from "./transfer-syntax.ts";

/** A random rotation as three columns, from a unit quaternion. */
function rotation(q: readonly [number, number, number, number]): number[] {
  const n = Math.hypot(...q) || 1;
  const [w, x, y, z] = (n < 1e-6 ? [1, 0, 0, 0] : q.map((v) => v / n)) as [
    number,
    number,
    number,
    number,
  ];
  return [
    1 - 2 * (y * y + z * z),
    2 * (x * y - z * w),
    2 * (x * z + y * w),
    2 * (x * y + z * w),
    1 - 2 * (x * x + z * z),
    2 * (y * z - x * w),
    2 * (x * z - y * w),
    2 * (y * z + x * w),
    1 - 2 * (x * x + y * y),
  ];
}

const makers = {
  int8: Int8Array,
  uint8: Uint8Array,
  int16: Int16Array,
  uint16: Uint16Array,
  int32: Int32Array,
  uint32: Uint32Array,
  float32: Float32Array,
  float64: Float64Array,
} as const;

describe("writing and reading", () => {
  it("is the identity over shapes, types and geometries", async () => {
    const unit = fc.double({ min: -1, max: 1, noNaN: true });
    const pitch = fc.double({ min: 0.05, max: 20, noNaN: true });
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom<Axes>("yx", "zyx", "tyx", "tzyx", "cyx", "tcyx", "czyx"),
        fc.tuple(
          fc.integer({ min: 2, max: 4 }),
          fc.integer({ min: 2, max: 3 }),
          fc.integer({ min: 1, max: 9 }),
          fc.integer({ min: 1, max: 9 }),
        ),
        fc.constantFrom(...(Object.keys(makers) as (keyof typeof makers)[])),
        fc.tuple(unit, unit, unit, unit),
        fc.tuple(pitch, pitch, pitch),
        fc.tuple(
          ...([0, 1, 2].map(() => fc.double({ min: -500, max: 500, noNaN: true })) as [
            fc.Arbitrary<number>,
            fc.Arbitrary<number>,
            fc.Arbitrary<number>,
          ]),
        ),
        fc.nat(),
        async (axes, [a, b, ny, nx], wanted, quaternion, spacing, origin, seed) => {
          const colour = axes.includes("c");
          const type: StoredType = colour ? (wanted.endsWith("16") ? "uint16" : "uint8") : wanted;
          const lead = { t: a, z: b, c: 3, y: ny, x: nx } as const;
          const shape = axes.split("").map((axis) => lead[axis as keyof typeof lead]);
          const count = shape.reduce((product, size) => product * size, 1);
          const stream = streamOf(seed);
          const values = Array.from({ length: count }, () =>
            type.startsWith("float")
              ? stream.normal() * 100
              : stream.integer(100) - (type.startsWith("u") ? 0 : 50),
          );
          const data = makers[type as keyof typeof makers].from(values);
          const [slope, intercept] = type.startsWith("float") || colour ? [1, 0] : [0.5, -3];
          const direction = rotation(quaternion as [number, number, number, number]);
          // Components stand side by side in the stored form and in planes in the image.
          const plane = axes.endsWith("zyx") && colour ? b * ny * nx : ny * nx;
          const floats = new Float32Array(count);
          for (let i = 0; i < count; i++) {
            if (!colour) floats[i] = slope * data[i]! + intercept;
            else {
              const block = Math.floor(i / (3 * plane));
              const inside = i % (3 * plane);
              floats[block * 3 * plane + (inside % 3) * plane + Math.floor(inside / 3)] = data[i]!;
            }
          }
          const image = makeImage(floats, shape, { axes, spacing, origin, direction });
          const stored: Stored = {
            data,
            type,
            shape: shape.filter((_, i) => axes[i] !== "c"),
            components: colour ? 3 : 1,
            kind: colour ? "rgb" : "scalar",
            slope,
            intercept,
          };
          const { files } = await dicom.write!(image, { fileName: "a.dcm", stored });
          const { images } = await dicom.read(files[0]!.bytes);
          const back = images[0]!;
          expect(back.image.axes).toBe(axes);
          expect(back.image.shape).toEqual(shape);
          expect([...back.image.data]).toEqual([...floats]);
          expect(back.stored.type).toBe(type);
          expect([...(back.stored.data as Float64Array)]).toEqual([...data]);
          // Decimal strings of 16 characters hold at least 9 significant digits of these.
          const close = (found: readonly number[], exact: readonly number[]) =>
            found.forEach((v, i) => expect(Math.abs(v - exact[i]!)).toBeLessThan(1e-6));
          close(back.image.origin, origin);
          close(back.image.spacing, spacing);
          close(back.image.direction, direction);
        },
      ),
      { numRuns: 150 },
    );
  });

  it("writes whole HU as a CT image in every syntax", async () => {
    const image = makeImage(
      Float32Array.from({ length: 30 * 20 }, (_, i) => -1000 + i * 3.3),
      [30, 20],
      { unit: "HU", spacing: [1, 0.7, 0.7] },
    );
    for (const transferSyntax of writableSyntaxes) {
      const written = await writeNewDicom(image, {
        transferSyntax,
        patientName: "Phantom^Příklad",
        window: { centre: 40, width: 400 },
        synthetic: true,
      });
      const { image: back, file, stored } = await readDicom(written.bytes);
      expect(back.unit).toBe("HU");
      expect(stored).toMatchObject({ type: "uint16", intercept: -1024, slope: 1 });
      for (let i = 0; i < image.data.length; i++) {
        expect(back.data[i]).toBe(Math.round(image.data[i]! + 1024) - 1024);
      }
      expect(textOf(file.dataSet, 0x00080016)).toBe("1.2.840.10008.5.1.4.1.1.2");
      expect(textOf(file.dataSet, 0x00100010)).toBe("Phantom^Příklad");
      expect(textOf(file.dataSet, 0x0008001c)).toBe("YES");
      expect(numberOf(file.dataSet, 0x00281050)).toBe(40);
    }
  });

  it("writes a volume as slices that come back as the same volume", async () => {
    const volume = makeImage(
      Float32Array.from({ length: 4 * 5 * 6 }, (_, i) => i),
      [4, 5, 6],
      {
        unit: "HU",
        spacing: [2.5, 0.8, 0.6],
        origin: [10, -20, 30],
        direction: rotation([0.9, 0.1, -0.3, 0.2]),
      },
    );
    const files = await writeNewSeries(volume);
    const shuffled = [2, 0, 3, 1].map((k) => ({ name: `${k}.dcm`, bytes: files[k]!.bytes }));
    const { series } = groupSeries(shuffled);
    expect(series).toHaveLength(1);
    expect(series[0]!.kind).toBe("volume");
    const { image } = await readSeries(series[0]!);
    expect(image.data).toEqual(volume.data);
    for (const key of ["spacing", "origin", "direction"] as const) {
      image[key].forEach((v, i) => expect(v).toBeCloseTo(volume[key][i]!, 6));
    }
  });

  it("refuses what DICOM has no place for", async () => {
    const channels = makeImage(new Float32Array(2 * 3 * 3), [2, 3, 3], { axes: "cyx" });
    await expect(writeNewDicom(channels)).rejects.toThrow(/found 2 channels, wanted 3/);
    const infinite = makeImage(Float32Array.of(1, Infinity), [1, 2]);
    await expect(writeNewDicom(infinite)).rejects.toThrow(/Infinity at index 1/);
  });
  it("keeps the unit of floating-point values", async () => {
    const data = Float32Array.from({ length: 400 }, (_, i) => 3.3 * i - 700);
    for (const unit of ["HU", "arbitrary"] as const) {
      const image = makeImage(data, [20, 20], { unit });
      const stored = { type: "float32", data, slope: 1, intercept: 0, components: 1 } as const;
      const { bytes } = await writeNewDicom(image, { stored });
      const back = await readDicom(bytes);
      expect(back.image.unit).toBe(unit);
      expect(back.stored.data).toEqual(data);
    }
  });
});
