/** Seconds between frames or volumes, where the object says that they follow each other in time. */
import type { DataSet } from "./elements.ts";
import { numberOf, numbersOf } from "./elements.ts";

/** Times that are equal to this share are one step. */
const tolerance = 1e-3;

/** Of the frames of one object: Frame Time, or the Frame Time Vector where its steps are equal. */
export function frameTime(set: DataSet): number | undefined {
  const pointer = numbersOf(set, 0x00280009)[0];
  const single = numberOf(set, 0x00181063);
  if (pointer !== 0x00181065 && single !== undefined) return secondsOf(single);
  // The first entry is no step: the time before the first frame.
  const [step = 0, ...others] = numbersOf(set, 0x00181065).slice(1);
  return others.every((one) => Math.abs(one - step) <= tolerance * step)
    ? secondsOf(step)
    : undefined;
}

/** Of the volumes of a series: Temporal Resolution, where as many temporal positions are stated. */
export function temporalResolution(set: DataSet, volumes: number): number | undefined {
  const step = numberOf(set, 0x00200110);
  return numberOf(set, 0x00200105) === volumes && step !== undefined ? secondsOf(step) : undefined;
}

function secondsOf(milliseconds: number): number | undefined {
  return Number.isFinite(milliseconds) && milliseconds > 0 ? milliseconds / 1000 : undefined;
}
