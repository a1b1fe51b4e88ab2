/**
 * Segmentation by the description's loss of labels (Dice, cross-entropy), with deep supervision [lee2015deeply]
 * where the network names further results `labels…`: scores of the same classes at lower resolution, compared with
 * the shares of each class in their larger pixels.
 */
import { type Node, sizesOf } from "../../graph/node.ts";
import { averagePool } from "../../graph/ops/average-pool.ts";
import { weighted, weightOption } from "./terms.ts";
import { type TrainingMethod, trainingMethod } from "./training-method.ts";

/** Shares of the classes in the pixels of a smaller grid. */
function coarse(labels: Node, scores: Node): Node {
  const [fine, small] = [sizesOf(labels).slice(2), sizesOf(scores).slice(2)];
  const window = fine.map((size, axis) => size / small[axis]!);
  return window.every((w) => w === 1) ? labels : averagePool(labels, window);
}

export const segmentation: TrainingMethod = trainingMethod({
  name: "segmentation",
  title: "Segmentation",
  summary: "Learns the class of every pixel from labelled images.",
  references: ["lee2015deeply"],
  options: {
    deep: weightOption(
      0.5,
      "Weight of the results at lower resolution together, where there are any.",
    ),
  },
  roles: { segmenter: { gives: "labels", about: "Scores the classes of every pixel." } },
  reads: ["noisy", "labels"],
  product: "segmenter",
  loss: "labels",
  updates({ segmenter }, { noisy, labels }, { options, loss }) {
    const { main, ...others } = segmenter.outputs(noisy);
    const maps = Object.entries(others).flatMap(([name, map]) =>
      name.split(".").at(-1)!.startsWith("labels") ? [map] : [],
    );
    return [
      {
        name: "segmenter",
        trains: ["segmenter"],
        terms: {
          main: loss(main!, labels),
          ...Object.fromEntries(
            maps.map((map, i) => [
              `deep ${i + 1}`,
              weighted(options.deep / maps.length, () => loss(map, coarse(labels, map))),
            ]),
          ),
        },
      },
    ];
  },
});
