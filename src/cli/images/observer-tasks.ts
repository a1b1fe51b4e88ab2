/** Images, places and signals that `dprime observe` was asked to judge. */
import { InputError } from "../../core/errors.ts";
import { openFile } from "../../formats/files.ts";
import { caseAt } from "../../observers/cases.ts";
import type { Known } from "../../observers/observer.ts";
import type { Arm } from "../../observers/observe.ts";
import type { CommandContext } from "../commands/command.ts";
import { readCases, readLcdStudy } from "./read-cases.ts";
import { readCandidates, readTruth } from "./read-places.ts";

/** One task: versions of images of two classes, and what is known about the signal. */
export interface ObserverTask {
  readonly name: string;
  readonly arms: readonly Arm[];
  readonly known: Known;
  readonly paired: boolean;
  readonly facts: Readonly<Record<string, unknown>>;
  readonly axis?: { readonly label: string; readonly of: Readonly<Record<string, number>> };
}

/** Signals that may occur, equally likely, with the parameter of each. */
async function familyOf(context: CommandContext, arm: Arm): Promise<Pick<Known, "family">> {
  const { values, signal, onProgress } = context;
  const path = values.text("family");
  const given = values.text("family-values");
  if (path === undefined) {
    if (given === undefined) return {};
    throw new InputError("Cannot use --family-values: found no --family, wanted both");
  }
  const signals = await readCases(path, { signal, onProgress, volumes: values.flag("volumes") });
  if (signals.shape.join() !== arm.present.shape.join()) {
    throw new InputError(
      `Cannot use the signals of ${path}: found ${signals.shape.join("×")}, wanted ${arm.present.shape.join("×")} as the images`,
    );
  }
  const parameters = given?.split(",").map((text) => (text.trim() === "" ? NaN : Number(text)));
  if (
    parameters &&
    (parameters.length !== signals.count || !parameters.every((v) => Number.isFinite(v)))
  ) {
    throw new InputError(
      `Cannot read --family-values ${given}: wanted ${signals.count} numbers, one for each signal of ${path}`,
    );
  }
  return {
    family: signals.ids.map((_, i) => ({
      signal: Float64Array.from(caseAt(signals, i)),
      prior: 1 / signals.count,
      ...(parameters ? { parameter: parameters[i]! } : {}),
    })),
  };
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
    for (const option of ["places", "candidates", "family"]) {
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
  const signalPath = values.text("signal");
  const candidates = values.text("candidates");
  const dimensions = images.present.shape.length;
  const known: Known = {
    ...(sigma === undefined ? {} : { sigma }),
    ...(candidates === undefined
      ? {}
      : { candidates: await readCandidates(candidates, dimensions) }),
    ...(await familyOf(context, arms[0]!)),
    ...(signalPath === undefined ? {} : { signal: await signalFrom(signalPath, arms[0]!) }),
  };
  return [{ name: "detection", arms, known, paired: !values.flag("unpaired"), facts: {} }];
}

async function signalFrom(path: string, arm: Arm): Promise<Float64Array> {
  const { image } = (await openFile(path)).images[0]!;
  if (image.data.length !== arm.present.size) {
    throw new InputError(
      `Cannot use signal ${path}: found ${image.shape.join("×")}, wanted ${arm.present.shape.join("×")} as the images`,
    );
  }
  return Float64Array.from(image.data);
}
