/**
 * The cases of a study: every image is drawn anew from seed, role, class and number, so that no
 * image is kept which can be drawn again, and no two roles share one.
 */
import { InputError } from "../core/errors.ts";
import { type Image, layoutOf, withData } from "../core/image.ts";
import { openMember } from "../core/member.ts";
import type { ParameterValues } from "../core/parameters.ts";
import { streamOf } from "../core/random.ts";
import { catalogue as noiseModels } from "../noise/catalogue.ts";
import type { NoiseModel } from "../noise/noise-model.ts";
import {
  type BackgroundPopulation,
  binaryTexturePopulation,
  lumpyPopulation,
  type Phantom,
  phantoms,
  type Signal,
  signals,
} from "../phantoms/index.ts";
import type { StudyTask } from "./description.ts";

export type CaseClass = "absent" | "present";

/** What the images are for. */
export type Role = "test" | "validation" | "observer-training" | "network-training" | "template";

export interface Scene {
  readonly ny: number;
  readonly nx: number;
  /** The signal alone, row-major. */
  readonly signal: Float64Array;
  /** Standard deviation of the noise on a mean background: what a denoiser is told. */
  readonly sigma: number;
  /** Truth and measurement of one case. */
  draw(role: Role, which: CaseClass, index: number): { clean: Image; noisy: Image };
  /** Mean and power spectrum of the background where theory gives them. */
  population(): BackgroundPopulation | undefined;
}

const populations: Readonly<Record<string, (options: ParameterValues) => BackgroundPopulation>> = {
  "binary-texture": binaryTexturePopulation,
  lumpy: lumpyPopulation,
};

/**
 * Opens a task for drawing.
 *
 * @throws InputError on names that do not exist, options out of range and objects that are not planes
 */
export async function openScene(task: StudyTask, seed: number): Promise<Scene> {
  const phantom = await openMember<Phantom>(
    phantoms,
    task.object.name,
    `Cannot use the study: found no phantom ${task.object.name}`,
  );
  const signalKind = await openMember<Signal>(
    signals,
    task.signal.name,
    `Cannot use the study: found no signal ${task.signal.name}`,
  );
  const noise = await openMember<NoiseModel>(
    noiseModels,
    task.noise.name,
    `Cannot use the study: found no noise model ${task.noise.name}`,
  );
  const { options } = task.object;
  const probe = phantom.draw(streamOf(seed, "probe"), options).image;
  const { ny, nx, nz, blocks } = layoutOf(probe);
  if (nz * blocks !== 1) {
    throw new InputError(
      `Cannot use the study: found ${task.object.name} of axes ${probe.axes}, wanted planes`,
    );
  }
  const signal = signalKind.render(
    {
      shape: [ny, nx],
      spacing: probe.spacing,
      ...(task.signal.centre === undefined ? {} : { centre: task.signal.centre }),
    },
    task.signal.options,
    streamOf(seed, "signal"),
  );
  const variance = noise.variance(probe, task.noise.options);
  const sigma = Math.sqrt(variance.reduce((s, v) => s + v, 0) / variance.length);
  return {
    ny,
    nx,
    signal: Float64Array.from(signal),
    sigma,
    draw(role, which, index) {
      const stream = streamOf(seed, role, which, index);
      const object = phantom.draw(stream.child("object"), options).image;
      const clean =
        which === "absent"
          ? object
          : withData(
              object,
              object.data.map((v, i) => v + signal[i]!),
            );
      return { clean, noisy: noise.add(clean, stream.child("noise"), task.noise.options) };
    },
    population: () => populations[task.object.name]?.(options),
  };
}
