/** Windows of a description: which values of an image become 0 and 1. */
import { z } from "zod";
import { InputError } from "../../core/errors.ts";
import type { Image } from "../../core/image.ts";
import type { PatchWindow } from "../patches.ts";

export const windowSchema = z
  .strictObject({
    low: z.number().optional().describe("Value that becomes 0."),
    high: z.number().optional().describe("Value that becomes 1."),
    percentiles: z
      .tuple([z.number().min(0).max(100), z.number().min(0).max(100)])
      .optional()
      .describe("In place of low and high: percentiles of each file or object."),
    clip: z.boolean().default(false).describe("Whether values outside are limited to [0, 1]."),
    weight: z
      .number()
      .positive()
      .default(1)
      .describe("How often this window is drawn, relative to the others."),
  })
  .refine(
    (w) =>
      w.percentiles === undefined
        ? w.low !== undefined && w.high !== undefined && w.high > w.low
        : w.low === undefined && w.high === undefined && w.percentiles[1] > w.percentiles[0],
    { message: "wanted low below high, or two rising percentiles" },
  );

export type WindowConfig = z.output<typeof windowSchema>;

/** What every source says of its windows. */
export const windowFields = {
  windows: z.array(windowSchema).min(1),
  weight: z
    .number()
    .positive()
    .default(1)
    .describe("How often the source is drawn from, relative to the others."),
};

/** A window with its limits as numbers, percentiles taken over the image. */
export function resolveWindow(window: WindowConfig, image: Image): PatchWindow {
  const { clip, weight } = window;
  if (window.percentiles === undefined) {
    return { low: window.low!, high: window.high!, clip, weight };
  }
  const sorted = image.data.slice().sort();
  const at = (percent: number) => sorted[Math.round((percent / 100) * (sorted.length - 1))]!;
  const [low, high] = [at(window.percentiles[0]), at(window.percentiles[1])];
  if (!(high > low)) {
    throw new InputError(
      `Cannot window an image: found percentiles ${window.percentiles.join(" and ")} both at ${low}, wanted them apart`,
    );
  }
  return { low, high, clip, weight };
}
