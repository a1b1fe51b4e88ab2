/**
 * What a network does with one image: the features of a layer, and how far the pixels lie that its result at one place
 * depends on [luo2016erf]. The derivative goes through the network's own expression.
 */
import { InputError } from "../core/errors.ts";
import { oneOf } from "../core/nearest-names.ts";
import { concrete } from "../graph/dimension.ts";
import { gradient } from "../graph/gradient.ts";
import { type Node, shapeOf, topologicalOrder } from "../graph/node.ts";
import { isConv } from "../graph/ops/conv.ts";
import { input, inputName } from "../graph/ops/input.ts";
import { multiply } from "../graph/ops/multiply.ts";
import { sum } from "../graph/ops/sum.ts";
import { declare } from "../layers/scope.ts";
import { floats } from "../runtime/backend.ts";
import { compile, type CompileOptions } from "../runtime/program.ts";
import type { ImportedNetwork } from "./import-network.ts";
import { buildOf, conditionShapes } from "./open-network.ts";
import type { NamedArray } from "./tensor-file.ts";

export interface ExplainSpec extends ImportedNetwork {
  /** `[1, C, …]`, sizes that the network takes. */
  readonly image: NamedArray;
  /** Standard deviation of the noise, where the network takes it. */
  readonly sigma: number;
  /** Index of the pixel along each spatial axis. */
  readonly at: readonly number[];
  /** Name of a layer; by default the last with as many channels as any. */
  readonly layer?: string | undefined;
}

export interface Explained {
  readonly layers: readonly string[];
  readonly layer: string;
  /** Result of the layer before what rectifies it, `[1, channels, …]`. */
  readonly features: NamedArray;
  /** Derivative of the result at the pixel after every pixel of the image, of the image's shape. */
  readonly sensitivity: NamedArray;
}

/**
 * @throws InputError on a network that gives no image or takes conditions beside the noise level, or a layer that
 *   there is not
 */
export async function explainNetwork(
  { network, options, weights, image, sigma, at, layer: asked }: ExplainSpec,
  compileOptions: CompileOptions = {},
): Promise<Explained> {
  if ((network.gives ?? "image") !== "image" || network.conditions !== undefined) {
    throw new InputError(
      `Cannot explain ${network.name}: found a network that ${network.conditions === undefined ? `gives ${network.gives}` : "takes a code"}, wanted one that gives an image`,
    );
  }
  const { scope, parameters } = declare();
  const shape = image.shape;
  const conditions = Object.fromEntries(
    Object.entries(conditionShapes(network, { options, shape })).map(([name, own]) => [
      name,
      input(`condition ${name}`, own),
    ]),
  );
  const x = input("explained image", shape);
  const result = buildOf(network, options)(x, { scope, conditions });
  const named = layersOf(result, new Set(parameters.map(({ name }) => name)));
  const layer = asked ?? usualLayer(named);
  const node = named.get(layer);
  if (node === undefined) {
    throw new InputError(
      `Cannot show layer ${layer} of ${network.name}: found none of this name, wanted ${oneOf(layer, [...named.keys()])}`,
    );
  }
  const chosen = input("chosen pixel", shapeOf(result));
  const [derivative] = gradient(sum(multiply(result, chosen)), [x]);
  const read = new Set(topologicalOrder([node, derivative!]));
  const program = await compile(
    {
      outputs: { features: node, sensitivity: derivative! },
      state: Object.fromEntries(
        parameters
          .filter((p) => read.has(p.node))
          .map(({ name, shape: own }) => [name, { initial: floats(weights.get(name)!, own) }]),
      ),
    },
    compileOptions,
  );
  try {
    const space = concrete(shapeOf(result), "explain a network");
    const mask = new Float32Array(space.reduce((n, size) => n * size, 1));
    mask[at.reduce((index, k, axis) => index * space[2 + axis]! + k, 0)] = 1;
    const values = {
      "explained image": floats(image.data, shape),
      "chosen pixel": floats(mask, space),
      "condition sigma": floats(
        Float32Array.of(sigma),
        shape.map(() => 1),
      ),
    };
    const used = Object.fromEntries(
      Object.entries(values).filter(([name]) => program.inputs[name] !== undefined),
    );
    const found = await program.run(used);
    const array = (name: string, own: readonly number[]): NamedArray => ({
      shape: own,
      data: found[name]!.data as Float32Array,
    });
    return {
      layers: [...named.keys()],
      layer,
      features: array("features", concrete(shapeOf(node), "explain a network")),
      sensitivity: array("sensitivity", shape),
    };
  } finally {
    await program.dispose();
  }
}

/** Convolutions by the path of their kernels, in the order in which they are computed. */
function layersOf(result: Node, parameters: ReadonlySet<string>): Map<string, Node> {
  const layers = new Map<string, Node>();
  for (const node of topologicalOrder([result])) {
    if (!isConv(node)) continue;
    const kernel = inputName(node.inputs[1]!);
    if (kernel !== undefined && parameters.has(kernel)) {
      layers.set(kernel.replace(/\.weight$/, ""), node);
    }
  }
  return layers;
}

function usualLayer(layers: ReadonlyMap<string, Node>): string {
  const channels = ([, node]: [string, Node]) => Number(shapeOf(node)[1]);
  const all = [...layers];
  const most = Math.max(...all.map(channels));
  return all.findLast((one) => channels(one) === most)?.[0] ?? "";
}

/** How far the weight of a result lies around a pixel. */
export interface FieldWidth {
  /** Share of the summed magnitude. */
  readonly share: number;
  /** Least radius in pixels whose disk (or ball) around the pixel holds that share. */
  readonly radius: number;
}

/**
 * Radii around a pixel that hold shares of the summed magnitudes; all channels count alike.
 *
 * @param at index of the pixel along each spatial axis
 */
export function fieldWidths(
  { shape, data }: NamedArray,
  at: readonly number[],
  shares: readonly number[] = [0.5, 0.9, 0.99],
): FieldWidth[] {
  const space = shape.slice(2);
  const size = space.reduce((n, s) => n * s, 1);
  const byDistance = new Map<number, number>();
  let total = 0;
  for (let i = 0; i < data.length; i++) {
    let rest = i % size;
    let squared = 0;
    for (let axis = space.length - 1; axis >= 0; axis--) {
      squared += ((rest % space[axis]!) - at[axis]!) ** 2;
      rest = Math.floor(rest / space[axis]!);
    }
    const magnitude = Math.abs(data[i]!);
    byDistance.set(squared, (byDistance.get(squared) ?? 0) + magnitude);
    total += magnitude;
  }
  const rings = [...byDistance].sort(([a], [b]) => a - b);
  return shares.map((share) => {
    let held = 0;
    for (const [squared, magnitude] of rings) {
      held += magnitude;
      // Sums of many float64 terms: a share of 1 is reached to rounding.
      if (held >= share * total * (1 - 1e-12)) return { share, radius: Math.sqrt(squared) };
    }
    return { share, radius: Math.sqrt(rings.at(-1)?.[0] ?? 0) };
  });
}
