/** The file that describes a training: its schema, defaults and checks. */
import { z } from "zod";
import { explainIssues } from "../core/explain-issues.ts";
import { dataSchema } from "./data/description.ts";
import { windowSchema } from "./data/window.ts";

const positive = z.number().positive();
const values = z.record(z.string(), z.union([z.number(), z.string(), z.boolean()]));

const source = z.discriminatedUnion("kind", [
  z.strictObject({
    kind: z.literal("phantom"),
    name: z.string().describe("Name of a phantom of the catalogue."),
    count: z.int().positive().describe("Objects to draw."),
    options: values.default({}),
    windows: z.array(windowSchema).min(1),
    weight: positive.default(1),
  }),
  z.strictObject({
    kind: z.literal("files"),
    paths: z.array(z.string()).min(1).describe("Images or folders, relative to the data folder."),
    licence: z.string().describe("Licence under which they may be trained on."),
    windows: z.array(windowSchema).min(1),
    weight: positive.default(1),
  }),
]);

const choice = (fallback: string) =>
  z.strictObject({ name: z.string().default(fallback), options: values.default({}) });

const named = z.strictObject({ name: z.string(), options: values.default({}) });

const schedule = z.strictObject({
  kind: z.enum(["constant", "step", "cosine"]).default("cosine"),
  rate: positive.default(1e-3),
  warmup: z.int().nonnegative().default(0),
  milestones: z.array(z.int().positive()).default([]),
  factor: positive.default(0.1),
  final: z.number().nonnegative().default(0),
});

const clipNorm = z
  .number()
  .nonnegative()
  .describe("Greatest norm of the gradient; longer ones are shortened to it. 0: no limit.");
const clipValue = z
  .number()
  .nonnegative()
  .describe("Greatest magnitude of each component of the gradient. 0: no limit.");
const decay = z
  .number()
  .nonnegative()
  .describe("Decoupled weight decay, multiplied by the rate. 0: none.");
const averaging = z
  .number()
  .min(0)
  .max(0.999999)
  .describe("Share of the old average of the weights kept at each step. 0: no averaging.");

const role = z
  .strictObject({
    network: named.optional().describe("Network of this role; not needed with `from`."),
    from: z
      .string()
      .optional()
      .describe("ONNX file written by dprime to start from, relative to the data folder."),
    last: z
      .int()
      .positive()
      .optional()
      .describe(
        "Trains the last so many layers alone, a layer being a kernel with what follows it.",
      ),
    optimiser: named.optional(),
    schedule: schedule.optional(),
    clipNorm: clipNorm.optional(),
    clipValue: clipValue.optional(),
    decay: decay.optional(),
    averaging: averaging.optional(),
  })
  .describe("What differs from the description's own settings for one role of the method.");

const noise = z
  .strictObject({
    low: z.number().nonnegative().default(0),
    high: positive.default(0.2),
  })
  .refine((n) => n.high >= n.low, { message: "high must not be below low" })
  .describe("Standard deviation of white Gaussian noise, drawn uniformly, relative to the window.");

const sources = z
  .array(source)
  .min(1)
  .describe("Images without noise, to which the training adds white noise.");
const data = dataSchema.describe("Images with noise of their own; in place of sources.");

const fields = z.strictObject({
  name: z.string().regex(/^[a-z0-9][a-z0-9-]*$/, "wanted lower-case words joined by hyphens"),
  seed: z.int().nonnegative().default(0),
  method: choice("supervised").prefault({}).describe("How the networks learn."),
  network: choice("dncnn").prefault({}).describe("Network of the role that is used afterwards."),
  roles: z
    .record(z.string(), role)
    .default({})
    .describe("Networks and settings of the method's roles, by name."),
  loss: z
    .strictObject({ name: z.string().optional(), options: values.default({}) })
    .prefault({})
    .describe("What is compared how; default: mse of images, cross-entropy of labels."),
  optimiser: choice("adam").prefault({}),
  schedule: schedule.prefault({}),
  steps: z.int().positive(),
  batch: z.int().positive().default(16),
  accumulate: z
    .int()
    .positive()
    .default(1)
    .describe("Batches whose gradients are averaged before the weights move."),
  activationsMiB: positive
    .optional()
    .describe(
      "Most memory for what the forward pass keeps for the gradients; what does not fit is computed again, which takes up to a third longer. Default: no limit.",
    ),
  patch: z.int().positive().default(64).describe("Side of the square patches in pixels."),
  noise: noise.optional(),
  clipNorm: clipNorm.default(0),
  clipValue: clipValue.default(0),
  decay: decay.default(0),
  averaging: averaging.default(0),
  termNormsEvery: z
    .int()
    .nonnegative()
    .default(100)
    .describe("Steps between logs of every term's own gradient norm. 0: none."),
  sources: sources.optional(),
  data: data.optional(),
  validation: z
    .strictObject({
      name: z.string().default("psnr").describe("Name of a validation."),
      sources: sources.optional(),
      data: data.optional(),
      every: z.int().positive().default(500),
      patches: z.int().positive().default(32),
      sigmas: z
        .array(positive)
        .optional()
        .describe(
          "Noise levels relative to the window, a group of patches each; default: 0.05 and 0.1 with sources, the noise as it is with data.",
        ),
      enough: z
        .number()
        .optional()
        .describe("Value at which the training ends before its last step."),
    })
    .optional(),
  samples: z
    .strictObject({
      every: z.int().nonnegative().default(500).describe("Steps between pictures. 0: none."),
      count: z.int().min(1).max(16).default(2).describe("Images of each validation group."),
    })
    .prefault({})
    .describe("Pictures of noisy, denoised and clean validation images while it trains."),
  checkpoint: z.strictObject({ every: z.int().positive().default(500) }).prefault({}),
});

/** A description, with the defaults that depend on where its images come from. */
export const trainingSchema = fields
  .superRefine((config, context) => {
    const refuse = (path: string[], message: string) =>
      context.addIssue({ code: "custom", path, message });
    const { data, noise, sources, validation } = config;
    if (data === undefined && sources === undefined) {
      refuse(["sources"], "images to learn from: sources or data");
    }
    if (data === undefined && validation?.data !== undefined) {
      refuse(["validation", "data"], "sources, as in the training");
    }
    if (data === undefined) return;
    if (sources !== undefined) refuse(["sources"], "no sources beside data");
    if (noise !== undefined)
      refuse(["noise"], "no noise beside data; data.level sets its strength");
    if (validation?.sources !== undefined) {
      refuse(["validation", "sources"], "data, as in the training");
    }
  })
  .superRefine(({ validation }, context) => {
    if (validation === undefined || validation.data || validation.sources) return;
    const message = "images to validate on: sources or data";
    context.addIssue({ code: "custom", path: ["validation", "sources"], message });
  })
  .transform((config) => {
    const white = config.data === undefined;
    const { validation, noise = white ? { low: 0, high: 0.2 } : undefined, ...rest } = config;
    const sigmas = validation?.sigmas ?? (white ? [0.05, 0.1] : []);
    return {
      ...rest,
      ...(noise === undefined ? {} : { noise }),
      ...(validation === undefined ? {} : { validation: { ...validation, sigmas } }),
    };
  });

/** A checked training description with all defaults filled in. */
export type TrainingConfig = z.output<typeof trainingSchema>;
export type SourceConfig = NonNullable<TrainingConfig["sources"]>[number];

export interface ParseTrainingOptions {
  /** What errors call the description: the path of its file. */
  readonly what?: string;
}

/**
 * Checks a description.
 *
 * @throws InputError naming the field by its path, what was found and what was wanted
 */
export function parseTrainingConfig(
  value: unknown,
  { what = "the training description" }: ParseTrainingOptions = {},
): TrainingConfig {
  const result = trainingSchema.safeParse(value);
  if (result.success) return result.data;
  throw explainIssues(result.error.issues, { what, value, schema: trainingJsonSchema() });
}

/** The description's JSON Schema, for editors and the documentation. */
export function trainingJsonSchema(): unknown {
  return z.toJSONSchema(trainingSchema, { io: "input" });
}
