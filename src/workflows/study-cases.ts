/** The test cases of a finished study, every method's images as a version of them. */
import { InputError } from "../core/errors.ts";
import { casesOfRows } from "../observers/cases.ts";
import type { Arm } from "../observers/observe.ts";
import { float32Of, float64Of } from "../study/bytes.ts";
import { openStudy, pieceReader, type PlannedPiece, planStudy } from "../study/index.ts";
import type { ObserverTask, TaskFiles } from "./observer-task.ts";
import { runOf, withStore } from "./open-run.ts";

/**
 * The task of a run: methods in the study's order, its reference first, with the signal, the noise level
 * of Gaussian noise and the background's spectrum where theory gives it.
 *
 * @param id of a run, or its first letters
 * @throws InputError on an unknown or unfinished run, or methods that the study has not
 */
export async function studyTask(
  id: string,
  options: Pick<TaskFiles, "store" | "method" | "observer">,
): Promise<{ tasks: ObserverTask[]; notes: readonly string[] }> {
  const { method: chosen = [], observer = [] } = options;
  const names = observer.map((one) => (typeof one === "string" ? one : one.name));
  return withStore(options, async (store) => {
    const run = await runOf(store, id);
    if (run.status !== "done") {
      throw new InputError(
        `Cannot observe run ${run.id}: found it ${run.status}, wanted one that is done; resume it first`,
      );
    }
    const study = await openStudy(run.description, { what: `the study of run ${run.id}` });
    const { description, scene } = study;
    const [absentClass, presentClass, ...others] = scene.classes;
    if (absentClass === undefined || presentClass === undefined || others.length > 0) {
      throw new InputError(
        `Cannot observe run ${run.id}: found a task of kind ${study.task.kind.name} with ${scene.classes.length} classes, wanted two`,
      );
    }
    const plan = planStudy(study);
    const read = pieceReader(store);
    const facts = await read.values(plan.facts);
    const { reference } = description.statistics;
    const all = [reference, ...Object.keys(plan.images).filter((name) => name !== reference)];
    const unknown = chosen.find((name) => !all.includes(name));
    if (unknown !== undefined) {
      throw new InputError(
        `Cannot observe method ${unknown} of run ${run.id}: found no such method, wanted one of ${all.join(", ")}`,
      );
    }
    const { shape, spacing, unit } = facts.frame;
    const rowsOf = async (pieces: readonly PlannedPiece[], setting: string) => {
      const parts: Float32Array[] = [];
      for (const piece of pieces) parts.push(float32Of(await read.blob(piece, setting)));
      const rows = new Float32Array(parts.reduce((n, part) => n + part.length, 0));
      parts.reduce((at, part) => (rows.set(part, at), at + part.length), 0);
      return casesOfRows(rows, { shape, unit, ...(spacing === undefined ? {} : { spacing }) });
    };
    const arms: Arm[] = [];
    for (const name of chosen.length > 0 ? chosen : all) {
      const { pieces, setting } = plan.images[name]!;
      arms.push({
        name,
        present: await rowsOf(pieces[presentClass]!, setting),
        absent: await rowsOf(pieces[absentClass]!, setting),
      });
    }
    const population = scene.population();
    const signal =
      facts.signalPairs === undefined
        ? undefined
        : float64Of(await read.blob(plan.facts, "signal"));
    const task: ObserverTask = {
      name: description.title ?? description.name,
      arms,
      known: {
        ...(signal === undefined ? {} : { signal }),
        ...(facts.white ? { sigma: facts.sigma } : {}),
        ...(population ? { powerSpectrum: population.spectrum } : {}),
      },
      paired: true,
      facts: { run: run.id, study: description.name },
    };
    const notes =
      population && names.includes("ideal-gaussian")
        ? [
            "ideal-gaussian takes the study's background for a Gaussian one, which it need not be: the best linear area is then no bound for other observers",
          ]
        : [];
    return { tasks: [task], notes };
  });
}
