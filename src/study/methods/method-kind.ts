/** What every kind of method is: a file of this folder exporting one such object. */
import type { Image } from "../../core/image.ts";
import type { EntryKind, Kinded, Reference } from "../kind.ts";
import type { Dependencies } from "../dependencies.ts";
import type { Frame, TaskFacts } from "../facts.ts";
import type { ReportSection } from "../report.ts";
import type { TuneContext, TuneValues } from "../tuning.ts";

/** A noisy image with what its acquisition is known to have done. */
export interface NoisyCase {
  readonly noisy: Image;
  /** Standard deviation of its noise. */
  readonly sigma: number;
  /** Number of the case within the piece. */
  readonly index: number;
}

/** What one setting of a method made of a case. */
export interface Denoised {
  readonly image: Image;
  /** What the method says about itself: terms of an objective, iterations. */
  readonly figures?: Readonly<Record<string, number>>;
}

export interface OpenMethod {
  /** One result for each setting, in their order. */
  denoise(noisy: NoisyCase): Promise<readonly Denoised[]> | readonly Denoised[];
  dispose?(): Promise<void> | void;
}

export interface OpenContext<Plan> {
  /** The entry with roles in place of ids. */
  readonly plan: Plan;
  readonly settings: readonly string[];
  readonly frame: Frame;
  readonly facts: TaskFacts;
  /** Values that tuning chose, by parameter. */
  readonly chosen: Readonly<Record<string, number>>;
  readonly depends: Dependencies;
  readonly signal: AbortSignal;
}

/** A method of the report, with the figures of its cases. */
export interface MethodFigures<Plan = Kinded> {
  readonly id: string;
  readonly plan: Plan;
  readonly setting: string;
  readonly figures: Readonly<Record<string, readonly number[]>>;
}

export interface MethodKind<Plan extends Kinded = Kinded> extends EntryKind<Plan> {
  /**
   * Names of the methods that one entry makes, computed together; the id of each is the entry's with a
   * hyphen and the setting. One method with the entry's own id where it is absent or gives none.
   */
  settings?(plan: Plan): readonly string[];
  /** Expected seconds for one image on one thread. */
  readonly weight: number;
  /** What a piece of it does, for the progress; `denoise` when absent. */
  readonly verb?: string;
  /** How parameters are chosen on validation images, where a kind can. */
  readonly tuning?: {
    /** Further entries that tuning needs; undefined where the plan asks for none. */
    refers(plan: Plan): readonly Reference[] | undefined;
    tune(context: TuneContext<Plan>): Promise<TuneValues>;
  };
  open(context: OpenContext<Plan>): Promise<OpenMethod>;
  /** The value of a number that methods are swept over; undefined where the kind has no such number. */
  parameter?(plan: Plan, name: string, setting: string): number | undefined;
  /** Sections of the report about all methods of this kind. */
  sections?(methods: readonly MethodFigures<Plan>[]): readonly ReportSection[];
}
