/** Images, places and signals that `dprime observe` was asked to judge. */
import { InputError } from "../core/errors.ts";
import type { Known } from "../observers/observer.ts";
import type { Arm } from "../observers/observe.ts";
import type { CommandContext } from "../cli/commands/command.ts";
import { readCases, readLcdStudy } from "./read-cases.ts";
import { knownTruths, truthOptions } from "./known-truths.ts";
import { readTruth } from "./read-places.ts";

/** One task: versions of images of two classes, and what is known about the signal. */
export interface ObserverTask {
  readonly name: string;
  readonly arms: readonly Arm[];
  readonly known: Known;
  readonly paired: boolean;
  readonly facts: Readonly<Record<string, unknown>>;
  readonly axis?: { readonly label: string; readonly of: Readonly<Record<string, number>> };
}

/** The tasks that a command line of `dprime observe` names. */
export async function tasksOf(context: CommandContext): Promise<ObserverTask[]> {
  const { values, signal, onProgress } = context;
  const collection = values.text("collection");
  const sigma = values.number("sigma");
  if (collection !== undefined) {
    if (values.text("present") !== undefined || values.text("absent") !== undefined) {
      throw new InputError(
        "Cannot observe both a collection and --present, --absent: wanted one of them",
      );
    }
    if (values.text("study") !== undefined) {
      throw new InputError("Cannot observe both a collection and a study: wanted one of them");
    }
    for (const option of ["places", ...truthOptions]) {
      if (values.text(option) !== undefined) {
        throw new InputError(
          `Cannot use --${option} with a collection: found inserts at known places, wanted --present and --absent`,
        );
      }
    }
    const spacingMm = values.number("spacing");
    const study = await readLcdStudy(collection, {
      signal,
      onProgress,
      ...(spacingMm === undefined ? {} : { spacingMm }),
    });
    for (const note of study.notes) context.note(note);
    return study.tasks.map((task) => ({
      name: task.name,
      arms: task.arms,
      known: {
        signal: task.signal,
        radius: task.radiusPx,
        ...(sigma === undefined ? {} : { sigma }),
      },
      // Doses are separate simulations: the same number is not the same noise.
      paired: false,
      axis: { label: "Dose (%)", of: task.doses },
      facts: {
        contrastHU: task.contrastHU,
        diameterMm: task.diameterMm,
        diameterPx: task.diameterPx,
        spacingMm: study.spacingMm,
      },
    }));
  }
  const study = values.text("study");
  if (study !== undefined) {
    for (const option of ["present", "absent", "places", "sigma", ...truthOptions]) {
      if (values.list(option).length > 0) {
        throw new InputError(
          `Cannot use --${option} with --study: found a study, which has its own images, signal and noise`,
        );
      }
    }
    if (Object.keys(values.pairs("arm")).length > 0) {
      throw new InputError(
        "Cannot use --arm with --study: found a study, whose methods are its versions; --method chooses among them",
      );
    }
    const { studyTask } = await import("./study-cases.ts");
    return [await studyTask(context, study)];
  }
  for (const option of ["method", "store"]) {
    if (values.list(option).length > 0) {
      throw new InputError(`Cannot use --${option}: found no --study, wanted both`);
    }
  }
  const options = { signal, onProgress, volumes: values.flag("volumes") };
  const both = async (present: string, absent: string) => ({
    present: await readCases(present, options),
    absent: await readCases(absent, options),
  });
  const present = values.text("present");
  const absent = values.text("absent");
  if (present === undefined || absent === undefined) {
    throw new InputError(
      "Cannot observe: found no collection and not both of --present and --absent, wanted images of two classes",
    );
  }
  const trainPresent = values.text("train-present");
  const trainAbsent = values.text("train-absent");
  if ((trainPresent === undefined) !== (trainAbsent === undefined)) {
    throw new InputError(
      "Cannot train on one class: found one of --train-present and --train-absent, wanted both",
    );
  }
  const extra = Object.entries(values.pairs("arm"));
  if (trainPresent !== undefined && extra.length > 0) {
    throw new InputError(
      "Cannot use separate training images with --arm: wanted training images of every version; use --protocol hold-out",
    );
  }
  const placesPath = values.text("places");
  const trainPlaces = values.text("train-places");
  if (trainPlaces !== undefined && trainPresent === undefined) {
    throw new InputError(
      "Cannot use --train-places: found no --train-present, wanted the images that the places belong to",
    );
  }
  const images = await both(present, absent);
  const truth = placesPath === undefined ? {} : await readTruth(placesPath, images.present);
  const training =
    trainPresent !== undefined && trainAbsent !== undefined
      ? await both(trainPresent, trainAbsent)
      : undefined;
  const trained =
    training && trainPlaces !== undefined
      ? (await readTruth(trainPlaces, training.present)).places
      : undefined;
  const arms: Arm[] = [
    {
      name: "images",
      ...images,
      ...truth,
      ...(training ? { training: { ...training, ...(trained ? { places: trained } : {}) } } : {}),
    },
  ];
  for (const [name, paths] of extra) {
    const [p, a, ...rest] = paths.split(",");
    if (!p || !a || rest.length > 0)
      throw new InputError(`Cannot read --arm ${name}=${paths}: wanted NAME=PRESENT,ABSENT`);
    arms.push({ name, ...(await both(p, a)), ...truth });
  }
  const known = await knownTruths(context, arms[0]!);
  return [{ name: "detection", arms, known, paired: !values.flag("unpaired"), facts: {} }];
}
