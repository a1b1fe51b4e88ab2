/** The section `data` of a training description: what images are drawn from, and how patches are cut from them. */
import { z } from "zod";
import { caseFields, signalSchema } from "../../cases/index.ts";
import { windowSchema } from "./window.ts";

const shared = {
  windows: z.array(windowSchema).min(1),
  weight: z
    .number()
    .positive()
    .default(1)
    .describe("How often the source is drawn from, relative to the others."),
};

const simulated = z
  .strictObject({
    kind: z.literal("simulated"),
    ...caseFields,
    signal: signalSchema.optional(),
    present: z.number().min(0).max(1).default(1).describe("Share of the scans with the signal."),
    count: z.int().positive().describe("Scans to draw; each is drawn once and kept."),
    ...shared,
  })
  .describe("Phantoms imaged by an acquisition or a noise model, with options drawn from ranges.");

const sourceSchema = z.discriminatedUnion("kind", [simulated]);

const level = z
  .union([
    z.number().positive(),
    z
      .strictObject({
        from: z.number().positive(),
        to: z.number().positive(),
        scale: z.enum(["linear", "log"]).default("log"),
      })
      .refine(({ from, to }) => to >= from, { message: "wanted from not above to" }),
  ])
  .describe(
    "Standard deviation of a patch's noise relative to its window, one value or drawn for each patch; the scan's own noise is made stronger or weaker until it has it. Default: the noise as it is.",
  );

export const dataSchema = z.strictObject({
  sources: z.array(sourceSchema).min(1),
  classes: z
    .array(z.string())
    .min(1)
    .optional()
    .describe(
      "Names of the classes that `labels` tell apart, beside a first class for everything else. Default: all that the sources have.",
    ),
  level: level.optional(),
  noiseless: z
    .number()
    .min(0)
    .max(1)
    .default(0)
    .describe("Share of patches without noise, from which a network learns to leave well alone."),
  foreground: z
    .strictObject({
      above: z.number().describe("Least value that counts, in the unit of the images."),
      share: z.number().min(0).max(1).default(0.3).describe("Least share of a patch."),
    })
    .optional()
    .describe("Patches with less of it, such as air around a body, are cut anew elsewhere."),
});

export type DataConfig = z.output<typeof dataSchema>;
export type DataSourceConfig = DataConfig["sources"][number];
export type SimulatedConfig = Extract<DataSourceConfig, { kind: "simulated" }>;
export type LevelConfig = z.output<typeof level>;
