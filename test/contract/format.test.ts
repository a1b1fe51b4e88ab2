/**
 * The contract of every file format: what is written is read back to the bit, geometry included;
 * damage is refused with a place and a reason; one format at most claims any bytes.
 */
import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { fromFloat, toFloat32 } from "../../src/codecs/elements.ts";
import { FormatError, InputError } from "../../src/core/errors.ts";
import { type Image, makeImage, sizeOf } from "../../src/core/image.ts";
import { streamOf } from "../../src/core/random.ts";
import { catalogue } from "../../src/formats/catalogue.ts";
import type { ComponentKind, Stored, StoredType } from "../../src/core/stored.ts";
import type { Format, Written } from "../../src/formats/format.ts";
import { cases, companion, fuzzInputs, readWith, refused } from "../format-cases.ts";
import { mutate, repairs, tryInput } from "../mutate.ts";

const members = await Promise.all(Object.values(catalogue).map((load) => load()));

/** Axes that a format keeps in size and order but does not name, with the reason. */
const unnamedAxes: Readonly<Record<string, string>> = {
  npy: "an array has sizes only; three mean zyx, four tzyx",
  npz: "an array has sizes only; three mean zyx, four tzyx",
};

/** Formats in which a series or stack of one is a single image, with the reason. */
const dropsSingles: Readonly<Record<string, string>> = {
  dicom: "an object of one frame does not say whether its frames would be slices or moments",
};

/** Formats in which the normal of one plane has no sign of its own, with the reason. */
const normalByRule: Readonly<Record<string, string>> = {
  dicom: "an object of one plane gives its row and column directions only",
};

const withoutSingles = (image: Image) =>
  Array.from(image.axes, (axis, i) => `${axis}${image.shape[i]}`)
    .filter((a) => !/^[tz]1$/.test(a))
    .join(" ");

/** Files whose unit a format that keeps units cannot keep, with the reason. */
const unitless: Readonly<
  Record<string, { reason: string; when: (stored: Stored, image: Image) => boolean }>
> = {
  dicom: {
    reason: "Rescale Type has a term for HU only, and floating pixel data has no rescale at all",
    when: (stored, image) => stored.type.startsWith("float") || image.unit !== "HU",
  },
};

/** Objects that must say spacing and orientation even where they are not known, with the reason. */
const mustSayPlace: Readonly<
  Record<string, { reason: string; when: (image: Image, back: Image) => boolean }>
> = {
  dicom: {
    reason: "CT images and stacks of slices have no meaning in DICOM without them; a note says so",
    when: (image, back) =>
      image.axes.includes("z") ||
      (back.unit === "HU" &&
        withoutSingles(back) ===
          withoutSingles({ ...back, axes: "yx", shape: back.shape.slice(-2) })),
  },
};

/** Kinds of components with a number and a type each that could be taken for another kind. */
const kindCases: readonly { kind: ComponentKind; components: number; type: StoredType }[] = [
  { kind: "complex", components: 2, type: "float32" },
  { kind: "complex", components: 2, type: "uint8" },
  { kind: "vector", components: 2, type: "uint8" },
  { kind: "vector", components: 3, type: "uint8" },
  { kind: "vector", components: 3, type: "float32" },
  { kind: "vector", components: 4, type: "uint16" },
  { kind: "vector", components: 6, type: "float32" },
  { kind: "rgb", components: 3, type: "uint8" },
  { kind: "rgb", components: 3, type: "uint16" },
  { kind: "rgba", components: 4, type: "uint8" },
  { kind: "grey-alpha", components: 2, type: "uint8" },
];

/** Formats in which damage to the elements cannot be told from other elements, with the reason. */
const noTruncation: Readonly<Record<string, string>> = {};

/** Values of an image in one order whatever its axes are called. */
function sameNumbers(a: Float32Array, b: Float32Array): boolean {
  return a.length === b.length && a.every((v, i) => Object.is(v, b[i]) || v === b[i]);
}

for (const format of members) {
  describe(`format ${format.name}`, () => {
    const fileName = `case${format.extensions[0]!}`;

    it("describes itself", () => {
      expect(Object.keys(catalogue)).toContain(format.name);
      expect(format.extensions.every((e) => /^\.[a-z.]+$/.test(e))).toBe(true);
      expect(format.holds.types.length).toBeGreaterThan(0);
    });

    it.skipIf(format.write === undefined)("writes and reads back to the bit", async () => {
      await fc.assert(
        fc.asyncProperty(cases(format), fc.boolean(), async ({ image, stored }, compress) => {
          const before = image.data.slice();
          if (refused[format.name]?.when(stored)) {
            await expect(format.write!(image, { fileName, stored })).rejects.toThrow(
              /^Cannot write/,
            );
            return;
          }
          const written = await format.write!(image, { fileName, stored, compress });
          expect(sameNumbers(image.data, before)).toBe(true);
          const main = written.files[0]!;
          const kept = main.bytes.slice();
          const decoded = await format.read(main.bytes, {
            fileName: main.name,
            companion: companion(written.files),
            ...readWith[format.name]?.options(image, stored),
          });
          expect(Buffer.compare(main.bytes, kept)).toBe(0);
          expect(decoded.images).toHaveLength(1);
          const back = decoded.images[0]!;
          if (unnamedAxes[format.name] === undefined) {
            if (dropsSingles[format.name] === undefined) {
              expect(back.image.axes).toBe(image.axes);
              expect(back.image.shape).toEqual(image.shape);
            } else expect(withoutSingles(back.image)).toBe(withoutSingles(image));
            expect(sameNumbers(back.image.data, image.data)).toBe(true);
          } else expect(back.image.data.length).toBe(image.data.length);
          if (format.holds.unit && unitless[format.name]?.when(stored, image) !== true)
            expect(back.image.unit).toBe(image.unit);
          expect(back.stored.type).toBe(stored.type);
          if (format.holds.scaling) {
            expect([back.stored.slope, back.stored.intercept]).toEqual([
              stored.slope,
              stored.intercept,
            ]);
          }
          expectGeometry(format, image, back.image);
        }),
        { numRuns: 60, seed: 20261121 },
      );
    });

    it.skipIf(format.write === undefined)(
      "never turns complex numbers or vectors into colours, and keeps colours colours",
      async () => {
        const coloured: readonly ComponentKind[] = ["rgb", "rgba", "grey-alpha"];
        const wrong: string[] = [];
        for (const axes of format.holds.axes.filter((a) => a.includes("c"))) {
          for (const { kind, components, type } of kindCases) {
            for (const planar of [false, true]) {
              const sizes: Record<string, number> = { t: 2, z: 3, y: 5, x: 4, c: components };
              const shape = Array.from(axes, (a) => sizes[a]!);
              const stored: Stored = {
                data: fromFloat(
                  new Float32Array(sizeOf(shape)).map((_, i) => i % 50),
                  type,
                ),
                type,
                shape: planar ? shape : shape.filter((_, i) => axes[i] !== "c"),
                components: planar ? 1 : components,
                kind,
                slope: 1,
                intercept: 0,
              };
              const image = makeImage(toFloat32(stored, axes), shape, { axes });
              for (const options of [{ stored }, ...(type === "float32" ? [{ kind }] : [])]) {
                const label = `${kind} ${type} ${axes} ${planar ? "planar" : "interleaved"}`;
                const written = await format.write!(image, { fileName, ...options }).catch(
                  (error: unknown) => error,
                );
                if (written instanceof InputError) continue;
                const { files, readAs } = written as Written;
                const back = await format.read(files[0]!.bytes, {
                  ...readAs,
                  fileName: files[0]!.name,
                  companion: companion(files),
                });
                const found = back.images[0]!.stored.kind;
                const plain = found === "scalar" || found === "vector";
                if (coloured.includes(kind) ? !plain && found !== kind : coloured.includes(found))
                  wrong.push(`${label} is read back as ${found}`);
              }
            }
          }
        }
        expect(wrong).toEqual([]);
      },
    );

    it.skipIf(format.write === undefined)(
      "refuses every cut of a file, naming a byte",
      async () => {
        const [sample] = fc.sample(cases(format), { numRuns: 1, seed: 7 });
        const { image, stored } = sample!;
        const written = await format.write!(image, { fileName, stored, compress: false });
        const main = written.files[0]!;
        const companions = companion(written.files);
        const step = Math.max(1, Math.floor(main.bytes.length / 200));
        for (let length = 0; length < main.bytes.length; length += step) {
          const cut = main.bytes.slice(0, length);
          const outcome = await format
            .read(cut, {
              fileName: main.name,
              companion: companions,
              ...readWith[format.name]?.options(image, stored),
            })
            .then(
              (d) => d.images[0]!.image,
              (error: unknown) => error,
            );
          if (outcome instanceof FormatError) {
            expect(outcome.offset).toBeGreaterThanOrEqual(0);
            expect(outcome.offset).toBeLessThanOrEqual(main.bytes.length);
            continue;
          }
          // What was cut off must then have been padding: the whole image is there.
          expect(noTruncation[format.name] ?? "refused").toBe("refused");
          expect(sameNumbers((outcome as Image).data, image.data), `cut to ${length}`).toBe(true);
        }
      },
    );

    it("ends 500 damaged inputs in an image or a refusal", async () => {
      const inputs = await fuzzInputs(format);
      const failures: string[] = [];
      const seeds = Array.from({ length: 500 }, (_, i) => i).concat(keptSeeds(format.name));
      for (const seed of seeds) {
        const stream = streamOf(seed, "fuzz", format.name);
        const input = inputs[stream.integer(inputs.length)]!;
        let bytes = mutate(input.bytes, stream);
        const repair = repairs[format.name];
        if (repair !== undefined && stream.uniform() < 0.7) bytes = repair(bytes);
        const what = await tryInput(format, bytes, { ...input.options, maxElements: 2 ** 22 });
        if (what !== undefined) failures.push(`seed ${seed}: ${what}`);
      }
      expect(failures).toEqual([]);
    });

    it("is the only one to claim its files", async () => {
      for (const { bytes, options } of await fuzzInputs(format)) {
        for (const piece of [bytes, bytes.subarray(0, 65536)]) {
          const claims = members.filter((m) => m.sniff(piece, options.fileName)).map((m) => m.name);
          expect(claims).toEqual(readWith[format.name] === undefined ? [format.name] : []);
        }
      }
    });

    it("claims neither nothing nor noise", () => {
      expect(format.sniff(new Uint8Array(0))).toBe(false);
      const stream = streamOf(5, format.name);
      const noise = Uint8Array.from({ length: 4096 }, () => stream.integer(256));
      expect(format.sniff(noise)).toBe(false);
      for (let n = 1; n < 12; n++) expect(() => format.sniff(noise.subarray(0, n))).not.toThrow();
    });
  });
}

function expectGeometry(format: Format, image: Image, back: Image): void {
  const { geometry, timeStep } = format.holds;
  if (timeStep && back.axes.includes("t") && image.axes.includes("t")) {
    if (image.timeStep === undefined) expect(back.timeStep).toBeUndefined();
    else expect(Math.abs(back.timeStep! - image.timeStep)).toBeLessThan(2e-6);
  }
  if (geometry === "none") return;
  const assumed = mustSayPlace[format.name]?.when(image, back) ?? false;
  expect(back.spacingKnown).toBe(image.spacingKnown || assumed);
  if (geometry === "full") expect(back.orientationKnown).toBe(image.orientationKnown || assumed);
  // Formats keep geometry in single precision or in decimal text of some 7 digits at least.
  const close = (a: readonly number[], b: readonly number[], scale: number) =>
    a.forEach((v, i) => expect(Math.abs(v - b[i]!)).toBeLessThan(2e-6 * scale));
  close(image.spacing, back.spacing, 10);
  if (geometry === "full") {
    const at = image.axes.indexOf("z");
    const onePlane = at < 0 || image.shape[at] === 1;
    const free = onePlane && normalByRule[format.name] !== undefined;
    const columns = (d: readonly number[]) =>
      d.map((v, i) => (free && i % 3 === 2 ? Math.abs(v) : v));
    close(columns(image.direction), columns(back.direction), 1);
    close(image.origin, back.origin, 500);
  }
}

/** Seeds that once failed, kept by tools/long/fuzz.ts. */
function keptSeeds(name: string): number[] {
  const path = fileURLToPath(new URL("../data/fuzz-seeds.json", import.meta.url));
  if (!existsSync(path)) return [];
  const kept = JSON.parse(readFileSync(path, "utf8")) as Record<string, number[]>;
  return kept[name] ?? [];
}
