/** What patches are cut from: some planes of one size, with all that is known of them. */
import type { Spreads } from "../../cases/index.ts";
import type { IntensityUnit } from "../../core/image.ts";
import type { NoiseModel } from "../../noise/noise-model.ts";
import type { PatchWindow } from "../patches.ts";

/** Images of one grid that a sample may have, in its own intensity unit; labels are whole numbers. */
export const planeFields = ["noisy", "clean", "again", "labels"] as const;

export type PlaneField = (typeof planeFields)[number];

/** Where a scan lies on the disk. */
export interface KeptScan {
  readonly path: string;
  /** All that decides its numbers. */
  readonly key: string;
}

export interface Sample {
  /** What errors and notes call it: a file, or a scan of a source. */
  readonly name: string;
  readonly ny: number;
  readonly nx: number;
  /** Planes that follow each other in space; more planes are further stacks of as many. */
  readonly depth: number;
  /** Planes of every field, as many in each; those of a scan that is kept are read when they are asked for. */
  readonly planes: Readonly<Partial<Record<PlaneField, readonly Float32Array[]>>>;
  /** Where its planes lie on the disk, if they do. */
  readonly kept?: KeptScan;
  /** Bytes of its planes, where they are kept. */
  readonly bytes?: number;
  readonly windows: readonly PatchWindow[];
  readonly weight: number;
  readonly unit: IntensityUnit;
  /** Pixel pitch in mm along z, y, x, where it is known. */
  readonly spacing?: readonly [number, number, number];
  /** Channel of the class for each value of `labels`; values that are not there belong to channel 0. */
  readonly classOf?: readonly number[];
  /** Classes of the image as a whole, where something says which. */
  readonly bears?: readonly string[];
  /** Whether it holds its signal, and the pixel where that is or would be: plane, row, column. */
  readonly signal?: {
    /** Names of the signals that its source may hold; of `present`, the one that is there. */
    readonly names?: readonly string[];
    readonly present: boolean;
    /** Name of the one that is there. */
    readonly name?: string;
    readonly place: readonly [number, number, number];
    /** Where it is expected; absent where that is `place`. */
    readonly expected?: readonly [number, number, number];
  };
  /** Noise that is added to every patch of `clean` anew; of samples without `noisy`. */
  readonly noise?: { readonly model: NoiseModel; readonly options: Spreads };
  /** Standard deviation of the noise in `noisy` in the sample's unit, where there is no `clean` to measure it by. */
  readonly sigma?: number;
}

/** Whether a sample has a field, told without reading it. */
export const has = ({ planes }: Pick<Sample, "planes">, field: PlaneField): boolean =>
  Object.hasOwn(planes, field);

/** Whether a sample gives images with noise. */
export const isNoisy = (sample: Sample): boolean =>
  has(sample, "noisy") || (sample.noise !== undefined && has(sample, "clean"));
