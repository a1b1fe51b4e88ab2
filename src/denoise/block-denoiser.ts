/** Makes a denoiser from a filter on blocks: parameters, noise level, cutting and threads in one place. */
import { type Image, layoutOf, withData } from "../core/image.ts";
import {
  type ParameterTable,
  type ParameterValue,
  type ParameterValues,
  resolveParameters,
} from "../core/parameters.ts";
import { type BlockFilter, filterBlocks } from "./blocks.ts";
import type { Denoiser, DenoiseContext } from "./denoiser.ts";
import { noiseLevelFor } from "./input.ts";
import { wellPosed } from "./well-posed.ts";

/** What a block filter is to do on one image. */
export interface BlockPlan<P> {
  readonly parameters: P;
  /** See `BlockOptions.halo`. */
  readonly halo?: number;
  readonly companions?: readonly Image[];
}

export interface PlanInput {
  readonly image: Image;
  readonly values: Readonly<Record<string, ParameterValue | undefined>>;
  /** Noise level: given, or estimated. */
  readonly sigma: number;
  readonly context: DenoiseContext;
  /** Dimensions that are joined: 2 on planes and for planar methods. */
  readonly dimensions: 2 | 3;
}

export interface BlockMethod<P> extends Omit<Denoiser, "denoise" | "level"> {
  readonly parameters: ParameterTable;
  readonly filter: BlockFilter<P>;
  /** Finds the noise level; `noiseLevelFor` unless the method means something else by it. */
  readonly level?: (owner: string, image: Image, context: DenoiseContext) => number;
  /** Settles the filter's parameters; `identity` when there is nothing to remove. */
  readonly plan: (
    input: PlanInput,
  ) => BlockPlan<P> | "identity" | Promise<BlockPlan<P> | "identity">;
}

/** The denoiser of a block method. */
export function blockDenoiser<P>(method: BlockMethod<P>): Denoiser {
  const { filter, level = noiseLevelFor, plan, ...description } = method;
  const { name, title, parameters } = description;
  const dimensions = description.dimensions.includes(3) ? 3 : 2;
  return wellPosed({
    ...description,
    ...(method.level === undefined
      ? {}
      : {
          level: (image: Image, _given?: ParameterValues, { padding }: DenoiseContext = {}) =>
            method.level!(name, image, { padding }),
        }),
    async denoise(image: Image, given?: ParameterValues, context: DenoiseContext = {}) {
      const values = resolveParameters(name, parameters, given);
      const sigma = level(name, image, context);
      const joint = layoutOf(image).nz > 1 ? dimensions : 2;
      const settled = await plan({ image, values, sigma, context, dimensions: joint });
      if (settled === "identity") return withData(image, image.data.slice());
      return filterBlocks(image, filter, { dimensions, context, label: title, ...settled });
    },
  });
}
