/** What a comparison can be made on: one grey image, with others beside it and fractions of its dose. */
import { InputError } from "../../core/errors.ts";
import { type Image, makeImage } from "../../core/image.ts";

/** Images that were acquired at a fraction of the dose. */
interface DosesGiven {
  readonly doseImages?: readonly { readonly dose: number; readonly image: Image }[] | undefined;
}

export const otherNames = { truth: "truth", repeat: "repeated scan" } as const;

/** Equal channels as one, and frames as slices: a smaller answer than colours or time would have. */
export function greySlices(image: Image, note: (text: string) => void): Image {
  const { axes, shape, data } = image;
  if (axes === "cyx" || axes === "czyx") {
    const size = data.length / shape[0]!;
    if (!data.every((v, i) => v === data[i % size]!)) return image;
    note(`all ${shape[0]} channels are equal: one of them is compared`);
    return withShape(image, data.slice(0, size), shape.slice(1));
  }
  if (axes === "tyx") {
    note("frames of the time series count as slices, of one anatomy");
    return withShape(image, data, shape);
  }
  return image;
}

const withShape = (
  { spacing, spacingKnown, unit }: Image,
  data: Float32Array,
  shape: readonly number[],
): Image => makeImage(data, [...shape], { spacing, spacingKnown, unit });

/** Why another image cannot be held against the compared one; undefined when it can. */
export function unlike(image: Image, other: Image): string | undefined {
  const apart = other.spacing.some((s, i) => Math.abs(s / image.spacing[i]! - 1) > 1e-3);
  if (other.shape.join() !== image.shape.join() || apart) {
    const say = (one: Image) =>
      `${one.shape.join(" × ")} voxels of ${one.spacing.map((s) => Number(s.toPrecision(4))).join(" × ")} mm`;
    return `found ${say(other)} beside ${say(image)}, wanted the same geometry`;
  }
  return other.unit === image.unit
    ? undefined
    : `found unit ${other.unit} beside ${image.unit}, wanted the same`;
}

export function checkImage(image: Image, { doseImages = [] }: DosesGiven): void {
  const { axes } = image;
  if (axes.includes("c")) {
    throw new InputError(
      `Cannot compare on a colour image: found ${image.shape[axes.indexOf("c")]} channels, wanted one grey channel`,
    );
  }
  if (axes.includes("t")) {
    throw new InputError(
      `Cannot compare on a time series: found axes "${axes}", wanted one plane or volume`,
    );
  }
  const nonFinite = image.data.findIndex((v) => !Number.isFinite(v));
  if (nonFinite >= 0) {
    throw new InputError(
      `Cannot compare on these images: found a value that is no finite number at index ${nonFinite}, wanted none`,
    );
  }
  for (const { dose, image: other } of doseImages) {
    const why = unlike(image, other);
    if (why !== undefined) throw new InputError(`Cannot compare with the dose ${dose}: ${why}`);
  }
}

const defaultDoses = [1, 0.5, 0.25];

/** Doses falling, the full one among them. */
export function dosesOf(
  image: Image,
  { doses, doseImages = [] }: DosesGiven & { readonly doses?: readonly number[] | undefined },
): number[] {
  const given = doseImages.map((one) => one.dose);
  const lowered = given.length === 0 && image.unit === "HU" && image.spacingKnown;
  const stated = doses ?? (lowered ? defaultDoses : [1]);
  const all = [...new Set([1, ...stated, ...given])].sort((a, b) => b - a);
  const bad = all.find((dose) => !(dose > 0 && dose <= 1));
  if (bad !== undefined) {
    throw new InputError(
      `Cannot compare at dose ${bad}: found it outside of 0 to 1, wanted fractions of the images' own dose`,
    );
  }
  const made = all.filter((dose) => dose !== 1 && !given.includes(dose));
  if (made.length > 0 && image.unit !== "HU") {
    throw new InputError(
      `Cannot lower the dose to ${made.join(", ")}: found values in ${image.unit} unit, wanted CT in HU, or the images of these doses`,
    );
  }
  return all;
}
