/** What patches are cut from: some planes of one size, with all that is known of them. */
import type { PatchWindow } from "../patches.ts";

/** Images of one grid that a sample may have, in its own intensity unit; labels are whole numbers. */
export type PlaneField = "noisy" | "clean" | "again" | "labels";

export interface Sample {
  readonly ny: number;
  readonly nx: number;
  /** Planes that follow each other in space; more planes are further stacks of as many. */
  readonly depth: number;
  /** Planes of every field, as many in each. */
  readonly planes: Readonly<Partial<Record<PlaneField, readonly Float32Array[]>>>;
  readonly windows: readonly PatchWindow[];
  readonly weight: number;
  /** Channel of the class for each value of `labels`; values that are not there belong to channel 0. */
  readonly classOf?: readonly number[];
  /** Whether it holds its signal, and the pixel where that is or would be: plane, row, column. */
  readonly signal?: {
    readonly present: boolean;
    readonly place: readonly [number, number, number];
  };
}
