/** What every signal is: a file of this folder exporting one such object. */
import type { ParameterTable, ParameterValues } from "../../core/parameters.ts";
import type { Stream } from "../../core/random.ts";

/** Where a signal is drawn: pixels of a plane or volume and their pitch. */
export interface SignalGrid {
  /** [ny, nx] or [nz, ny, nx]. */
  readonly shape: readonly number[];
  /** Pitch in mm [z, y, x]; 1 mm when absent, so that mm are pixels. */
  readonly spacing?: readonly [number, number, number];
  /** Centre of the signal in pixels along the axes of `shape`; the pixel at half of every size when absent. */
  readonly centre?: readonly number[];
}

/** @typeParam P what its parameters may be; the catalogue gives it for each member */
export interface Signal<P extends ParameterValues = ParameterValues> {
  /** File name, registry name and CLI argument at once. */
  readonly name: string;
  readonly title: string;
  readonly summary: string;
  readonly references: readonly string[];
  readonly parameters: ParameterTable;
  /**
   * The signal alone on a zero background, row-major over the grid's shape, in the background's unit:
   * to be added. Signals with random form (spicules, clusters) draw it from `stream`.
   *
   * @throws InputError on parameters out of range or a missing stream
   */
  render(grid: SignalGrid, parameters?: P, stream?: Stream): Float32Array;
}
