/**
 * Noise2Void [krull2019noise2void]: some pixels are hidden, each replaced by a neighbour drawn at random or, as in
 * N2V2 [hoeck2022n2v2], by the mean of its neighbours; the network has to give them back. Noise independent from pixel to
 * pixel cannot be given back, so that the expected pixel is learned. Correlated noise (CT after reconstruction) can.
 *
 * Deviations: (1) pixels are hidden independently of each other, where the paper draws them stratified; (2) the
 * neighbourhood is cut at the image's edge by mirroring.
 */
import { shapeOf, sizesOf, type Node } from "../../graph/node.ts";
import { add } from "../../graph/ops/add.ts";
import { constant } from "../../graph/ops/constant.ts";
import { divide } from "../../graph/ops/divide.ts";
import { greaterEqual } from "../../graph/ops/greater-equal.ts";
import { less } from "../../graph/ops/less.ts";
import { multiply } from "../../graph/ops/multiply.ts";
import { pad } from "../../graph/ops/pad.ts";
import { slice } from "../../graph/ops/slice.ts";
import { subtract } from "../../graph/ops/subtract.ts";
import { sum } from "../../graph/ops/sum.ts";
import { toFloat } from "../../graph/ops/to-float.ts";
import { type TrainingMethod, trainingMethod } from "./training-method.ts";

/** The image moved by every offset of a window but none. */
function neighboursOf(x: Node, radius: number): Node[] {
  const sizes = sizesOf(x);
  const space = sizes.slice(2);
  const margins = space.map(() => [radius, radius] as const);
  const padded = pad(x, [[0, 0], [0, 0], ...margins], { mode: "reflect" });
  const width = 2 * radius + 1;
  const count = width ** space.length;
  const moved: Node[] = [];
  for (let k = 0; k < count; k++) {
    if (k === (count - 1) / 2) continue;
    const ranges = space.map((size, axis) => ({
      start: Math.floor(k / width ** axis) % width,
      count: size,
      step: 1,
    }));
    moved.push(slice(padded, [null, null, ...ranges]));
  }
  return moved;
}

const total = (nodes: readonly Node[]) => nodes.reduce((a, b) => add(a, b));

/** One neighbour of every pixel by uniform numbers of x's shape. */
function randomNeighbour(neighbours: readonly Node[], uniform: Node): Node {
  const share = 1 / neighbours.length;
  return total(
    neighbours.map((moved, k) =>
      multiply(
        moved,
        multiply(
          toFloat(greaterEqual(uniform, constant(k * share))),
          // The last interval is open at 1 whatever the rounding of k · share.
          k === neighbours.length - 1
            ? constant(1)
            : toFloat(less(uniform, constant((k + 1) * share))),
        ),
      ),
    ),
  );
}

export const noise2void: TrainingMethod = trainingMethod({
  name: "noise2void",
  title: "Noise2Void",
  summary: "Learns from single noisy images to give back hidden pixels.",
  references: ["krull2019noise2void", "hoeck2022n2v2"],
  options: {
    hidden: {
      type: "number",
      unit: "1",
      min: 1e-3,
      max: 0.5,
      default: 0.015,
      about: "Share of pixels that are hidden.",
    },
    radius: {
      type: "integer",
      unit: "px",
      min: 1,
      max: 3,
      default: 2,
      about: "Reach of the neighbourhood that replacements come from.",
    },
    replacement: {
      type: "choice",
      choices: ["neighbour", "mean"],
      default: "neighbour",
      about: "What hides a pixel: a random neighbour, or the mean of all (N2V2).",
    },
  },
  roles: { denoiser: { gives: "image", about: "Denoises." } },
  reads: ["noisy"],
  product: "denoiser",
  updates({ denoiser }, { noisy }, { options, random }) {
    const shape = sizesOf(noisy);
    const hidden = toFloat(less(random.uniform("hidden", shape), constant(options.hidden)));
    const neighbours = neighboursOf(noisy, options.radius);
    const replacement =
      options.replacement === "mean"
        ? multiply(constant(1 / neighbours.length), total(neighbours))
        : randomNeighbour(neighbours, random.uniform("neighbour", shape));
    const given = add(noisy, multiply(hidden, subtract(replacement, noisy)));
    const miss = multiply(hidden, subtract(denoiser(given), noisy));
    const all = shapeOf(noisy).map((_, axis) => axis);
    // A batch without any hidden pixel gives 0, not 0/0.
    const count = add(sum(hidden, all), constant(1e-6));
    return [
      {
        name: "denoiser",
        trains: ["denoiser"],
        terms: { loss: divide(sum(multiply(miss, miss), all), count) },
      },
    ];
  },
});
