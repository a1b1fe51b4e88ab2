/** Words that tasks and presets share. */
export const signalShapes = ["disk", "blob", "spiculated", "mask"] as const;
export type SignalShape = (typeof signalShapes)[number];

/** A range of local means, in the image's unit. */
export interface Tissue {
  readonly low: number;
  readonly high: number;
}
