/** The file that describes a study: its schema, defaults and checks. */
import { z } from "zod";
import { InputError } from "../core/errors.ts";
import { claimSchema } from "./claim.ts";

const positive = z.number().positive();
const count = z.int().positive();
const values = z.record(z.string(), z.union([z.number(), z.string(), z.boolean()])).default({});
const id = z
  .string()
  .regex(/^[a-z0-9][a-z0-9-]*$/, "wanted lower-case letters, digits and hyphens");
const named = (what: string) =>
  z.strictObject({
    name: z.string().describe(`Name of a ${what}; \`dprime list\` shows them.`),
    options: values,
  });

const task = z
  .strictObject({
    object: named("phantom").describe("What is imaged: one object per case."),
    signal: named("signal")
      .extend({
        centre: z
          .array(z.number())
          .optional()
          .describe("Place in pixels, rows first; the middle when absent."),
      })
      .describe("What the observer looks for, known exactly; added to half of the cases."),
    noise: named("noise model").describe("What the acquisition adds."),
  })
  .describe("A binary detection task: signal known exactly, background known statistically.");

const network = z.strictObject({
  network: named("network"),
  loss: z.strictObject({ name: z.string(), options: values }).prefault({ name: "mse" }),
  optimiser: z.strictObject({ name: z.string(), options: values }).prefault({ name: "adam" }),
  rate: positive.default(1e-3),
  schedule: z.enum(["constant", "cosine"]).default("cosine"),
  warmup: z.int().nonnegative().default(50),
  steps: count,
  batch: count.default(8),
  averaging: z.number().min(0).max(0.999999).default(0),
  images: count.describe("Training images, half of them with the signal."),
  validateEvery: count.optional().describe("Steps between validations."),
  stopAt: positive
    .optional()
    .describe("PSNR on validation images, in dB, at which training ends early."),
});

const template = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("signal") }).describe("The signal itself."),
  z
    .strictObject({ kind: z.literal("hotelling-population") })
    .describe(
      "Exact Hotelling template of the noisy population, where the object has a closed form.",
    ),
  z
    .strictObject({
      kind: z.literal("hotelling-images"),
      images: count.describe("Noisy images of each class, drawn for this alone and never kept."),
    })
    .describe("Hotelling template from the sample covariance of noisy images."),
  z
    .strictObject({
      kind: z.literal("laguerre-gauss"),
      channels: z.int().min(1).max(50).default(6),
      widthPx: positive.describe("Gaussian width of the channels in pixels."),
    })
    .describe("Laguerre–Gauss channels at the signal's place: several templates."),
]);

const ids = z.array(id).min(1);
const list = z.union([positive, z.array(positive).min(1)]);

const tune = z
  .strictObject({
    lambda: z.array(positive).min(1).optional(),
    beta: z.array(z.number().nonnegative()).min(1).optional(),
    within: z
      .number()
      .min(1)
      .default(1.01)
      .describe(
        "β: the largest AUC among those whose RMSE is at most this many times the smallest.",
      ),
    observer: id.optional().describe("Template whose AUC decides on β."),
  })
  .describe("Values tried on validation images; λ is the one of smallest RMSE.");

const method = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("noisy") }).describe("The images as they were acquired."),
  z
    .strictObject({
      kind: z.literal("denoiser"),
      name: z.string(),
      options: values,
      tune: z
        .strictObject({
          parameter: z.string(),
          values: z.array(z.number()).min(1),
        })
        .optional()
        .describe("A parameter chosen on validation images by the smallest RMSE."),
    })
    .describe("A classical denoiser, told the noise level."),
  z
    .strictObject({
      kind: z.literal("pls-tv"),
      lambda: positive.optional(),
      beta: z.number().nonnegative().default(0),
      template: id.optional(),
      tune: tune.optional(),
    })
    .describe("Penalised least squares with total variation; task-based with a template and β."),
  z.strictObject({ kind: z.literal("network"), network: id }).describe("A trained network."),
  z
    .strictObject({
      kind: z.literal("adapted"),
      network: id,
      templates: ids,
      alpha: z.number().nonnegative().default(1),
      beta: list.describe("A list makes one method of each value."),
      gamma: positive,
      solver: z.enum(["gauss-newton", "path", "adam"]).default("gauss-newton"),
      reduction: z.enum(["sum", "mean"]).default("sum"),
      weights: z
        .array(z.string())
        .default([])
        .describe("Only weights whose name begins so may change; all when empty."),
      steps: count.default(500).describe("Steps of Adam."),
      rate: positive.default(1e-4).describe("Learning rate of Adam."),
    })
    .describe("A network adapted to every image and the task."),
  z
    .strictObject({ kind: z.literal("projected"), method: id, templates: ids })
    .describe("Another method with the task-preserving projection after it."),
]);

const observer = z.discriminatedUnion("kind", [
  z
    .strictObject({ kind: z.literal("template"), template: id })
    .describe("One fixed template applied to every method's images."),
  z
    .strictObject({
      kind: z.literal("trained"),
      name: z.string().describe("Name of an observer."),
      options: values,
      methods: ids.optional().describe("Methods that it judges; all when absent."),
    })
    .describe("Learns anew on every method's own training images."),
]);

const metric = z.strictObject({
  name: z.string(),
  options: values,
  dataRange: positive.optional(),
  label: z.string().optional().describe("How tables call it."),
});

export const studySchema = z.strictObject({
  name: id,
  title: z.string().optional(),
  about: z.array(z.string()).default([]).describe("Paragraphs that open the report."),
  paper: z.string().optional().describe("Key of docs/references.bib."),
  seed: z.int().nonnegative().default(0),
  task,
  cases: z
    .strictObject({
      test: count,
      validation: count.default(50),
      observerTraining: count.default(200),
      chunk: count.default(50).describe("Cases of one piece of work."),
    })
    .describe("Cases of each class; every role has its own."),
  networks: z.record(id, network).default({}),
  templates: z.record(id, template).default({}),
  methods: z.record(id, method).describe("In the order of the tables."),
  observers: z.record(id, observer),
  metrics: z.record(id, metric),
  statistics: z.strictObject({
    level: z.number().gt(0.5).lt(1).default(0.95),
    reference: id.describe("Method that the others are compared with, case by case."),
  }),
  sweeps: z
    .record(id, z.strictObject({ methods: ids, against: z.literal("beta").default("beta") }))
    .default({})
    .describe("Curves of AUC and PSNR against β."),
  panels: z.array(id).default([]).describe("Methods of the figure of example images."),
  claims: z.array(claimSchema).default([]),
});

/** A checked description with all defaults filled in. */
export type Study = z.output<typeof studySchema>;
export type StudyTask = Study["task"];
export type NetworkPlan = Study["networks"][string];
export type TemplatePlan = Study["templates"][string];
export type MethodPlan = Study["methods"][string];
export type ObserverPlan = Study["observers"][string];
export type MetricPlan = Study["metrics"][string];

/**
 * Checks a description.
 *
 * @throws InputError naming the field, what was found and what was wanted
 */
export function parseStudy(value: unknown): Study {
  const result = studySchema.safeParse(value);
  if (!result.success) {
    // A misspelt field also leaves the right one missing: the misspelling is what to tell.
    const { issues } = result.error;
    const issue = issues.find(({ code }) => code === "unrecognized_keys") ?? issues[0]!;
    const path = issue.path.join(".") || "the document";
    throw new InputError(`Cannot use the study: ${path}: ${issue.message}`);
  }
  checkNames(result.data);
  return result.data;
}

/** The description's JSON Schema, for editors and the documentation. */
export function studyJsonSchema(): unknown {
  return z.toJSONSchema(studySchema, { io: "input" });
}

/** Every id that a field names must exist. */
function checkNames(study: Study): void {
  const need = (field: string, name: string, known: Readonly<Record<string, unknown>>) => {
    if (Object.hasOwn(known, name)) return;
    const wanted = Object.keys(known).join(", ") || "one to be described first";
    throw new InputError(`Cannot use the study: ${field}: found ${name}, wanted one of ${wanted}`);
  };
  const { networks, templates } = study;
  const methods = expandMethods(study);
  for (const [name, plan] of Object.entries(study.methods)) {
    const at = `methods.${name}`;
    if (plan.kind === "network" || plan.kind === "adapted") {
      need(`${at}.network`, plan.network, networks);
    }
    if (plan.kind === "adapted" || plan.kind === "projected") {
      for (const t of plan.templates) need(`${at}.templates`, t, templates);
    }
    if (plan.kind === "projected") {
      need(`${at}.method`, plan.method, methods);
      if (methods[plan.method]!.kind === "projected") {
        throw new InputError(
          `Cannot use the study: ${at}.method: found ${plan.method}, itself a projection, wanted a denoised method`,
        );
      }
    }
    if (plan.kind === "pls-tv") checkTv(at, plan, templates, need);
  }
  for (const [name, plan] of Object.entries(study.observers)) {
    if (plan.kind === "template") {
      need(`observers.${name}.template`, plan.template, templates);
      if (templates[plan.template]!.kind === "laguerre-gauss") {
        throw new InputError(
          `Cannot use the study: observers.${name}.template: found a set of channels, wanted a single template`,
        );
      }
    } else {
      for (const m of plan.methods ?? []) need(`observers.${name}.methods`, m, methods);
    }
  }
  need("statistics.reference", study.statistics.reference, methods);
  for (const m of study.panels) need("panels", m, methods);
  for (const [name, { methods: of }] of Object.entries(study.sweeps)) {
    for (const m of of) need(`sweeps.${name}.methods`, m, methods);
  }
}

function checkTv(
  at: string,
  plan: Extract<MethodPlan, { kind: "pls-tv" }>,
  templates: Study["templates"],
  need: (field: string, name: string, known: Readonly<Record<string, unknown>>) => void,
): void {
  if (plan.template !== undefined) need(`${at}.template`, plan.template, templates);
  if (plan.tune?.observer !== undefined) {
    need(`${at}.tune.observer`, plan.tune.observer, templates);
  }
  if ((plan.beta > 0 || plan.tune?.beta !== undefined) && plan.template === undefined) {
    throw new InputError(`Cannot use the study: ${at}.template: found none, wanted one for β`);
  }
  if (plan.tune?.beta !== undefined && plan.tune.observer === undefined) {
    throw new InputError(
      `Cannot use the study: ${at}.tune.observer: found none, wanted the template whose AUC chooses β`,
    );
  }
  if (plan.lambda === undefined && plan.tune?.lambda === undefined) {
    throw new InputError(
      `Cannot use the study: ${at}.lambda: found none, wanted a number or tune.lambda`,
    );
  }
}

/** A method with one value of β. */
export type SingleMethod =
  | Exclude<MethodPlan, { kind: "adapted" }>
  | (Extract<MethodPlan, { kind: "adapted" }> & { readonly beta: number; readonly group: string });

/** `1e5` of 100000, as the tables and ids write it. */
export const shortNumber = (v: number): string =>
  v >= 1000 || v < 0.01 ? v.toExponential().replace("e+", "e") : String(v);

/** Methods by id with lists of β taken apart: `adapted` with β [10, 1000] gives `adapted-10`, `adapted-1e3`. */
export function expandMethods(study: Pick<Study, "methods">): Record<string, SingleMethod> {
  const out: Record<string, SingleMethod> = {};
  for (const [name, plan] of Object.entries(study.methods)) {
    if (plan.kind !== "adapted") {
      out[name] = plan;
      continue;
    }
    const betas = Array.isArray(plan.beta) ? plan.beta : [plan.beta];
    for (const beta of betas) {
      const own = Array.isArray(plan.beta) ? `${name}-${shortNumber(beta)}` : name;
      out[own] = { ...plan, beta, group: name };
    }
  }
  return out;
}

/** Methods of the main tables: those that only serve a sweep stand in its own table. */
export function mainMethods(study: Study): string[] {
  const swept = new Set(Object.values(study.sweeps).flatMap(({ methods }) => methods));
  const shown = new Set([study.statistics.reference, ...study.panels]);
  return Object.keys(expandMethods(study)).filter((id) => !swept.has(id) || shown.has(id));
}
