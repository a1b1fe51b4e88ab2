/**
 * What every denoiser does before its method begins, so that no method has to know of it:
 *
 * - a volume of one plane is a plane, whatever its axes say;
 * - an image of values far from 1 is scaled by a power of two, which is exact: methods that square float32
 *   values twice would leave its range (1e-45 to 3e38);
 * - pixels that hold no measurement are filled from the nearest pixel of their plane that does, so that
 *   nothing sees them, and are handed through.
 */
import { type Axes, type Image, layoutOf, makeImage, rangeOf, withData } from "../core/image.ts";
import type { ParameterTable, ParameterValue, ParameterValues } from "../core/parameters.ts";
import type { Denoiser, DenoiseContext } from "./denoiser.ts";
import { filledFromNearest } from "./fill-padding.ts";
import { estimateNoise } from "./noise-level/estimate-noise.ts";

/** The denoiser that prepares its input as the file's header says. */
export function wellPosed(method: Denoiser): Denoiser {
  return Object.freeze({
    ...method,
    async denoise(image: Image, parameters?: ParameterValues, context: DenoiseContext = {}) {
      const { padding, ...rest } = context;
      const filled =
        padding?.includes(1) === true
          ? withData(image, filledFromNearest(image, padding))
          : undefined;
      // What is filled in holds no noise of its own and takes no part in its estimate.
      const told = filled
        ? { ...rest, sigma: rest.sigma ?? ownLevel(method, filled, { parameters, padding }) }
        : rest;
      const { data } = await inRange(method, flat(filled ?? image), {
        parameters,
        context: told.guide === undefined ? told : { ...told, guide: flat(told.guide) },
      });
      if (!filled) return withData(image, data);
      return withData(
        image,
        data.map((v, i) => (padding![i] === 1 ? image.data[i]! : v)),
      );
    },
  });
}

/** The level that a method finds by itself: its own kind's, or the standard deviation. */
function ownLevel(
  method: Denoiser,
  image: Image,
  { parameters, padding }: { parameters?: ParameterValues; padding?: Uint8Array },
): number {
  return method.level
    ? method.level(image, parameters, { padding })
    : estimateNoise(image, { padding }).sigma;
}

/** An image without an axis of one plane. */
function flat(image: Image): Image {
  const { nz, volumetric } = layoutOf(image);
  if (!volumetric || nz > 1) return image;
  const axes = image.axes.replace("z", "") as Axes;
  const at = image.axes.indexOf("z");
  return makeImage(
    image.data,
    image.shape.filter((_, i) => i !== at),
    { ...image, axes },
  );
}

/** Largest magnitudes for which no method leaves the range of float32. */
const least = 1e-10;
const most = 1e12;

/** Runs a method on an image scaled, where need be, so that its largest magnitude is between 128 and 256. */
async function inRange(
  method: Denoiser,
  image: Image,
  call: { parameters: ParameterValues | undefined; context: DenoiseContext },
): Promise<Image> {
  const { min, max } = rangeOf(image.data);
  const largest = Math.max(Math.abs(min), Math.abs(max));
  if (!(largest > 0) || (largest >= least && largest <= most)) {
    return method.denoise(image, call.parameters, call.context);
  }
  const factor = 2 ** (7 - Math.floor(Math.log2(largest)));
  const scaled = (data: Float32Array): Float32Array => data.map((v) => v * factor);
  const { sigma, guide, sample, ...context } = call.context;
  const done = await method.denoise(
    withData(image, scaled(image.data)),
    scaledParameters(method.parameters, call.parameters, factor),
    {
      ...context,
      ...(sigma === undefined
        ? {}
        : { sigma: method.noise === "speckle" ? sigma : sigma * factor }),
      ...(guide === undefined ? {} : { guide: withData(guide, scaled(guide.data)) }),
      ...(sample === undefined ? {} : { sample: async () => scaled(await sample()) }),
    },
  );
  return withData(
    image,
    done.data.map((v) => v / factor),
  );
}

/** Powers of the image's unit in a parameter's unit. */
const powers: Readonly<Record<string, number>> = {
  "image unit": 1,
  "image unit/count": 1,
  "image unit²": 2,
};

function scaledParameters(
  table: ParameterTable,
  given: ParameterValues | undefined,
  factor: number,
): ParameterValues {
  const scaled: Record<string, ParameterValue | undefined> = { ...given };
  for (const [name, value] of Object.entries(scaled)) {
    const parameter = Object.hasOwn(table, name) ? table[name]! : undefined;
    const power = parameter && "unit" in parameter ? (powers[parameter.unit] ?? 0) : 0;
    if (power !== 0 && value !== undefined) scaled[name] = Number(value) * factor ** power;
  }
  return scaled;
}
