/** Images, places and signals that observers are to judge, from files. */
import { InputError } from "../core/errors.ts";
import type { Arm } from "../observers/observe.ts";
import { knownNames, knownTruths } from "./known-truths.ts";
import type { ObserverTask, TaskFiles } from "./observer-task.ts";
import { readCases, type ReadCasesOptions, readLcdStudy } from "./read-cases.ts";
import { readTruth } from "./read-places.ts";

/**
 * The tasks that the files make.
 *
 * @throws InputError when options do not go together, and whatever reading the images throws
 */
export async function tasksOf(
  files: TaskFiles,
  work: ReadCasesOptions,
): Promise<{ tasks: ObserverTask[]; notes: readonly string[] }> {
  const given = (names: readonly (keyof TaskFiles)[]): keyof TaskFiles | undefined =>
    names.find((name) => {
      const value = files[name];
      return typeof value === "object" ? Object.keys(value).length > 0 : value !== undefined;
    });
  if (files.collection !== undefined) {
    if (given(["present", "absent"]) !== undefined) {
      throw new InputError(
        "Cannot observe both a collection and option present or option absent: wanted one of them",
      );
    }
    if (files.study !== undefined) {
      throw new InputError("Cannot observe both a collection and a study: wanted one of them");
    }
    const other = given(["places", ...knownNames]);
    if (other !== undefined) {
      throw new InputError(
        `Cannot use option ${other} with a collection: found inserts at known places, wanted option present and option absent`,
      );
    }
    return collectionTasks(files.collection, files, work);
  }
  if (files.study !== undefined) {
    const other = given(["present", "absent", "places", "sigma", ...knownNames]);
    if (other !== undefined) {
      throw new InputError(
        `Cannot use option ${other} with option study: found a study, which has its own images, signal and noise`,
      );
    }
    if (given(["arm"]) !== undefined) {
      throw new InputError(
        "Cannot use option arm with option study: found a study, whose methods are its versions; option method chooses among them",
      );
    }
    const { studyTask } = await import("./study-cases.ts");
    return studyTask(files.study, files);
  }
  const lone = given(["method", "store"]);
  if (lone !== undefined) {
    throw new InputError(`Cannot use option ${lone}: found no option study, wanted both`);
  }
  const notes: string[] = [];
  const task = await detectionTask(files, { ...work, note: (text) => notes.push(text) });
  return { tasks: [task], notes: [...new Set(notes)] };
}

async function collectionTasks(
  collection: string,
  { sigma, spacing }: TaskFiles,
  work: ReadCasesOptions,
): Promise<{ tasks: ObserverTask[]; notes: readonly string[] }> {
  const study = await readLcdStudy(collection, {
    ...work,
    ...(spacing === undefined ? {} : { spacingMm: spacing }),
  });
  const tasks = study.tasks.map((task) => ({
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
  return { tasks, notes: study.notes };
}

async function detectionTask(files: TaskFiles, work: ReadCasesOptions): Promise<ObserverTask> {
  const { present, absent, trainPresent, trainAbsent, places, trainPlaces } = files;
  if (present === undefined || absent === undefined) {
    throw new InputError(
      "Cannot observe: found no collection and not both option present and option absent, wanted images of two classes",
    );
  }
  if ((trainPresent === undefined) !== (trainAbsent === undefined)) {
    throw new InputError(
      "Cannot train on one class: found one of option trainPresent and option trainAbsent, wanted both",
    );
  }
  const versions = Object.entries(files.arm ?? {});
  if (trainPresent !== undefined && versions.length > 0) {
    throw new InputError(
      "Cannot use separate training images with option arm: wanted training images of every version; use the hold-out protocol",
    );
  }
  if (trainPlaces !== undefined && trainPresent === undefined) {
    throw new InputError(
      "Cannot use option trainPlaces: found no option trainPresent, wanted the images that the places belong to",
    );
  }
  const both = async (paths: { readonly present: string; readonly absent: string }) => ({
    present: await readCases(paths.present, work),
    absent: await readCases(paths.absent, work),
  });
  const images = await both({ present, absent });
  const truth = places === undefined ? {} : await readTruth(places, images.present);
  const training =
    trainPresent !== undefined && trainAbsent !== undefined
      ? await both({ present: trainPresent, absent: trainAbsent })
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
  for (const [name, paths] of versions) arms.push({ name, ...(await both(paths)), ...truth });
  const known = await knownTruths(files, arms[0]!, work);
  return { name: "detection", arms, known, paired: files.unpaired !== true, facts: {} };
}
