/** Model observers on versions of images in memory. */
import type { Image } from "../core/image.ts";
import type { Arm } from "../observers/observe.ts";
import type { Observer } from "../observers/observer.ts";
import { type Cases, casesOf } from "../observers/cases.ts";
import { catalogue, type ObserverParameters } from "../observers/catalogue.ts";
import { observeArms as judge, type Observed, type ObserveOptions } from "../observers/observe.ts";
import { type ChoiceOf, openChoices } from "./member-choice.ts";

/** One version of the images of both classes: as they were acquired, or denoised by one method. */
export interface ImageArm extends Omit<Arm, "present" | "absent"> {
  /** Images with the signal, in the same order in every version. */
  readonly present: readonly Image[] | Cases;
  readonly absent: readonly Image[] | Cases;
}

/** @typeParam Name names of the observers, whose parameters are checked by the compiler */
export interface ObserveImagesOptions<Name extends string = string> extends ObserveOptions {
  /** Members of the observers' catalogue; by default npw, hotelling and cho. */
  readonly observers?: readonly ChoiceOf<ObserverParameters, Name>[] | undefined;
}

const casesFrom = (images: readonly Image[] | Cases): Cases =>
  "count" in images ? images : casesOf(images);

/**
 * Judges every version by every observer: areas under the ROC curve with intervals, and differences from the
 * first version.
 *
 * @throws InputError on unknown observers, images of different size or unit, versions of different cases, and
 *   classes that cannot be divided; CancelledError
 */
export async function observe<const Name extends string = string>(
  arms: readonly ImageArm[],
  options: ObserveImagesOptions<Name> = {},
): Promise<Observed> {
  const { observers, ...rest } = options;
  const chosen = await openChoices<Observer>(
    catalogue,
    observers?.length ? observers : ["npw", "hotelling", "cho"],
    "observer",
  );
  return judge(
    arms.map((arm) => ({
      ...arm,
      present: casesFrom(arm.present),
      absent: casesFrom(arm.absent),
    })),
    chosen.map(({ member: observer, parameters, label }) => ({ observer, parameters, label })),
    rest,
  );
}
