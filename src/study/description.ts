/** The file that describes a study: its schema, put together from the kinds that there are. */
import { z } from "zod";
import { openAll } from "../core/member.ts";
import { claimSchema } from "./claim.ts";
import type { Kinded } from "./kind.ts";
import { metricSchema } from "./measured-cases.ts";
import { catalogue as methodKinds } from "./methods/catalogue.ts";
import type { MethodKind } from "./methods/method-kind.ts";
import { adjustments } from "./multiplicity.ts";
import { networkSchema } from "./network-plan.ts";
import { catalogue as observerKinds } from "./observers/catalogue.ts";
import type { ObserverKind } from "./observers/observer-kind.ts";
import { count, id, ids } from "./schema-words.ts";
import { catalogue as taskKinds } from "./tasks/catalogue.ts";
import type { TaskKind } from "./tasks/task-kind.ts";
import { catalogue as templateKinds } from "./templates/catalogue.ts";
import type { TemplateKind } from "./templates/template-kind.ts";

/** Kinds of entries by name. */
export interface StudyKinds {
  readonly tasks: Readonly<Record<string, TaskKind>>;
  readonly methods: Readonly<Record<string, MethodKind>>;
  readonly observers: Readonly<Record<string, ObserverKind>>;
  readonly templates: Readonly<Record<string, TemplateKind>>;
}

let opened: Promise<StudyKinds> | undefined;

/** All kinds there are; opened once. */
export function studyKinds(): Promise<StudyKinds> {
  opened ??= (async () => ({
    tasks: await openAll<TaskKind>(taskKinds),
    methods: await openAll<MethodKind>(methodKinds),
    observers: await openAll<ObserverKind>(observerKinds),
    templates: await openAll<TemplateKind>(templateKinds),
  }))();
  return opened;
}

function union<Plan extends Kinded>(
  kinds: Readonly<
    Record<string, { readonly schema: z.ZodType<Plan> & z.core.$ZodTypeDiscriminable }>
  >,
) {
  const [first, ...rest] = Object.values(kinds).map(({ schema }) => schema);
  return z.discriminatedUnion("kind", [first!, ...rest]);
}

/** The kind of a task that does not say its own: descriptions were once of this kind alone. */
const usualTask = "detection";

function schemaOf({ tasks, methods, observers, templates }: StudyKinds) {
  return z.strictObject({
    name: id,
    title: z.string().optional(),
    about: z.array(z.string()).default([]).describe("Paragraphs that open the report."),
    paper: z.string().optional().describe("Key of docs/references.bib."),
    seed: z.int().nonnegative().default(0),
    task: union(tasks).describe(
      `What has to be decided; of kind \`${usualTask}\` when it says none.`,
    ),
    cases: z
      .strictObject({
        test: count,
        validation: count.default(50),
        observerTraining: count.default(200),
        chunk: count.default(50).describe("Cases of one piece of work."),
      })
      .describe("Cases of each class; every role has its own."),
    networks: z.record(id, networkSchema).default({}),
    templates: z.record(id, union(templates)).default({}),
    methods: z.record(id, union(methods)).describe("In the order of the tables."),
    observers: z.record(id, union(observers)).default({}),
    metrics: z.record(id, metricSchema),
    statistics: z.strictObject({
      level: z.number().gt(0.5).lt(1).default(0.95),
      reference: id.describe("Method that the others are compared with, case by case."),
      adjust: z
        .enum(adjustments)
        .default("holm")
        .describe("How the p values of a table are adjusted for their number."),
    }),
    sweeps: z
      .record(
        id,
        z.strictObject({
          methods: ids,
          against: z.string().default("beta").describe("A number that the methods have."),
        }),
      )
      .default({})
      .describe("Curves of image quality and of what observers say against a number."),
    tradeOffs: z
      .record(
        id,
        z.strictObject({
          metric: id.describe("Metric across the plot."),
          observer: id.describe("Observer whose area goes up the plot."),
          curves: z
            .record(z.string(), ids)
            .describe("Methods of a curve by its name, in the order of their weight."),
        }),
      )
      .optional()
      .describe(
        "Plots of image quality against detectability, each method a curve over its weight.",
      ),
    matrices: z
      .record(
        id,
        z.strictObject({
          methods: ids.describe("Rows."),
          observers: ids.describe("Columns."),
          reference: id.describe("Method that the others' areas are compared with."),
        }),
      )
      .optional()
      .describe("Tables of areas and their paired differences: methods against observers."),
    changes: z
      .record(
        id,
        z.strictObject({
          measures: z
            .array(z.string())
            .min(1)
            .describe("Metrics' ids, or `auc:` and an observer's."),
          settings: z.array(z.string()).min(1).describe("Titles of the columns."),
          rows: z.record(
            z.string(),
            z.strictObject({
              reference: id.describe("Method from which the change is counted."),
              methods: ids.describe("Methods in the order of the columns."),
            }),
          ),
        }),
      )
      .optional()
      .describe("Tables of how far methods move numbers, each row from a method of its own."),
    panels: z.array(id).default([]).describe("Methods of the figure of example images."),
    display: z
      .strictObject({ low: z.number(), high: z.number() })
      .optional()
      .describe("Window of the example images; the truth's own range when absent."),
    claims: z.array(claimSchema).default([]),
  });
}

export type StudySchema = ReturnType<typeof schemaOf>;

/** A checked description with all defaults filled in. */
export type CheckedStudy = z.output<StudySchema>;

export async function studySchema(): Promise<StudySchema> {
  return schemaOf(await studyKinds());
}

/** The description's JSON Schema, for editors and the documentation. */
export async function studyJsonSchema(): Promise<object> {
  return z.toJSONSchema(await studySchema(), { io: "input" });
}

/** A description with the kind of its task, where it leaves it to be understood. */
export function withTaskKind(value: unknown): unknown {
  if (typeof value !== "object" || value === null || !("task" in value)) return value;
  const { task } = value;
  if (typeof task !== "object" || task === null || "kind" in task) return value;
  return { ...value, task: { kind: usualTask, ...task } };
}
