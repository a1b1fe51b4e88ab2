/** What a description says of simulated scans; apart from their drawing, so that a browser can check one. */
import { z } from "zod";
import { caseFields, signalSchema } from "../../../cases/index.ts";
import { imageClassesSchema } from "../image-classes-schema.ts";
import { windowFields } from "../window.ts";

export const simulatedSchema = z
  .strictObject({
    kind: z.literal("simulated"),
    ...caseFields,
    signal: signalSchema.optional(),
    present: z.number().min(0).max(1).default(1).describe("Share of the scans with the signal."),
    imageClasses: imageClassesSchema,
    count: z.int().positive().describe("Scans to draw; each is drawn once and kept."),
    ...windowFields,
  })
  .describe("Phantoms imaged by an acquisition or a noise model, with options drawn from ranges.");

export type SimulatedConfig = z.output<typeof simulatedSchema>;
