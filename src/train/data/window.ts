/** Windows of a description: which values of an image become 0 and 1. */
import { z } from "zod";

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
