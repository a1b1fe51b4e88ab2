/** Files of every format that writes, drawn at random by seed: for the contract of formats and for fuzzing. */
import fc from "fast-check";
import { type Axes, type Image, makeImage, sizeOf } from "../src/core/image.ts";
import { streamOf } from "../src/core/random.ts";
import { emptyArray, toFloat32 } from "../src/codecs/elements.ts";
import { writeNewDicom } from "../src/dicom/create.ts";
import { writableSyntaxes } from "../src/dicom/transfer-syntax.ts";
import type { Stored, StoredType } from "../src/core/stored.ts";
import type { Format, ReadOptions, WrittenFile } from "../src/formats/format.ts";

/** Formats that need more than their bytes, with the reason. */
export const readWith: Readonly<
  Record<string, { reason: string; options: (image: Image, stored: Stored) => ReadOptions }>
> = {
  raw: {
    reason: "a raw file has no header: the caller states what it holds",
    options: (image, stored) => ({
      raw: { shape: image.shape, axes: image.axes, type: stored.type },
    }),
  },
};

/** What a format refuses to write although it holds axes and type apart, with the reason. */
export const refused: Readonly<
  Record<string, { reason: string; when: (stored: Stored) => boolean }>
> = {
  dicom: {
    reason: "the standard's colours are whole numbers",
    when: ({ components, type }) => components > 1 && type.startsWith("float"),
  },
};

/** Files of formats that are only read, and of more variants: [format, name, base64]. */
const samples: readonly { format: string; name: string; base64: string }[] = [
  {
    format: "jpeg",
    name: "grey.jpg",
    base64:
      "/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDAAYEBQYFBAYGBQYHBwYIChAKCgkJChQODwwQFxQYGBcUFhYaHSUfGhsjHBYWICwgIyYnKSopGR8tMC0oMCUoKSj/wAALCAATABgBAREA/8QAFwABAQEBAAAAAAAAAAAAAAAABgUDB//EACYQAAECBAYBBQAAAAAAAAAAAAECAwAEBREGEiExQfBRYXGBobH/2gAIAQEAAD8AUU6tNSsiGVKtYW9UwOxBTV1OZLjab8kDnvdIt4WeFHQkOm1tifwwMrMy+iq5UE2vp4UI6Vg9lp6QCnvG53TBfHqlS7qgwPcDnvdIxmZdpcyvMgHW/wB2i3S3XG22w2opzAXt8xPqwD4UXRmI2vxpeP/Z",
  },
];

/** An image and the elements that a file of it holds. */
export interface Case {
  readonly image: Image;
  readonly stored: Stored;
}

/** Random elements of a type: all bit patterns of integers, any finite floating number. */
function randomElements(type: StoredType, count: number, seed: number): Stored["data"] {
  const stream = streamOf(seed);
  const data = emptyArray(type, count);
  if (data instanceof Float32Array || data instanceof Float64Array) {
    for (let i = 0; i < count; i++) data[i] = stream.normal() * 10 ** (stream.integer(9) - 4);
  } else {
    const bytes = new Uint8Array(data.buffer);
    for (let i = 0; i < bytes.length; i++) bytes[i] = stream.integer(256);
  }
  return data;
}

function rotation(a: number, b: number, c: number, mirrored: boolean): number[] {
  const [ca, sa, cb, sb, cc, sc] = [
    Math.cos(a),
    Math.sin(a),
    Math.cos(b),
    Math.sin(b),
    Math.cos(c),
    Math.sin(c),
  ];
  const m = [
    ca * cb,
    ca * sb * sc - sa * cc,
    ca * sb * cc + sa * sc,
    sa * cb,
    sa * sb * sc + ca * cc,
    sa * sb * cc - ca * sc,
    -sb,
    cb * sc,
    cb * cc,
  ];
  return mirrored ? m.map((v, i) => (i % 3 === 2 ? -v : v)) : m;
}

/** Images that a format can hold: any of its axes, types, units and geometry. */
export function cases(format: Format): fc.Arbitrary<Case> {
  const { holds } = format;
  const planar = holds.axes;
  return fc
    .record({
      axes: fc.constantFrom(...planar),
      sizes: fc.array(fc.integer({ min: 1, max: 6 }), { minLength: 5, maxLength: 5 }),
      type: fc.constantFrom(...holds.types),
      seed: fc.integer({ min: 0, max: 2 ** 30 }),
      angles: fc.tuple(
        fc.double({ min: -3, max: 3, noNaN: true }),
        fc.double({ min: -3, max: 3, noNaN: true }),
        fc.double({ min: -3, max: 3, noNaN: true }),
      ),
      mirrored: fc.boolean(),
      spacing: fc.tuple(
        ...([0, 1, 2].map(() => fc.double({ min: 0.05, max: 10, noNaN: true })) as [
          fc.Arbitrary<number>,
          fc.Arbitrary<number>,
          fc.Arbitrary<number>,
        ]),
      ),
      origin: fc.tuple(
        ...([0, 1, 2].map(() => fc.double({ min: -500, max: 500, noNaN: true })) as [
          fc.Arbitrary<number>,
          fc.Arbitrary<number>,
          fc.Arbitrary<number>,
        ]),
      ),
      spacingKnown: fc.boolean(),
      orientationKnown: fc.boolean(),
      timeStep: fc.option(fc.constantFrom(0.5, 2.5, 1.2345), { nil: undefined }),
      unit: fc.constantFrom("HU", "1/mm", "normalised", "arbitrary"),
      scaled: fc.boolean(),
    })
    .map((r) => {
      const axes = r.axes as Axes;
      const colour = axes.includes("c");
      const shape = Array.from(axes, (letter, i) => (letter === "c" ? 3 : r.sizes[i]!));
      const scaling =
        holds.scaling && r.scaled ? { slope: 0.5, intercept: -1024 } : { slope: 1, intercept: 0 };
      const stored: Stored = {
        data: randomElements(r.type, sizeOf(shape), r.seed),
        type: r.type,
        shape: colour ? shape.filter((_, i) => axes[i] !== "c") : shape,
        components: colour ? 3 : 1,
        kind: colour ? (holds.kinds.includes("vector") ? "vector" : "rgb") : "scalar",
        ...(colour ? { slope: 1, intercept: 0 } : scaling),
      };
      const spacingKnown = r.spacingKnown && holds.geometry !== "none";
      const orientationKnown = r.orientationKnown && holds.geometry === "full";
      const image = makeImage(toFloat32(stored, axes), shape, {
        axes,
        // Colours have no unit of intensity.
        unit: colour ? "arbitrary" : r.unit,
        timeStep: r.timeStep,
        ...(spacingKnown ? { spacing: r.spacing } : {}),
        ...(orientationKnown
          ? { origin: r.origin, direction: rotation(...r.angles, r.mirrored) }
          : {}),
      });
      return { image, stored };
    });
}

/** Serves the files that were written together. */
export const companion = (files: readonly WrittenFile[]) => (name: string) =>
  Promise.resolve(files.find((f) => f.name === name)?.bytes);

/** Some files of a format, with what its reader needs besides. */
export async function fuzzInputs(
  format: Format,
): Promise<{ bytes: Uint8Array; options: ReadOptions }[]> {
  const out: { bytes: Uint8Array; options: ReadOptions }[] = samples
    .filter((s) => s.format === format.name)
    .map((s) => ({
      bytes: new Uint8Array(Buffer.from(s.base64, "base64")),
      options: { fileName: s.name },
    }));
  if (format.write === undefined) return out;
  if (format.name === "dicom") out.push(...(await compressedDicom()));
  for (const [i, { image, stored }] of fc
    .sample(cases(format), { numRuns: 8, seed: 99 })
    .entries()) {
    if (refused[format.name]?.when(stored)) continue;
    const written = await format.write(image, {
      fileName: `case${format.extensions[0]!}`,
      stored,
      compress: i % 2 === 0,
    });
    out.push({
      bytes: written.files[0]!.bytes,
      options: {
        fileName: written.files[0]!.name,
        companion: companion(written.files),
        ...readWith[format.name]?.options(image, stored),
      },
    });
  }
  return out;
}

/** DICOM in every transfer syntax that is written, for each has a reader of its own. */
async function compressedDicom(): Promise<{ bytes: Uint8Array; options: ReadOptions }[]> {
  const stream = streamOf(20261121, "compressed");
  const out: { bytes: Uint8Array; options: ReadOptions }[] = [];
  for (const transferSyntax of writableSyntaxes) {
    for (const shape of [
      [16, 16],
      [2, 12, 10],
    ]) {
      const values = Float32Array.from({ length: sizeOf(shape) }, () => stream.integer(200));
      const image = makeImage(values, shape, { unit: "HU", spacing: [2, 0.5, 0.7] });
      const { bytes } = await writeNewDicom(image, { transferSyntax });
      out.push({ bytes, options: { fileName: "case.dcm" } });
    }
  }
  return out;
}
