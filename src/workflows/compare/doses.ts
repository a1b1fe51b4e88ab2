/** The worked slices at every dose: as they are, with the noise that a lower dose would have added, or as given. */
import { InputError, throwIfAborted } from "../../core/errors.ts";
import { type Image, layoutOf, withData } from "../../core/image.ts";
import type { WorkOptions } from "../../core/progress.ts";
import { insertNoise } from "../../cases/insert-noise.ts";
import { pieceKey, type PieceStore } from "./pieces.ts";
import { blockOf, slicesOf, type Stack } from "./stack.ts";

export interface DoseImage {
  /** Fraction of the full dose. */
  readonly dose: number;
  readonly from: "as acquired" | "noise inserted" | "given";
  readonly image: Image;
}

export interface DosesOptions extends WorkOptions {
  /** Fractions of the series' own dose, 1 among them, falling. */
  readonly doses: readonly number[];
  /** Whole series that were acquired at a dose. */
  readonly given: ReadonlyMap<number, Image>;
  readonly seed: number;
  readonly threads?: number | undefined;
  readonly pieces: PieceStore;
  readonly note: (text: string) => void;
}

/** Slices on which the scan's quanta are measured. */
const measuredSlices = 3;

/** @throws InputError where noise has to be inserted into images that are not CT, and as `insertNoise` */
export async function imagesAtDoses(stack: Stack, options: DosesOptions): Promise<DoseImage[]> {
  const { doses, given, note } = options;
  const made = doses.filter((dose) => dose !== 1 && !given.has(dose));
  if (made.length > 0 && stack.image.unit !== "HU") {
    throw new InputError(
      `Cannot lower the dose to ${made.join(", ")}: found values in ${stack.image.unit} unit, wanted CT in HU, or the images of these doses`,
    );
  }
  if (made.length > 0 && !stack.image.spacingKnown) {
    throw new InputError(
      `Cannot lower the dose to ${made.join(", ")}: found images without spacing, wanted it in mm, or the images of these doses`,
    );
  }
  const photons = made.length > 0 ? await quantaOf(stack, options) : NaN;
  const images: DoseImage[] = [];
  for (const dose of doses) {
    const own = given.get(dose);
    if (own) {
      images.push({ dose, from: "given", image: slicesOf(own, stack.slices) });
    } else if (dose === 1) {
      images.push({ dose, from: "as acquired", image: stack.image });
    } else {
      images.push({
        dose,
        from: "noise inserted",
        image: await lowered(stack, { ...options, dose, photons }),
      });
    }
  }
  if (made.length > 0) {
    note(
      `doses ${made.join(", ")} were made by noise insertion from ${Number(photons.toPrecision(3))} quanta a detector element, calibrated on the noise of the images; the scanner's geometry and kernel are assumed`,
    );
  }
  return images;
}

/** Parameters of the scanner; the field of view of a patient is often cut. */
const scanner = { acceptTruncated: true };

/** Quanta of a detector element, measured once, so that all blocks have those of one scan. */
async function quantaOf(stack: Stack, options: DosesOptions): Promise<number> {
  const { pieces, seed, threads, signal, note } = options;
  const n = stack.slices.length;
  const chosen = Array.from({ length: Math.min(measuredSlices, n) }, (_, i) =>
    Math.floor(((i + 0.5) * n) / Math.min(measuredSlices, n)),
  );
  const image = slicesOf(stack.image, chosen);
  const key = pieceKey({ kind: "quanta", values: image.data, spacing: image.spacing, seed });
  const kept = await pieces.get(key);
  if (kept) return kept.facts["photons"] as number;
  const { quanta, notes } = await insertNoise(image, {
    dose: 0.5,
    seed,
    parameters: scanner,
    threads,
    signal,
  });
  if (quanta.from === "default") {
    note(
      `the images hold too little noise to tell the quanta of their dose; ${quanta.photons} are assumed`,
    );
  }
  for (const text of notes) if (/truncat|border/i.test(text)) note(text);
  await pieces.put(key, { facts: { photons: quanta.photons }, values: new Float32Array(0) });
  return quanta.photons;
}

async function lowered(
  stack: Stack,
  options: DosesOptions & { readonly dose: number; readonly photons: number },
): Promise<Image> {
  const { dose, photons, pieces, seed, threads, signal, onProgress } = options;
  const { ny, nx } = layoutOf(stack.image);
  const data = new Float32Array(stack.image.data.length);
  for (const [index, block] of stack.blocks.entries()) {
    throwIfAborted(signal, "comparing");
    const image = blockOf(stack.image, block);
    const { spacing } = image;
    const from = stack.slices[block.from]!;
    const key = pieceKey({ kind: "dose", values: image.data, spacing, dose, photons, seed, from });
    let values = (await pieces.get(key))?.values;
    if (values === undefined) {
      const padding = stack.padding?.slice(block.from * ny * nx, block.to * ny * nx);
      const low = await insertNoise(image, {
        dose,
        seed,
        // Noise of its own for every slice and dose.
        index: from * 10_000 + Math.round(dose * 9_999),
        parameters: { ...scanner, photons },
        threads,
        padding,
        signal,
      });
      values = low.image.data;
      await pieces.put(key, { facts: {}, values });
    }
    data.set(values, block.from * ny * nx);
    onProgress?.({
      done: index + 1,
      total: stack.blocks.length,
      label: `lowering the dose to ${dose}`,
    });
  }
  return withData(stack.image, data);
}
