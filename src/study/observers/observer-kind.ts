/** What every kind of observer is: a file of this folder exporting one such object. */
import type { TaskFacts } from "../facts.ts";
import type { Dependencies } from "../dependencies.ts";
import type { EntryKind, Kinded, Reference } from "../kind.ts";
import type { JudgedImages } from "../judged-images.ts";
import type { PieceCost } from "../piece.ts";
import type { Role, Scene } from "../tasks/task-kind.ts";

export interface JudgeContext<Plan> {
  readonly plan: Plan;
  readonly seed: number;
  readonly facts: TaskFacts;
  /** The method's images, by role. */
  readonly images: JudgedImages;
  readonly depends: Dependencies;
  readonly signal: AbortSignal;
  readonly onProgress: (share: number) => void;
}

export interface ObserverKind<Plan extends Kinded = Kinded> extends EntryKind<Plan> {
  /** Name of the kind of answer that it gives. */
  readonly answers: string;
  /** Whether the overview of methods has a column for it: it judges all of them, in the same way. */
  readonly overview: boolean;
  /** Roles whose images of the method it reads beside those of the test. */
  reads(plan: Plan): readonly Role[];
  /** Roles of which it needs to know what was drawn: places of signals, classes of voxels, noise-free images. */
  truths?(plan: Plan, place: Scene["place"]): readonly Role[];
  /** Classes of cases whose images it reads, of the task's; all when absent. */
  classes?(plan: Plan, all: readonly string[]): readonly string[];
  /** Of what the judged method names, what this observer reads too. */
  ofMethod?(references: readonly Reference[]): readonly Reference[];
  /** Methods that it judges; all when undefined. */
  judges?(plan: Plan): readonly string[] | undefined;
  /** @param counts images of each class in each role that it reads */
  cost?(plan: Plan, counts: Readonly<Record<"test" | "observer-training", number>>): PieceCost;
  /** Sentence of the report. */
  about(plan: Plan, counts: { readonly training: string }): string;
  /** What it says of the test images, in the form of its kind of answer. */
  judge(context: JudgeContext<Plan>): Promise<unknown>;
}
