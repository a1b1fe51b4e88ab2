/** What every kind of template is: a file of this folder exporting one such object. */
import type { Cases } from "../../observers/cases.ts";
import type { TaskFacts } from "../facts.ts";
import type { EntryKind, Kinded } from "../kind.ts";
import type { PieceCost } from "../piece.ts";
import type { Scene } from "../tasks/task-kind.ts";

export interface MakeContext<Plan> {
  readonly plan: Plan;
  readonly scene: Scene;
  readonly facts: TaskFacts;
  /** The mean signal, one value per voxel. */
  readonly meanSignal: Float64Array;
  /** Noisy training cases without and with the signal, where the kind reads them. */
  readonly cases: { readonly absent: Cases; readonly present: Cases } | undefined;
  readonly seed: number;
  readonly signal: AbortSignal;
  readonly onProgress: (share: number) => void;
}

/** Templates, one value per voxel each. */
export interface MadeTemplates {
  readonly rows: readonly Float64Array[];
  /** ‖K w − s‖/‖s‖ of the linear system that gave the template. */
  readonly residual?: number;
  /** Images that it was estimated from. */
  readonly images?: number;
}

export interface TemplateKind<Plan extends Kinded = Kinded> extends EntryKind<Plan> {
  /** Whether an entry is a set of channels rather than a single template. */
  readonly set: boolean;
  /** Noisy cases of each class, those that networks learn from, that it is learned from. */
  reads?(plan: Plan): number;
  /** @param voxels values of one image */
  cost?(plan: Plan, voxels: number): PieceCost;
  make(context: MakeContext<Plan>): Promise<MadeTemplates> | MadeTemplates;
}
