/** From a description to pieces of work. */
import {
  expandMethods,
  type MethodPlan,
  type ObserverPlan,
  shortNumber,
  type SingleMethod,
  type Study,
} from "./description.ts";
import type { CaseRange } from "./measured-cases.ts";
import { chunkRole } from "./method-images.ts";
import type { PlannedPiece } from "./piece.ts";
import { type CaseClass, openScene, type Role } from "./scene.ts";
import { checkMembers } from "./members.ts";
import { onlySetting } from "./pieces/denoise-cases.ts";

/** The chunks of one method's images in one role. */
export interface PlannedImages {
  readonly absent: readonly PlannedPiece[];
  readonly present: readonly PlannedPiece[];
  /** Key of the method among the settings of these pieces. */
  readonly setting: string;
}

/** A study taken apart; what the report reads is named, everything else hangs below. */
export interface StudyPlan {
  readonly roots: readonly PlannedPiece[];
  readonly networks: Readonly<Record<string, PlannedPiece>>;
  readonly templates: Readonly<Record<string, PlannedPiece>>;
  readonly tuned: Readonly<Record<string, PlannedPiece>>;
  /** Test images by method. */
  readonly images: Readonly<Record<string, PlannedImages>>;
  /** Scores by observer, then method. */
  readonly scores: Readonly<Record<string, Readonly<Record<string, PlannedPiece>>>>;
}

/**
 * Rough seconds on one thread, for the order of work alone: a training image's step, an image summed
 * into a covariance, an image adapted, denoised, learned from. The runner corrects its time left as
 * pieces finish.
 */
const expected = { step: 0.02, image: 0.003, adapt: 0.5, denoise: 0.02, learn: 0.1 };

const classes: readonly CaseClass[] = ["absent", "present"];

/**
 * Plans every piece of a study; one object is drawn to learn the size of the images.
 *
 * @throws InputError naming the field when a name or an option does not exist
 */
export async function planStudy(study: Study): Promise<StudyPlan> {
  await checkMembers(study);
  const { task, seed, metrics, cases } = study;
  const { ny, nx } = await openScene(task, seed);
  const shape: readonly [number, number] = [ny, nx];
  const networks = mapRecord(study.networks, (plan, id) => ({
    kind: "train-network",
    label: `train ${id}`,
    inputs: { task, seed, plan, validation: cases.validation } as never,
    depends: {},
    weight: expected.step * plan.steps * plan.batch,
  }));
  const templates = mapRecord(study.templates, (plan, id) => ({
    kind: "make-template",
    label: `template ${id}`,
    inputs: { task, seed, plan } as never,
    depends: {},
    weight: plan.kind === "hotelling-images" ? 2 * plan.images * expected.image : 1,
  }));
  const methods = expandMethods(study);
  const tuned: Record<string, PlannedPiece> = {};
  for (const [id, plan] of Object.entries(study.methods)) {
    if ((plan.kind !== "denoiser" && plan.kind !== "pls-tv") || plan.tune === undefined) continue;
    tuned[id] = {
      kind: "tune-method",
      label: `tune ${id}`,
      inputs: { task, seed, method: plan, validation: cases.validation } as never,
      depends: tvTemplates(plan, templates),
    };
  }

  const known = new Map<string, PlannedPiece>();
  /** Chunks are asked for by several observers and projections: each is planned once. */
  const once = (name: string, make: () => PlannedPiece): PlannedPiece => {
    let piece = known.get(name);
    if (piece === undefined) known.set(name, (piece = make()));
    return piece;
  };
  const templateRoles = (ids: readonly string[]) =>
    Object.fromEntries(ids.map((id, k) => [`template ${k}`, templates[id]!]));

  const chunkOf = (id: string, range: CaseRange, label: string): PlannedPiece => {
    const method = methods[id]!;
    const place = `${range.role} ${range.which} ${range.first}`;
    if (method.kind === "adapted") {
      return once(`${method.group} ${place}`, () => ({
        kind: "adapt-cases",
        label: `adapt ${method.group}, ${label}`,
        inputs: { task, seed, metrics, cases: range, ...adaptation(study, method) } as never,
        depends: { network: networks[method.network]!, ...templateRoles(method.templates) },
        weight: expected.adapt * range.count,
      }));
    }
    return once(`${id} ${place}`, () => ({
      kind: "denoise-cases",
      label: `${method.kind === "noisy" ? "draw" : "denoise"} ${id}, ${label}`,
      inputs: {
        task,
        seed,
        metrics,
        cases: range,
        method: withoutTuning(method),
        ...(method.kind === "projected" ? { base: settingOf(methods[method.method]!) } : {}),
      } as never,
      depends: {
        ...(tuned[id] === undefined ? {} : { tuned: tuned[id] }),
        ...(method.kind === "network" ? { network: networks[method.network]! } : {}),
        ...(method.kind === "pls-tv" && method.template !== undefined
          ? { template: templates[method.template]! }
          : {}),
        ...(method.kind === "projected"
          ? { base: chunkOf(method.method, range, label), ...templateRoles(method.templates) }
          : {}),
      },
      weight: expected.denoise * range.count,
    }));
  };

  const chunks = (id: string, role: Role, total: number): PlannedImages => {
    const of = (which: CaseClass) => {
      const parts = Math.ceil(total / cases.chunk);
      return Array.from({ length: parts }, (_, k) => {
        const first = k * cases.chunk;
        const count = Math.min(cases.chunk, total - first);
        const label = `${role} ${which} ${k + 1} of ${parts}`;
        return chunkOf(id, { role, which, first, count }, label);
      });
    };
    return { absent: of("absent"), present: of("present"), setting: settingOf(methods[id]!) };
  };

  const images = mapRecord(methods, (_, id) => chunks(id, "test", cases.test));
  const roles = (role: Role, { absent, present }: PlannedImages) =>
    Object.fromEntries(
      classes.flatMap((which) =>
        (which === "absent" ? absent : present).map((piece, k) => [
          chunkRole(role, which, k),
          piece,
        ]),
      ),
    );
  const scoresOf = (observer: ObserverPlan, name: string, id: string): PlannedPiece => {
    const { setting } = images[id]!;
    if (observer.kind === "template") {
      return {
        kind: "judge-template",
        label: `judge ${id} by ${name}`,
        inputs: { setting },
        depends: { template: templates[observer.template]!, ...roles("test", images[id]!) },
      };
    }
    const own = chunks(id, "observer-training", cases.observerTraining);
    return {
      kind: "judge-trained",
      label: `judge ${id} by ${name}`,
      inputs: { observer: observer.name, options: observer.options, setting, seed, shape } as never,
      depends: { ...roles("test", images[id]!), ...roles("observer-training", own) },
      weight: expected.learn * cases.observerTraining,
    };
  };
  const scores = mapRecord(study.observers, (observer, name) => {
    const judged =
      observer.kind === "trained" && observer.methods !== undefined
        ? observer.methods
        : Object.keys(methods);
    return Object.fromEntries(judged.map((id) => [id, scoresOf(observer, name, id)]));
  });
  const roots = [
    ...Object.values(networks),
    ...Object.values(templates),
    ...Object.values(tuned),
    ...Object.values(images).flatMap(({ absent, present }) => [...absent, ...present]),
    ...Object.values(scores).flatMap((by) => Object.values(by)),
  ];
  return { roots, networks, templates, tuned, images, scores };
}

type Adapted = Extract<MethodPlan, { kind: "adapted" }>;

/** Key of a method among the settings that its pieces compute together. */
function settingOf(method: SingleMethod): string {
  return method.kind === "adapted" ? shortNumber(method.beta) : onlySetting;
}

/** What decides the numbers of an adaptation; the ids of its network and templates do not. */
function adaptation(study: Study, method: Extract<SingleMethod, { kind: "adapted" }>) {
  const plan = study.methods[method.group] as Adapted;
  const { alpha, beta, gamma, solver, reduction, weights, steps, rate } = plan;
  const betas = Array.isArray(beta) ? beta : [beta];
  // Only what takes part: Adam's numbers do not for other solvers, nor an empty choice of weights.
  return {
    alpha,
    betas,
    gamma,
    solver,
    reduction,
    ...(weights.length === 0 ? {} : { weights }),
    ...(solver === "adam" ? { steps, rate } : {}),
  };
}

/** Results depend on the values tuned, which a piece of their own carries; names of other ids drop out. */
function withoutTuning(method: SingleMethod): object {
  const {
    tune: _tune,
    template: _template,
    network: _network,
    templates: _templates,
    method: _method,
    ...rest
  } = method as Record<string, unknown>;
  return rest;
}

function tvTemplates(
  plan: MethodPlan,
  templates: Readonly<Record<string, PlannedPiece>>,
): Record<string, PlannedPiece> {
  if (plan.kind !== "pls-tv") return {};
  const observer = plan.tune?.observer;
  return {
    ...(plan.template === undefined ? {} : { template: templates[plan.template]! }),
    ...(observer === undefined ? {} : { observer: templates[observer]! }),
  };
}

function mapRecord<T, R>(
  record: Readonly<Record<string, T>>,
  map: (value: T, key: string) => R,
): Record<string, R> {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, map(value, key)]));
}
