/**
 * DnCNN [zhang2017dncnn]: a plain chain of 3×3 convolutions that predicts the noise; the result is
 * the noisy image less the prediction. Depth 17 for a known noise level, 20 for blind denoising.
 *
 *   conv-ReLU, (depth − 2) × conv-(BN)-ReLU, conv
 */
import { InputError } from "../core/errors.ts";
import type { Node } from "../graph/node.ts";
import { relu } from "../graph/ops/relu.ts";
import { subtract } from "../graph/ops/subtract.ts";
import { batchNormLayer } from "../layers/batch-norm-layer.ts";
import { convLayer } from "../layers/conv-layer.ts";
import { heNormal } from "../layers/scope.ts";
import { centrePlane } from "./centre-plane.ts";
import type { Network } from "./network.ts";

const epsilon = 1e-5;

export const dncnn: Network = {
  name: "dncnn",
  title: "DnCNN",
  summary: "Residual chain of 3×3 convolutions that predicts the noise.",
  references: ["zhang2017dncnn"],
  options: {
    depth: {
      type: "integer",
      unit: "layers",
      min: 2,
      max: 64,
      default: 17,
      about: "Number of convolutions; the receptive field is 2·depth + 1 pixels wide.",
    },
    width: {
      type: "integer",
      unit: "channels",
      min: 1,
      max: 512,
      default: 64,
      about: "Channels of the inner layers.",
    },
    batchNorm: {
      type: "boolean",
      default: true,
      about: "Batch normalisation after the inner convolutions, which then have no bias.",
    },
  },
  takesSigma: false,
  multipleOf: () => 1,
  reach: ({ depth }) => depth as number,
  build(image: Node, { scope, options }): Node {
    const depth = options["depth"] as number;
    const width = options["width"] as number;
    const normalised = options["batchNorm"] as boolean;
    const common = { kernel: 3, padding: "same" as const };
    let x = relu(convLayer(scope.child(0), image, { ...common, channels: width }));
    for (let layer = 1; layer < depth - 1; layer++) {
      const inner = scope.child(layer);
      x = convLayer(inner, x, { ...common, channels: width, bias: !normalised });
      if (normalised) x = batchNormLayer(inner.child("norm"), x, { epsilon });
      x = relu(x);
    }
    // A small last layer starts training near the identity: the first prediction is little noise.
    const last = convLayer(scope.child(depth - 1), x, {
      ...common,
      channels: 1,
      initialise: heNormal(0.1),
    });
    return subtract(centrePlane(image), last);
  },
  published: [
    {
      options: { depth: 17, width: 64, batchNorm: true },
      // 576+64, 15 × (36,864 + 128), 576+1: published as "556 k".
      weights: 556_097,
      receptiveField: 35,
      source: "zhang2017dncnn",
    },
    {
      options: { depth: 20, width: 64, batchNorm: true },
      weights: 667_073,
      receptiveField: 41,
      source: "zhang2017dncnn",
    },
  ],
};

/**
 * Weights of a DnCNN with batch normalisation as weights of one without, which computes the same:
 * w' = w·scale/√(v + ε), b' = shift − mean·scale/√(v + ε).
 *
 * @param weights by parameter name, running moments included
 * @throws InputError when a normalisation's part is missing
 */
export function foldBatchNorm(
  weights: ReadonlyMap<string, Float32Array>,
): Map<string, Float32Array> {
  const folded = new Map<string, Float32Array>();
  for (const [name, value] of weights) {
    if (name.includes(".norm.")) continue;
    folded.set(name, value);
  }
  for (const name of weights.keys()) {
    if (!name.endsWith(".norm.scale")) continue;
    const layer = name.slice(0, -".norm.scale".length);
    const part = (key: string): Float32Array => {
      const found = weights.get(`${layer}.${key}`);
      if (found === undefined) {
        throw new InputError(`Cannot fold batch normalisation: found no ${layer}.${key}`);
      }
      return found;
    };
    const scale = part("norm.scale");
    const variance = part("norm.running-variance");
    const factor = scale.map((s, o) => s / Math.sqrt(variance[o]! + epsilon));
    const mean = part("norm.running-mean");
    const weight = part("weight");
    const perOutput = weight.length / scale.length;
    folded.set(
      `${layer}.weight`,
      weight.map((w, i) => w * factor[Math.floor(i / perOutput)]!),
    );
    folded.set(
      `${layer}.bias`,
      part("norm.shift").map((b, o) => b - mean[o]! * factor[o]!),
    );
  }
  return folded;
}
