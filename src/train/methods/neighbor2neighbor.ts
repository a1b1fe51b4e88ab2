/**
 * Neighbor2Neighbor [huang2021neighbor2neighbor]: of every 2×2 block of one noisy image two neighbouring pixels are
 * chosen at random, giving two half-size images g₁(x) and g₂(x) with independent noise,
 *
 *   min  ‖f(g₁(x)) − g₂(x)‖² + consistency · ‖f(g₁(x)) − g₂(x) − (g₁(f(x)) − g₂(f(x)))‖²,
 *
 * no gradient passing through the f(x) of the second term, which answers for the difference of the neighbours' true
 * values. Noise has to be independent from pixel to pixel.
 */
import { InputError } from "../../core/errors.ts";
import { type Node, sizesOf } from "../../graph/node.ts";
import { add } from "../../graph/ops/add.ts";
import { constant } from "../../graph/ops/constant.ts";
import { greaterEqual } from "../../graph/ops/greater-equal.ts";
import { less } from "../../graph/ops/less.ts";
import { mean } from "../../graph/ops/mean.ts";
import { multiply } from "../../graph/ops/multiply.ts";
import { slice } from "../../graph/ops/slice.ts";
import { stopGradient } from "../../graph/ops/stop-gradient.ts";
import { subtract } from "../../graph/ops/subtract.ts";
import { toFloat } from "../../graph/ops/to-float.ts";
import { weighted, weightOption } from "./terms.ts";
import { type TrainingMethod, trainingMethod } from "./training-method.ts";

/** Ordered pairs of neighbouring places in a block, places being 2·row + column. */
const pairs = [
  [0, 1],
  [1, 0],
  [2, 3],
  [3, 2],
  [0, 2],
  [2, 0],
  [1, 3],
  [3, 1],
] as const;

/** The two half-size images of x, `uniform` `[N, 1, H/2, W/2]` choosing the pair of every block. */
function neighbours(x: Node, uniform: Node): [Node, Node] {
  const sizes = sizesOf(x);
  if (sizes.length !== 4 || sizes[2]! % 2 !== 0 || sizes[3]! % 2 !== 0) {
    throw new InputError(
      `Cannot train with neighbor2neighbor: found images of shape [${sizes.join(", ")}], wanted planes of even sides`,
    );
  }
  const places = [0, 1, 2, 3].map((place) =>
    slice(
      x,
      sizes.map((size, axis) =>
        axis < 2 ? null : { start: axis === 2 ? place >> 1 : place & 1, count: size / 2, step: 2 },
      ),
    ),
  );
  const chosen = pairs.map((_, k) =>
    multiply(
      toFloat(greaterEqual(uniform, constant(k / pairs.length))),
      toFloat(less(uniform, constant((k + 1) / pairs.length))),
    ),
  );
  const pick = (which: 0 | 1) =>
    pairs.map((pair, k) => multiply(chosen[k]!, places[pair[which]]!)).reduce((a, b) => add(a, b));
  return [pick(0), pick(1)];
}

const squared = (x: Node) => mean(multiply(x, x));

export const neighbor2neighbor: TrainingMethod = trainingMethod({
  name: "neighbor2neighbor",
  title: "Neighbor2Neighbor",
  summary: "Learns from single noisy planes whose noise is independent from pixel to pixel.",
  references: ["huang2021neighbor2neighbor"],
  options: {
    consistency: weightOption(2, "Weight of the second term; more keeps fine structure."),
  },
  roles: { denoiser: { gives: "image", about: "Denoises." } },
  reads: ["noisy"],
  product: "denoiser",
  updates({ denoiser }, { noisy }, { options, random }) {
    const [count = 1, , height = 0, width = 0] = sizesOf(noisy);
    const uniform = random.uniform("pair", [count, 1, height / 2, width / 2]);
    const [first, second] = neighbours(noisy, uniform);
    const difference = subtract(denoiser(first), second);
    return [
      {
        name: "denoiser",
        trains: ["denoiser"],
        terms: {
          neighbour: squared(difference),
          consistency: weighted(options.consistency, () => {
            const [a, b] = neighbours(stopGradient(denoiser(noisy)), uniform);
            return squared(subtract(difference, subtract(a, b)));
          }),
        },
      },
    ];
  },
});
