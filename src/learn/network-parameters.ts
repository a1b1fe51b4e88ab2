/** What a network declares, without compiling anything. */
import type { ParameterValues } from "../core/parameters.ts";
import { topologicalOrder } from "../graph/node.ts";
import { input } from "../graph/ops/input.ts";
import { declare, type DeclaredParameter } from "../layers/scope.ts";
import type { Network } from "../nets/network.ts";
import { buildOf, conditionShapes } from "./open-network.ts";

export interface NetworkParameters {
  readonly trained: readonly DeclaredParameter[];
  readonly buffers: readonly DeclaredParameter[];
}

/** Shape of a small batch that a network takes. */
export function usualShape(network: Network, options: ParameterValues): readonly number[] {
  const [dimensions = 2] = network.dimensions ?? [];
  const side = 8 * network.multipleOf(options);
  return [2, 1, ...new Array<number>(dimensions).fill(side)];
}

/**
 * What a network declares, without compiling anything.
 *
 * @param shape of a batch `[N, C, …]`; only channels matter, and sizes where the network's weights depend on them
 */
export function parametersOf(
  network: Network,
  options: ParameterValues,
  shape: readonly number[] = usualShape(network, options),
): NetworkParameters {
  const { parameters } = declarationsOf(network, { options, shape, training: true });
  return {
    trained: parameters.filter((p) => p.trainable),
    buffers: parameters.filter((p) => !p.trainable),
  };
}

/** The parameters that a network's own result reads in use: not those of heads that help to train it. */
export function usedParameters(
  network: Network,
  options: ParameterValues,
  shape: readonly number[] = usualShape(network, options),
): readonly DeclaredParameter[] {
  const { parameters, result } = declarationsOf(network, { options, shape, training: false });
  const read = new Set(topologicalOrder([result]));
  return parameters.filter(({ node }) => read.has(node));
}

function declarationsOf(
  network: Network,
  {
    options,
    shape,
    training,
  }: { options: ParameterValues; shape: readonly number[]; training: boolean },
) {
  const { scope, parameters } = declare({ training });
  const conditions = Object.fromEntries(
    Object.entries(conditionShapes(network, { options, shape })).map(([name, own]) => [
      name,
      input(name, own),
    ]),
  );
  const result = buildOf(network, options)(input("image", shape), { scope, conditions });
  return { parameters, result };
}
