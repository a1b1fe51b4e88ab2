/** A network of a study, as its description names it. */
import { z } from "zod";
import { dataSchema } from "../train/data/description.ts";
import { count, optionValues, positive } from "./schema-words.ts";

const named = (what: string) =>
  z.strictObject({
    name: z.string().describe(`Name of a ${what} of the catalogue.`),
    options: optionValues,
  });

export const networkSchema = z.strictObject({
  network: named("network"),
  loss: named("loss").prefault({ name: "mse" }),
  optimiser: named("optimiser").prefault({ name: "adam" }),
  rate: positive.default(1e-3),
  schedule: z.enum(["constant", "cosine"]).default("cosine"),
  warmup: z.int().nonnegative().default(50),
  steps: count,
  batch: count.default(8),
  averaging: z.number().min(0).max(0.999999).default(0),
  images: count.describe("Training images, the same number of every class."),
  data: dataSchema
    .refine(({ sources }) => sources.every(({ kind }) => kind === "simulated"), {
      message: "simulated sources: what a study learns from is written in it",
    })
    .optional()
    .describe(
      "Images to learn from in place of the task's own, as in the description of a training; the task's own serve validation.",
    ),
  patch: count
    .optional()
    .describe("Side of the square patches in pixels; the image's shorter side when absent."),
  window: z
    .strictObject({ low: z.number(), high: z.number() })
    .optional()
    .describe("Values that it sees as 0 and 1; 0 and 1 for normalised images."),
  validateEvery: count.optional().describe("Steps between validations."),
  stopAt: positive
    .optional()
    .describe("PSNR on validation images, in dB, at which training ends early."),
});

export type NetworkPlan = z.output<typeof networkSchema>;
