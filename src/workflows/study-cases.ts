/** The test cases of a finished study, every method's images as a version of them. */
import { InputError } from "../core/errors.ts";
import { casesOfRows } from "../observers/cases.ts";
import type { Arm } from "../observers/observe.ts";
import { float32Of } from "../study/bytes.ts";
import { pieceReader, type PlannedPiece, planStudy, readStudy } from "../study/index.ts";
import { openScene } from "../study/scene.ts";
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
  return withStore(options.store, async (store) => {
    const run = await runOf(store, id);
    if (run.status !== "done") {
      throw new InputError(
        `Cannot observe run ${run.id}: found it ${run.status}, wanted one that is done; resume it first`,
      );
    }
    const study = readStudy(run.description, { what: `the study of run ${run.id}` });
    const plan = await planStudy(study);
    const read = pieceReader(store);
    const scene = await openScene(study.task, study.seed);
    const { reference } = study.statistics;
    const all = [reference, ...Object.keys(plan.images).filter((name) => name !== reference)];
    const unknown = chosen.find((name) => !all.includes(name));
    if (unknown !== undefined) {
      throw new InputError(
        `Cannot observe method ${unknown} of run ${run.id}: found no such method, wanted one of ${all.join(", ")}`,
      );
    }
    const rowsOf = async (pieces: readonly PlannedPiece[], setting: string) => {
      const parts: Float32Array[] = [];
      for (const piece of pieces) parts.push(float32Of((await read(piece)).blobs[setting]!));
      const rows = new Float32Array(parts.reduce((n, part) => n + part.length, 0));
      parts.reduce((at, part) => (rows.set(part, at), at + part.length), 0);
      return casesOfRows(rows, { shape: [scene.ny, scene.nx], unit: "normalised" });
    };
    const arms: Arm[] = [];
    for (const name of chosen.length > 0 ? chosen : all) {
      const { present, absent, setting } = plan.images[name]!;
      arms.push({
        name,
        present: await rowsOf(present, setting),
        absent: await rowsOf(absent, setting),
      });
    }
    const population = scene.population();
    const task: ObserverTask = {
      name: study.title ?? study.name,
      arms,
      known: {
        signal: scene.signal,
        ...(study.task.noise.name === "gaussian" ? { sigma: scene.sigma } : {}),
        ...(population ? { powerSpectrum: population.spectrum } : {}),
      },
      paired: true,
      facts: { run: run.id, study: study.name },
    };
    const notes =
      population && names.includes("ideal-gaussian")
        ? [
            `ideal-gaussian takes the background ${study.task.object.name} for a Gaussian one, which it is not: the best linear area is no bound for other observers here`,
          ]
        : [];
    return { tasks: [task], notes };
  });
}
