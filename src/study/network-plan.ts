/** A network of a study, as its description names it. */
import { z } from "zod";
import { dataSchema } from "../train/data/description.ts";
import type { Reference } from "./kind.ts";
import { count, id, ids, optionValues, positive } from "./schema-words.ts";

const named = (what: string) =>
  z.strictObject({
    name: z.string().describe(`Name of a ${what} of the catalogue.`),
    options: optionValues,
  });

const role = z
  .strictObject({
    network: named("network").optional(),
    from: id.optional().describe("Network of the study whose weights it starts from."),
    part: z
      .string()
      .optional()
      .describe(
        "Which network of that training, by its role (`observer`); the one that it is for when absent.",
      ),
    template: id
      .optional()
      .describe(
        "Template of the study as a linear observer's first weights, scaled to the logarithm of the odds on the training images.",
      ),
    last: count.optional().describe("Trains the last so many layers alone."),
    rate: positive.optional(),
  })
  .describe("What differs for one role of the training method.");

export const networkSchema = z.strictObject({
  network: named("network"),
  method: named("training method").optional().describe("How it learns; supervised when absent."),
  roles: z
    .record(z.string(), role)
    .optional()
    .describe("Networks of the method's roles, by the role's name: where they start from."),
  keep: z
    .enum(["best", "last"])
    .optional()
    .describe("Weights of the best validation, which is usual, or those after the last step."),
  classes: ids
    .optional()
    .describe(
      "Classes of cases that it learns from, the first without the signal; all when absent.",
    ),
  loss: named("loss").prefault({ name: "mse" }),
  optimiser: named("optimiser").prefault({ name: "adam" }),
  rate: positive.default(1e-3),
  schedule: z.enum(["constant", "cosine"]).default("cosine"),
  warmup: z.int().nonnegative().default(50),
  steps: count,
  batch: count.default(8),
  averaging: z.number().min(0).max(0.999999).default(0),
  images: count.describe("Training images, the same number of every class that it learns from."),
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

/** Names of the networks and templates of the study that a network's training starts from, by role of its piece. */
export function startsOf({ roles = {} }: NetworkPlan): readonly Reference[] {
  return Object.entries(roles).flatMap(([name, { from, template }]): Reference[] => [
    ...(from === undefined
      ? []
      : [
          {
            role: `start ${name}`,
            of: "networks" as const,
            id: from,
            field: `roles.${name}.from`,
          },
        ]),
    ...(template === undefined
      ? []
      : [
          {
            role: `template of ${name}`,
            of: "templates" as const,
            id: template,
            field: `roles.${name}.template`,
            single: true,
          },
        ]),
  ]);
}

/** The plan with roles in place of the ids that it names. */
export function anonymousNetwork({ roles, ...plan }: NetworkPlan): NetworkPlan {
  if (roles === undefined) return plan;
  return {
    ...plan,
    roles: Object.fromEntries(
      Object.entries(roles).map(([name, own]) => [
        name,
        {
          ...own,
          ...(own.from === undefined ? {} : { from: "start" }),
          ...(own.template === undefined ? {} : { template: "template" }),
        },
      ]),
    ),
  };
}

/** Whether it learns from images that have their noise already: where noise is not white, or classes matter. */
export const needsDrawnPairs = (
  { method }: NetworkPlan,
  { white, shape }: { readonly white: boolean; readonly shape: readonly number[] },
): boolean => method !== undefined || !white || shape.length !== 2;
