/** What every loss is: a file of this folder exporting one such object. */
import { InputError } from "../core/errors.ts";
import type { ParameterTable, ParameterValues } from "../core/parameters.ts";
import type { Node } from "../graph/node.ts";

/**
 * What a loss reads as prediction and target:
 *
 * - `images`: two of one shape `[N, C, …]`, in one unit;
 * - `image`: the prediction alone; the target is not looked at;
 * - `labels`: logits `[N, K, …]` of K classes (of one class against none for K = 1), and their truth, either 0 and 1
 *   (or probabilities) in that shape or whole labels 0 … K − 1 as `[N, 1, …]`;
 * - `logits`: the logits of two networks over the same classes, `[N, K, …]`;
 * - `scores`: a critic's scores of generated and of real images, of any shape;
 * - `generated`: a generated and a real image, which need not be alike.
 */
export type LossReads = "images" | "image" | "labels" | "logits" | "scores" | "generated";

/** Networks and random numbers that some losses need besides prediction and target. */
export interface LossContext {
  /** Feature maps of an image, from a network that is not trained by this loss. */
  readonly features?: (image: Node) => Node | readonly Node[];
  /** A critic's scores of images, one or several per image. */
  readonly critic?: (image: Node) => Node;
  /** Uniform random numbers in [0, 1], one per image, `[N, 1, 1, 1]` for planes; drawn anew for every step. */
  readonly mix?: Node;
}

export interface Loss {
  /** File name, registry name and name in configurations at once. */
  readonly name: string;
  readonly title: string;
  readonly summary: string;
  readonly references: readonly string[];
  readonly options: ParameterTable;
  /** `images` when absent. */
  readonly reads?: LossReads;
  /** What `build` must be given in its context. */
  readonly needs?: readonly (keyof LossContext)[];
  /** Smallest side of an image in pixels; 1 when absent. */
  readonly smallest?: (options: ParameterValues) => number;
  /**
   * Greatest lower bound over all predictions, which `images`, `labels` and `logits` reach, or come near, where both
   * agree. Undefined when there is none: such a loss falls without limit and may have any sign.
   */
  minimum(options: ParameterValues): number | undefined;
  /**
   * Scalar loss of a prediction against a target, averaged over images and pixels.
   *
   * @throws InputError on shapes that do not fit, or a context that lacks what the loss needs
   */
  build(prediction: Node, target: Node, options: ParameterValues, context?: LossContext): Node;
}

/**
 * The loss itself, where it compares two images and needs nothing else, as training on pairs of images gives it.
 *
 * @throws InputError on a loss of labels, logits or scores, or one that needs a network beside the trained one
 */
export function imageLoss(loss: Loss): Loss {
  const { name, reads = "images", needs = [] } = loss;
  if ((reads !== "images" && reads !== "image") || needs.length > 0) {
    throw new InputError(
      `Cannot train on pairs of images with the loss ${name}: found one that reads ${reads}${needs.length > 0 ? ` and needs ${needs.join(" and ")}` : ""}, wanted one that compares two images`,
    );
  }
  return loss;
}

/** A part of the context; throws InputError naming the loss when it is missing. */
export function needed<K extends keyof LossContext>(
  loss: string,
  context: LossContext | undefined,
  what: K,
): NonNullable<LossContext[K]> {
  const found = context?.[what];
  if (found === undefined) {
    throw new InputError(
      `Cannot build the loss ${loss}: found no ${what} in its context, wanted ${wanted[what]}`,
    );
  }
  return found;
}

const wanted: Readonly<Record<keyof LossContext, string>> = {
  features: "a function that gives an image's feature maps",
  critic: "a function that gives a critic's scores of an image",
  mix: "uniform random numbers, one per image",
};
