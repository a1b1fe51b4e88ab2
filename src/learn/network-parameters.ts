/** What a network declares, without compiling anything. */
import type { ParameterValues } from "../core/parameters.ts";
import { input } from "../graph/ops/input.ts";
import { declare, type Parameter } from "../layers/scope.ts";
import type { Network } from "../nets/network.ts";

export interface NetworkParameters {
  readonly trained: readonly Parameter[];
  readonly buffers: readonly Parameter[];
}

/** What a network declares, without compiling anything. */
export function parametersOf(network: Network, options: ParameterValues): NetworkParameters {
  const { scope, parameters } = declare({ training: true });
  const size = network.multipleOf(options);
  const image = input("image", [2, 1, 8 * size, 8 * size]);
  network.build(image, { scope, options, sigma: input("sigma", [2, 1, 1, 1]) });
  return {
    trained: parameters.filter((p) => p.trainable),
    buffers: parameters.filter((p) => !p.trainable),
  };
}
