/** Tasks for observers: what they are, and the files that they come from. */
import type { Arm } from "../observers/observe.ts";
import type { Known } from "../observers/observer.ts";
import type { InputOptions } from "./input.ts";
import type { KnownOptions } from "./known-truths.ts";
import type { ObserverParameters } from "../observers/catalogue.ts";
import type { ChoiceOf } from "./member-choice.ts";

/** Versions of images of two classes, and what is known about the signal. */
export interface ObserverTask {
  readonly name: string;
  readonly arms: readonly Arm[];
  readonly known: Known;
  readonly paired: boolean;
  /** What a report says of the task besides its results. */
  readonly facts: Readonly<Record<string, unknown>>;
  /** A number for each arm, such as its dose, where arms lie on an axis. */
  readonly axis?: { readonly label: string; readonly of: Readonly<Record<string, number>> };
}

/**
 * Where images come from.
 *
 * @typeParam Name names of the observers, whose parameters are checked by the compiler
 */
export interface TaskFiles<Name extends string = string> extends KnownOptions, InputOptions {
  /** A folder in LCD_CT layout, in place of `present` and `absent`. */
  readonly collection?: string | undefined;
  /** Folder or stack of images with signal. */
  readonly present?: string | undefined;
  readonly absent?: string | undefined;
  /** A finished run of a study, in place of `present` and `absent`: its test cases, each method a version. */
  readonly study?: string | undefined;
  /** File or postgres:// URL of the store that has the study. */
  readonly store?: string | undefined;
  /** Methods of the study; all, the study's reference first, when there is none. */
  readonly method?: readonly string[];
  /** Denoised versions of the same cases, by name: the paths of both classes. */
  readonly arm?: Readonly<Record<string, { readonly present: string; readonly absent: string }>>;
  /** Separate training images, for the first version. */
  readonly trainPresent?: string | undefined;
  readonly trainAbsent?: string | undefined;
  /** Table of the signal's place and parameter in each image with signal. */
  readonly places?: string | undefined;
  readonly trainPlaces?: string | undefined;
  /** Versions hold different cases. */
  readonly unpaired?: boolean;
  /** Files are volumes, not stacks of cases. */
  readonly volumes?: boolean;
  /** Members of the observers' catalogue; by default npw, hotelling and cho. */
  readonly observer?: readonly ChoiceOf<ObserverParameters, Name>[];
  /** Pixel pitch in mm of a collection that states none. */
  readonly spacing?: number | undefined;
}
