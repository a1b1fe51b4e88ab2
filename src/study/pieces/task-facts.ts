/** What is known of a task before any method is run: form of its images, noise level, mean signal. */
import { z } from "zod";
import { throwIfAborted } from "../../core/errors.ts";
import { bytesOf } from "../bytes.ts";
import { type FactsValues, factsSchema, frameOf } from "../facts.ts";
import type { PieceKind } from "../piece.ts";
import { openScene, taskInputs } from "../task-inputs.ts";

const inputs = z.object(taskInputs);

/** Cases that the noise level is a mean over where it differs from case to case. */
const levelCases = 4;

export const taskFacts: PieceKind<z.output<typeof inputs>, FactsValues> = {
  name: "task-facts",
  version: 1,
  summary: "Finds the form of a task's images, their noise level and the mean signal.",
  inputs,
  values: factsSchema,
  async run({ task, seed }, { signal: abort, onProgress }) {
    const scene = await openScene({ task, seed });
    const levels: number[] = [];
    let frame: FactsValues["frame"] | undefined;
    let place: readonly number[] | undefined;
    for (let n = 0; n < (scene.white ? 1 : levelCases); n++) {
      throwIfAborted(abort, "looking at a task");
      const which = scene.classes[n % scene.classes.length]!;
      const drawn = await scene.draw({ role: "template", which, index: n }, { signal: abort });
      levels.push(drawn.sigma);
      frame ??= frameOf(drawn.noisy);
      place ??= drawn.place;
      onProgress((n + 1) / (levelCases + 1));
    }
    const known = await scene.signal?.({ signal: abort });
    const population = scene.population();
    return {
      values: {
        frame: frame!,
        sigma: levels.reduce((a, b) => a + b, 0) / levels.length,
        white: scene.white,
        classes: [...scene.classes],
        labels: scene.labels,
        place: scene.place,
        ...(scene.place === "same" && place !== undefined ? { centre: [...place] } : {}),
        ...(scene.toleranceMm === undefined ? {} : { toleranceMm: scene.toleranceMm }),
        ...(scene.candidates === undefined
          ? {}
          : { candidates: scene.candidates.map((one) => [...one]) }),
        ...(known === undefined ? {} : { signalPairs: known.pairs }),
      },
      blobs: {
        ...(known === undefined ? {} : { signal: bytesOf(known.values) }),
        ...(population === undefined ? {} : { spectrum: bytesOf(population.spectrum) }),
      },
    };
  },
};
