/** A description, checked once and bound to its kinds: what planning, running and reporting work with. */
import { z } from "zod";
import { InputError, messageOf } from "../core/errors.ts";
import { oneOf } from "../core/nearest-names.ts";
import {
  type CheckedStudy,
  studyKinds,
  type StudyKinds,
  studySchema,
  withTaskKind,
} from "./description.ts";
import { explainIssues } from "../core/explain-issues.ts";
import type { EntryCheck, EntryKind, Kinded, Reference } from "./kind.ts";
import { checkMembers } from "./members.ts";
import type { MethodKind } from "./methods/method-kind.ts";
import type { ObserverKind } from "./observers/observer-kind.ts";
import { startsOf } from "./network-plan.ts";
import { openScene } from "./task-inputs.ts";
import type { Scene, TaskKind } from "./tasks/task-kind.ts";
import type { TemplateKind } from "./templates/template-kind.ts";

/** An entry of the description with its kind. */
export interface Bound<Kind> {
  readonly kind: Kind;
  readonly plan: Kinded;
}

/** A method of the tables: an entry, or one of the settings that an entry makes. */
export interface StudyMethod extends Bound<MethodKind> {
  readonly id: string;
  /** Id of the entry. */
  readonly entry: string;
  /** Its name among the methods that the entry makes. */
  readonly setting: string;
  /** Names of all of those. */
  readonly settings: readonly string[];
}

export interface OpenedStudy {
  readonly description: CheckedStudy;
  readonly task: Bound<TaskKind>;
  readonly scene: Scene;
  readonly templates: Readonly<Record<string, Bound<TemplateKind>>>;
  /** By id, lists taken apart, in the order of the tables. */
  readonly methods: Readonly<Record<string, StudyMethod>>;
  readonly observers: Readonly<Record<string, Bound<ObserverKind>>>;
  /** Methods of the main tables: those that only serve a sweep stand in its own table. */
  readonly main: readonly string[];
}

/** The only setting of an entry that makes one method. */
const onlySetting = "all";

/**
 * Checks a description and opens its kinds; one object is drawn to learn the size of the images.
 *
 * @param value as it was given: parsed JSON or YAML, or an object
 * @throws InputError naming the field, what was found and what was wanted
 */
export async function openStudy(
  value: unknown,
  { what = "the study" }: { what?: string } = {},
): Promise<OpenedStudy> {
  const schema = await studySchema();
  const given = withTaskKind(value);
  const result = schema.safeParse(given);
  if (!result.success) {
    throw explainIssues(result.error.issues, {
      what,
      value: given,
      schema: z.toJSONSchema(schema, { io: "input" }),
    });
  }
  try {
    return await bind(result.data, await studyKinds());
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    const message = messageOf(error);
    // Errors of members begin their own sentence.
    throw new InputError(`Cannot use ${what}: ${message}`, { cause: error });
  }
}

async function bind(study: CheckedStudy, kinds: StudyKinds): Promise<OpenedStudy> {
  const task = { kind: kinds.tasks[study.task.kind]!, plan: study.task };
  await checkMembers(study);
  const scene = await at("task", () => openScene(study));
  const templates = bindAll(study.templates, kinds.templates);
  const methods = expand(bindAll(study.methods, kinds.methods));
  const observers = bindAll(study.observers, kinds.observers);
  const known = {
    networks: Object.keys(study.networks),
    templates: Object.keys(templates),
    methods: Object.keys(methods),
  };
  const check: CheckNames = {
    known,
    isSet: (id) => templates[id]?.kind.set ?? false,
  };
  for (const [id, plan] of Object.entries(study.networks)) {
    for (const reference of startsOf(plan))
      checkReference(reference, { ...check, at: `networks.${id}` });
    for (const which of plan.classes ?? []) need(`networks.${id}.classes`, which, scene.classes);
    checkCircle(id, study.networks);
  }
  const { classes, shape } = scene;
  const context = { ...check, methods: study.methods, classes, shape };
  for (const [field, entries] of Object.entries({ templates, observers })) {
    for (const [id, entry] of Object.entries(entries)) {
      await checkEntry(entry, { ...context, at: `${field}.${id}` });
    }
  }
  for (const [id, plan] of Object.entries(study.methods)) {
    const entry = { kind: kinds.methods[plan.kind]!, plan };
    const place = `methods.${id}`;
    await checkEntry(entry, { ...context, at: place });
    for (const reference of entry.kind.tuning?.refers(plan) ?? []) {
      checkReference(reference, { ...check, at: place });
    }
  }
  for (const [id, { kind, plan }] of Object.entries(observers)) {
    if (!task.kind.answers.includes(kind.answers)) {
      throw new InputError(
        `observers.${id}.kind: found ${kind.name}, which gives ${kind.answers}, wanted one that gives ${task.kind.answers.join(" or ") || "nothing"} for a task of kind ${task.kind.name}`,
      );
    }
    for (const one of kind.judges?.(plan) ?? [])
      need(`observers.${id}.methods`, one, known.methods);
  }
  need("statistics.reference", study.statistics.reference, known.methods);
  for (const one of study.panels) need("panels", one, known.methods);
  for (const [id, { methods: swept, against }] of Object.entries(study.sweeps)) {
    for (const one of swept) {
      need(`sweeps.${id}.methods`, one, known.methods);
      const { kind, plan, setting } = methods[one]!;
      if (kind.parameter?.(plan, against, setting) === undefined) {
        throw new InputError(
          `sweeps.${id}.against: found ${against}, which ${one} does not have, wanted a number of every method`,
        );
      }
    }
  }
  for (const [id, { metric, observer, curves }] of Object.entries(study.tradeOffs ?? {})) {
    const place = `tradeOffs.${id}`;
    need(`${place}.metric`, metric, Object.keys(study.metrics));
    need(`${place}.observer`, observer, Object.keys(observers));
    for (const one of Object.values(curves).flat()) need(`${place}.curves`, one, known.methods);
  }
  for (const [id, { settings, rows }] of Object.entries(study.changes ?? {})) {
    for (const [row, { reference, methods: moved }] of Object.entries(rows)) {
      const place = `changes.${id}.rows.${row}`;
      for (const one of [reference, ...moved]) need(place, one, known.methods);
      if (moved.length !== settings.length) {
        throw new InputError(
          `${place}.methods: found ${moved.length}, wanted one for each of the ${settings.length} settings`,
        );
      }
    }
  }
  for (const [id, matrix] of Object.entries(study.matrices ?? {})) {
    const place = `matrices.${id}`;
    for (const one of matrix.methods) need(`${place}.methods`, one, known.methods);
    for (const one of matrix.observers) need(`${place}.observers`, one, Object.keys(observers));
    need(`${place}.reference`, matrix.reference, known.methods);
  }
  return {
    description: study,
    task,
    scene,
    templates,
    methods,
    observers,
    main: mainMethods(study, known.methods),
  };
}

function bindAll<Kind>(
  plans: Readonly<Record<string, Kinded>>,
  kinds: Readonly<Record<string, Kind>>,
): Record<string, Bound<Kind>> {
  return Object.fromEntries(
    Object.entries(plans).map(([id, plan]) => [id, { kind: kinds[plan.kind]!, plan }]),
  );
}

/** Entries with lists taken apart: `adapted` with β [10, 1000] gives `adapted-10`, `adapted-1e3`. */
function expand(entries: Readonly<Record<string, Bound<MethodKind>>>): Record<string, StudyMethod> {
  const methods: Record<string, StudyMethod> = {};
  for (const [entry, bound] of Object.entries(entries)) {
    const made = bound.kind.settings?.(bound.plan) ?? [];
    const settings = made.length === 0 ? [onlySetting] : made;
    for (const setting of settings) {
      const id = made.length === 0 ? entry : `${entry}-${setting}`;
      methods[id] = { ...bound, id, entry, setting, settings };
    }
  }
  return methods;
}

function mainMethods({ sweeps, statistics, panels }: CheckedStudy, all: readonly string[]) {
  const swept = new Set(Object.values(sweeps).flatMap(({ methods }) => methods));
  const shown = new Set([statistics.reference, ...panels]);
  return all.filter((id) => !swept.has(id) || shown.has(id));
}

interface CheckNames {
  readonly known: Readonly<Record<Reference["of"], readonly string[]>>;
  /** Whether a template is a set of channels. */
  readonly isSet: (template: string) => boolean;
}

async function checkEntry(
  { kind, plan }: Bound<EntryKind>,
  context: CheckNames & EntryCheck,
): Promise<void> {
  for (const reference of kind.refers(plan)) checkReference(reference, context);
  await at(context.at, async () => kind.check?.(plan, context));
}

function checkReference(
  { of, id, field, single }: Reference,
  { known, isSet, at: place }: CheckNames & { at: string },
): void {
  need(`${place}.${field}`, id, known[of]);
  if (single && of === "templates" && isSet(id)) {
    throw new InputError(`${place}.${field}: found a set of channels, wanted a single template`);
  }
}

/** Refuses a network that starts from itself by way of others. */
function checkCircle(id: string, networks: CheckedStudy["networks"]): void {
  const reached = new Set<string>();
  const walk = (from: string): void => {
    for (const { of, id: start } of startsOf(networks[from]!)) {
      if (of !== "networks" || reached.has(start)) continue;
      reached.add(start);
      if (networks[start] !== undefined) walk(start);
    }
  };
  walk(id);
  if (reached.has(id)) {
    throw new InputError(
      `networks.${id}.roles: found a start that leads back to ${id}, wanted networks trained before it`,
    );
  }
}

function need(field: string, id: string, known: readonly string[]): void {
  if (known.includes(id)) return;
  const wanted = known.length === 0 ? "one to be described first" : oneOf(id, known);
  throw new InputError(`${field}: found ${id}, wanted ${wanted}`);
}

/** Names the place of what is refused, where the refusal does not. */
async function at<T>(place: string, work: () => Promise<T> | T): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    const message = messageOf(error).replace(/^Cannot use the study: /, "");
    const placed = message.startsWith(`${place}.`) || message.startsWith(`${place}:`);
    throw new InputError(placed ? message : `${place}: ${message}`, { cause: error });
  }
}
