/** From a study to pieces of work. */
import type { z } from "zod";
import { chunkName, chunksOf, drawnRole, imagesRole, type CaseRange } from "./case-ranges.ts";
import type { Reference } from "./kind.ts";
import { anonymousNetwork, needsDrawnPairs, type NetworkPlan, startsOf } from "./network-plan.ts";
import type { OpenedStudy, StudyMethod } from "./open-study.ts";
import { type PieceCost, type PieceKind, type PlannedPiece, planned } from "./piece.ts";
import { denoiseCases } from "./pieces/denoise-cases.ts";
import { drawCases } from "./pieces/draw-cases.ts";
import { judgeCases } from "./pieces/judge-cases.ts";
import { makeTemplate } from "./pieces/make-template.ts";
import { taskFacts } from "./pieces/task-facts.ts";
import { trainNetwork } from "./pieces/train-network.ts";
import { tuneMethod } from "./pieces/tune-method.ts";
import { checkPieces } from "./size-limits.ts";
import type { Role } from "./tasks/task-kind.ts";

/** A planned piece of a kind. */
type Planned<Kind extends PieceKind> =
  Kind["values"] extends z.ZodType<infer Values> ? PlannedPiece<Values> : never;

/** The chunks of one method's images, by class. */
export interface PlannedImages {
  readonly pieces: Readonly<Record<string, readonly Planned<typeof denoiseCases>[]>>;
  /** Key of the method among the settings of these pieces. */
  readonly setting: string;
}

/** A study taken apart; what the report reads is named, everything else hangs below. */
export interface StudyPlan {
  readonly study: OpenedStudy;
  readonly roots: readonly PlannedPiece[];
  readonly facts: Planned<typeof taskFacts>;
  readonly networks: Readonly<Record<string, Planned<typeof trainNetwork>>>;
  readonly templates: Readonly<Record<string, Planned<typeof makeTemplate>>>;
  /** By entry. */
  readonly tuned: Readonly<Record<string, Planned<typeof tuneMethod>>>;
  /** Test cases as they were drawn, by class. */
  readonly cases: Readonly<Record<string, readonly Planned<typeof drawCases>[]>>;
  /** Test images by method. */
  readonly images: Readonly<Record<string, PlannedImages>>;
  /** Answers by observer, then method. */
  readonly answers: Readonly<Record<string, Readonly<Record<string, Planned<typeof judgeCases>>>>>;
}

/** Rough seconds on one thread: a training image's step, a case drawn under a noise model, a case scanned. */
const expected = { step: 0.02, draw: 0.003, scan: 2 };

/** Bytes of a voxel in memory and in the store. */
const voxelBytes = 4;

/**
 * Plans every piece of a study.
 *
 * @throws InputError when it would be in more pieces than can be kept in order
 */
export function planStudy(study: OpenedStudy): StudyPlan {
  checkPieces(study);
  return new Planner(study).plan();
}

/** The pieces of one study; each is planned once, however many others ask for it. */
class Planner {
  readonly #study: OpenedStudy;
  readonly #known = new Map<string, PlannedPiece>();
  readonly #networks: StudyPlan["networks"];
  readonly #templates: StudyPlan["templates"];
  readonly #tuned: StudyPlan["tuned"];
  readonly #facts: StudyPlan["facts"];
  readonly #task: { readonly task: OpenedStudy["task"]["plan"]; readonly seed: number };
  readonly #voxels: number;

  constructor(study: OpenedStudy) {
    const { description, scene } = study;
    this.#study = study;
    this.#task = { task: study.task.plan, seed: description.seed };
    this.#voxels = scene.shape.reduce((a, b) => a * b, 1);
    this.#facts = planned(taskFacts, this.#task, { label: "look at the task", weight: 1 });
    this.#templates = mapRecord(study.templates, ({ kind, plan }, id) =>
      planned(
        makeTemplate,
        { ...this.#task, template: kind.anonymous(plan) },
        {
          label: `template ${id}`,
          depends: { facts: this.#facts, ...this.#templateCases(kind.reads?.(plan)) },
          ...kind.cost?.(plan, this.#voxels),
        },
      ),
    );
    // A network may start from another; that there are no circles was checked before.
    const networks: Record<string, Planned<typeof trainNetwork>> = {};
    const network = (id: string): Planned<typeof trainNetwork> =>
      (networks[id] ??= this.#network(id, description.networks[id]!, network));
    this.#networks = mapRecord(description.networks, (_, id) => network(id));
    this.#tuned = this.#plannedTuning();
  }

  plan(): StudyPlan {
    const study = this.#study;
    const { description, methods, observers } = study;
    const test = description.cases.test;
    const cases = Object.fromEntries(
      study.scene.classes.map((which) => [
        which,
        chunksOf({ role: "test", which }, { total: test, chunk: description.cases.chunk }).map(
          (range) => this.#drawn(range),
        ),
      ]),
    );
    const images = mapRecord(methods, (method) => this.#images(method, "test", test));
    const answers = mapRecord(observers, (observer, id) => {
      const judged = observer.kind.judges?.(observer.plan) ?? Object.keys(methods);
      return Object.fromEntries(judged.map((method) => [method, this.#answer(id, method)]));
    });
    const roots = [
      this.#facts,
      ...Object.values(this.#networks),
      ...Object.values(this.#templates),
      ...Object.values(this.#tuned),
      ...Object.values(cases).flat(),
      ...Object.values(images).flatMap(({ pieces }) => Object.values(pieces).flat()),
      ...Object.values(answers).flatMap((by) => Object.values(by)),
    ];
    return {
      study,
      roots,
      facts: this.#facts,
      networks: this.#networks,
      templates: this.#templates,
      tuned: this.#tuned,
      cases,
      images,
      answers,
    };
  }

  #network(
    id: string,
    plan: NetworkPlan,
    others: (id: string) => Planned<typeof trainNetwork>,
  ): Planned<typeof trainNetwork> {
    return planned(
      trainNetwork,
      {
        ...this.#task,
        plan: anonymousNetwork(plan),
        validation: this.#study.description.cases.validation,
      },
      {
        label: `train ${id}`,
        depends: {
          facts: this.#facts,
          ...this.#trainingCases(plan),
          ...Object.fromEntries(
            startsOf(plan).map(({ role, of, id: start }) => [
              role,
              of === "networks" ? others(start) : this.#templates[start]!,
            ]),
          ),
        },
        weight: expected.step * plan.steps * plan.batch,
        memory: plan.images * this.#voxels * voxelBytes,
      },
    );
  }

  /** Noisy cases of the first two classes that a template is learned from. */
  #templateCases(images: number | undefined): Record<string, PlannedPiece> {
    return images === undefined
      ? {}
      : this.#drawnCases("network-training", images, this.#study.scene.classes.slice(0, 2));
  }

  #once<P extends PlannedPiece>(name: string, make: () => P): P {
    const known = this.#known.get(name);
    // What is planned under a name is always of one kind.
    if (known !== undefined) return known as P;
    const piece = make();
    this.#known.set(name, piece);
    return piece;
  }

  #drawn(range: CaseRange): Planned<typeof drawCases> {
    const { role, which, first, count } = range;
    const each = this.#study.scene.white ? expected.draw : expected.scan;
    return this.#once(`draw ${role} ${which} ${first} ${count}`, () =>
      planned(
        drawCases,
        { ...this.#task, cases: range },
        {
          label: `draw ${role} ${which}, cases ${first + 1} to ${first + count}`,
          weight: each * count,
          memory: 4 * this.#voxels * voxelBytes,
          stored: 2 * count * this.#voxels * voxelBytes,
        },
      ),
    );
  }

  #chunks(role: Role, which: string, total: number): CaseRange[] {
    return chunksOf({ role, which }, { total, chunk: this.#study.description.cases.chunk });
  }

  /** Drawn cases by role, for what reads them all. */
  #drawnCases(
    role: Role,
    total: number,
    classes: readonly string[] = this.#study.scene.classes,
  ): Record<string, PlannedPiece> {
    return Object.fromEntries(
      classes.flatMap((which) =>
        this.#chunks(role, which, total).map((range, k) => [
          drawnRole({ role, which }) + chunkName(k),
          this.#drawn(range),
        ]),
      ),
    );
  }

  /** Where a training cannot draw noise by itself, it gets images that have theirs. */
  #trainingCases(plan: NetworkPlan): Record<string, PlannedPiece> {
    const { scene, description } = this.#study;
    if (!needsDrawnPairs(plan, scene)) return {};
    const classes = plan.classes ?? scene.classes;
    const each = Math.ceil(plan.images / classes.length);
    return {
      ...this.#drawnCases("network-training", each, classes),
      ...this.#drawnCases("validation", description.cases.validation, classes),
    };
  }

  #plannedTuning(): StudyPlan["tuned"] {
    const tuned: Record<string, Planned<typeof tuneMethod>> = {};
    for (const { kind, plan, entry } of Object.values(this.#study.methods)) {
      const further = kind.tuning?.refers(plan);
      if (further === undefined || tuned[entry] !== undefined) continue;
      tuned[entry] = planned(
        tuneMethod,
        { method: plan },
        {
          label: `tune ${entry}`,
          depends: {
            facts: this.#facts,
            ...this.#drawnCases("validation", this.#study.description.cases.validation),
            ...this.#entries([...kind.refers(plan), ...further]),
          },
        },
      );
    }
    return tuned;
  }

  /** Networks and templates that an entry names, by role. */
  #entries(references: readonly Reference[]): Record<string, PlannedPiece> {
    return Object.fromEntries(
      references.flatMap(({ role, of, id }): [string, PlannedPiece][] =>
        of === "networks"
          ? [[role, this.#networks[id]!]]
          : of === "templates"
            ? [[role, this.#templates[id]!]]
            : [],
      ),
    );
  }

  #denoised(method: StudyMethod, range: CaseRange, label: string): Planned<typeof denoiseCases> {
    const { kind, plan, entry, settings } = method;
    const { role, which, first, count } = range;
    return this.#once(`${entry} ${role} ${which} ${first} ${count}`, () => {
      const references = kind.refers(plan);
      const others = references.filter(({ of }) => of === "methods");
      const tuned = this.#tuned[entry];
      return planned(
        denoiseCases,
        {
          method: kind.anonymous(plan),
          settings: [...settings],
          bases: Object.fromEntries(
            others.map(({ role: own, id }) => [own, this.#study.methods[id]!.setting]),
          ),
          metrics: mapRecord(
            this.#study.description.metrics,
            ({ label: _label, ...metric }) => metric,
          ),
        },
        {
          label: `${kind.verb ?? "denoise"} ${entry}, ${label}`,
          depends: {
            facts: this.#facts,
            cases: this.#drawn(range),
            ...(tuned === undefined ? {} : { tuned }),
            ...this.#entries(references),
            ...Object.fromEntries(
              others.map(({ role: own, id }) => [
                own,
                this.#denoised(this.#study.methods[id]!, range, label),
              ]),
            ),
          },
          weight: kind.weight * count,
          memory: (2 + settings.length) * count * this.#voxels * voxelBytes,
          stored: settings.length * count * this.#voxels * voxelBytes,
        },
      );
    });
  }

  #images(
    method: StudyMethod,
    role: Role,
    total: number,
    classes: readonly string[] = this.#study.scene.classes,
  ): PlannedImages {
    const pieces = Object.fromEntries(
      classes.map((which) => {
        const ranges = this.#chunks(role, which, total);
        return [
          which,
          ranges.map((range, k) =>
            this.#denoised(method, range, `${role} ${which} ${k + 1} of ${ranges.length}`),
          ),
        ];
      }),
    );
    return { pieces, setting: method.setting };
  }

  #answer(observer: string, id: string): Planned<typeof judgeCases> {
    const { kind, plan } = this.#study.observers[observer]!;
    const method = this.#study.methods[id]!;
    const { test, observerTraining } = this.#study.description.cases;
    const counts = { test, "observer-training": observerTraining };
    const totals: [Role, number][] = [
      ["test", test],
      ...kind.reads(plan).map((role): [Role, number] => [role, observerTraining]),
    ];
    const classes = kind.classes?.(plan, this.#study.scene.classes) ?? this.#study.scene.classes;
    const images = totals.flatMap(([role, total]) =>
      Object.entries(this.#images(method, role, total, classes).pieces).flatMap(([which, pieces]) =>
        pieces.map((piece, k) => [imagesRole({ role, which }) + chunkName(k), piece] as const),
      ),
    );
    const count = totals.reduce((n, [, total]) => n + total * classes.length, 0);
    return planned(
      judgeCases,
      {
        observer: kind.anonymous(plan),
        setting: method.setting,
        seed: this.#study.description.seed,
      },
      {
        label: `judge ${id} by ${observer}`,
        depends: {
          facts: this.#facts,
          ...Object.fromEntries(images),
          ...Object.fromEntries(
            (kind.truths?.(plan, this.#study.scene.place) ?? []).flatMap((role) =>
              Object.entries(
                this.#drawnCases(role, role === "test" ? test : observerTraining, classes),
              ),
            ),
          ),
          ...this.#entries([
            ...kind.refers(plan),
            ...(kind.ofMethod?.(method.kind.refers(method.plan)) ?? []),
          ]),
        },
        memory: count * this.#voxels * voxelBytes,
        ...costOf(kind.cost?.(plan, counts), count * this.#voxels * voxelBytes),
      },
    );
  }
}

const costOf = (cost: PieceCost | undefined, images: number): PieceCost => ({
  ...cost,
  memory: images + (cost?.memory ?? 0),
});

function mapRecord<T, R>(
  record: Readonly<Record<string, T>>,
  map: (value: T, key: string) => R,
): Record<string, R> {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, map(value, key)]));
}
