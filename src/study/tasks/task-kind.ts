/** What every kind of task is: a file of this folder exporting one such object. */
import type { DrawnCase } from "../../cases/case-source.ts";
import type { WorkOptions } from "../../core/progress.ts";
import type { BackgroundPopulation } from "../../phantoms/phantom.ts";
import type { KindSchema, Kinded } from "../kind.ts";

/** What images are for. */
export type Role = "test" | "validation" | "observer-training" | "network-training" | "template";

/** A case by its name: whoever draws it draws the same. */
export interface CaseName {
  readonly role: Role;
  /** Name of the class. */
  readonly which: string;
  readonly index: number;
}

/** The mean signal in the images. */
export interface SceneSignal {
  readonly values: Float64Array;
  /** Pairs of images that it is a mean over; 0 where it is exact. */
  readonly pairs: number;
}

/** A task opened for drawing. */
export interface Scene {
  /** Classes of cases, each drawn in numbers of its own. */
  readonly classes: readonly string[];
  /** Sizes of the objects, slowest axis first; images may have others. */
  readonly shape: readonly number[];
  /** Names of label values, empty where objects have no classes. */
  readonly labels: Readonly<Record<number, string>>;
  /** Whether every image is its object plus Gaussian noise of one level: a training may draw noise itself. */
  readonly white: boolean;
  draw(name: CaseName, work?: WorkOptions): Promise<DrawnCase>;
  /** Absent where a task has no signal, or it is at no common place. */
  signal?(work?: WorkOptions): Promise<SceneSignal>;
  /** Mean and spectrum of the background where theory gives them. */
  population(): BackgroundPopulation | undefined;
  /** Whether observers are told where the signal is or would be: `told`, or have to `search`. */
  readonly place: "same" | "told" | "search" | "none";
  /** Distance in mm within which a place counts as found. */
  readonly toleranceMm?: number;
  /** Places where the signal may be, in voxels, where a search is among some. */
  readonly candidates?: readonly (readonly number[])[];
}

export interface TaskKind<Task extends Kinded = Kinded> {
  /** File name and the word after `kind:` at once. */
  readonly name: string;
  /** One sentence: what has to be decided, and from what. */
  readonly summary: string;
  readonly schema: KindSchema<Task>;
  /** A small task of this kind, as a description has it. */
  readonly example: Readonly<Record<string, unknown>>;
  /** Kinds of answers that observers of this task may give. */
  readonly answers: readonly string[];
  /** Sentences of the report. */
  describe(task: Task): string;
  /** A class as an attribute of images: `signal-absent`; its own name when absent. */
  classText?(which: string): string;
  /** Title of the column of classes, and heading of the section about them. */
  readonly classTitle?: string;
  readonly classHeading?: string;
  /** @throws InputError on names that do not exist and options out of range */
  open(task: Task, seed: number): Promise<Scene>;
}
