/** How an object becomes a noisy image: a noise model in the image, or an acquisition. */
import { InputError } from "../core/errors.ts";
import type { Image } from "../core/image.ts";
import { openMember } from "../core/member.ts";
import type { ParameterValues } from "../core/parameters.ts";
import type { WorkOptions } from "../core/progress.ts";
import type { Stream } from "../core/random.ts";
import { catalogue as noiseModels } from "../noise/catalogue.ts";
import type { NoiseModel } from "../noise/noise-model.ts";
import type { Acquisition } from "../physics/acquisition.ts";
import { catalogue as acquisitions } from "../physics/catalogue.ts";
import type { CaseDescription } from "./description.ts";
import { checkSpreads, drawSpreads, fixedValues } from "./spread.ts";

/** An object as it was imaged. */
export interface Imaged {
  readonly noisy: Image;
  /** The same without noise: what a perfect denoiser of this imaging would give. */
  readonly reference: Image;
  /** Standard deviation of the noise in the noisy image's unit: what a denoiser is told. */
  readonly sigma: number;
  readonly parameters: ParameterValues;
  readonly notes: Readonly<Record<string, number | string>>;
}

export interface Imaging {
  /** Whether the image is the object plus noise, voxel by voxel. */
  readonly direct: boolean;
  /** Level of white Gaussian noise, where that is all that imaging does and it is the same for all cases. */
  readonly gaussian: number | undefined;
  image(object: Image, stream: Stream, work?: ImagingOptions): Promise<Imaged>;
}

export interface ImagingOptions extends WorkOptions {
  /** Where options that vary come from; by default the noise's own stream. */
  readonly options?: Stream;
}

/**
 * Opens the imaging of a description.
 *
 * @param probe an object as the cases have them: the noise level of a noise model is its mean over this one
 * @throws InputError on names that do not exist, options out of range, or both a noise model and an acquisition
 */
export async function openImaging(
  { noise, acquisition }: Pick<CaseDescription, "noise" | "acquisition">,
  probe: Image,
): Promise<Imaging> {
  if (noise !== undefined && acquisition !== undefined) {
    throw new InputError(
      "Cannot image objects: found both noise and acquisition, wanted one of them",
    );
  }
  if (acquisition !== undefined) return acquisitionImaging(acquisition);
  if (noise !== undefined) return noiseImaging(noise, probe);
  throw new InputError(
    "Cannot image objects: found neither noise nor acquisition, wanted one of them",
  );
}

const rootMeanOf = (values: ArrayLike<number>): number => {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i]!;
  return Math.sqrt(sum / values.length);
};

async function noiseImaging(
  { name, options }: NonNullable<CaseDescription["noise"]>,
  probe: Image,
): Promise<Imaging> {
  const model = await openMember<NoiseModel>(
    noiseModels,
    name,
    `Cannot image objects: found no noise model ${name}`,
  );
  checkSpreads(`noise ${name}`, model.parameters, options);
  // One level for all where the noise is the same for all.
  const fixed = fixedValues(options);
  const common = fixed && rootMeanOf(model.variance(probe, fixed));
  return {
    direct: true,
    // Nothing but its name says of a model that its noise is normal.
    gaussian: name === "gaussian" ? common : undefined,
    image: async (object, stream, { options: from = stream } = {}) => {
      const parameters = fixed ?? drawSpreads(from.child("options"), options, model.parameters);
      const noisy = model.add(object, stream, parameters);
      const sigma = common ?? rootMeanOf(model.variance(object, parameters));
      return { noisy, reference: object, sigma, parameters, notes: {} };
    },
  };
}

async function acquisitionImaging({
  name,
  options,
}: NonNullable<CaseDescription["acquisition"]>): Promise<Imaging> {
  const acquisition = await openMember<Acquisition>(
    acquisitions,
    name,
    `Cannot image objects: found no acquisition ${name}`,
  );
  checkSpreads(`acquisition ${name}`, acquisition.parameters, options);
  return {
    direct: false,
    gaussian: undefined,
    image: async (object, stream, { signal, options: from = stream } = {}) => {
      const parameters = drawSpreads(from.child("options"), options, acquisition.parameters);
      const acquired = await acquisition.acquire(object, stream, parameters, {
        reference: true,
        ...(signal === undefined ? {} : { signal }),
      });
      const { image: noisy, notes } = acquired;
      const reference = acquired.reference ?? object;
      return { noisy, reference, sigma: spreadOf(noisy, reference), parameters, notes };
    },
  };
}

/** Standard deviation of the difference of two images. */
export function spreadOf(a: Image, b: Image): number {
  let [sum, square] = [0, 0];
  for (let i = 0; i < a.data.length; i++) {
    const d = a.data[i]! - b.data[i]!;
    sum += d;
    square += d * d;
  }
  const n = a.data.length;
  return Math.sqrt(Math.max(0, square / n - (sum / n) ** 2));
}
