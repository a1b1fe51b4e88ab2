/**
 * VoxResNet [chen2018voxresnet] as it segments in [zhang2021todnet]: residual blocks that normalise before they
 * convolve, halved three times within the planes and never between them, and a score of the classes from every level, all
 * of them added.
 */
import { type Node, shapeOf } from "../graph/node.ts";
import { add } from "../graph/ops/add.ts";
import { relu } from "../graph/ops/relu.ts";
import { batchNormLayer } from "../layers/batch-norm-layer.ts";
import { convLayer, convTransposeLayer } from "../layers/conv-layer.ts";
import type { Scope } from "../layers/scope.ts";
import type { Network } from "./network.ts";
import { classesOption } from "./segmenter-options.ts";

const stages = 3;

/** Sizes along the spatial axes: 1 between planes, `within` in them. */
const planar = (x: Node, within: number) =>
  shapeOf(x)
    .slice(2)
    .map((_, axis, all) => (axis < all.length - 2 ? 1 : within));

function active(scope: Scope, x: Node): Node {
  return relu(batchNormLayer(scope.child("norm"), x));
}

function residual(scope: Scope, x: Node): Node {
  const channels = shapeOf(x)[1] as number;
  let y = x;
  for (let i = 0; i < 2; i++) {
    const own = scope.child(i);
    y = convLayer(own, active(own, y), { channels, kernel: 3, padding: "same" });
  }
  return add(x, y);
}

export const voxResnet: Network = {
  name: "vox-resnet",
  title: "VoxResNet",
  summary: "Segments volumes of few planes: halves within planes alone, scores at every level.",
  references: ["chen2018voxresnet", "zhang2021todnet"],
  gives: "labels",
  dimensions: [2, 3],
  options: {
    width: {
      type: "integer",
      unit: "channels",
      min: 1,
      max: 256,
      default: 32,
      about: "Channels at full resolution; twice as many below.",
    },
    ...classesOption,
  },
  takesSigma: false,
  multipleOf: () => 2 ** stages,
  // Two convolutions at full resolution; at each lower level the halving one (of the level above) and four more; and
  // the pixels of a block that the last transposed convolution spreads one over.
  reach: () => {
    let pixels = 2;
    for (let stage = 1; stage <= stages; stage++) pixels += 2 ** (stage - 1) + 4 * 2 ** stage;
    return pixels + 2 ** stages - 1;
  },
  build(image, { scope, options }) {
    const width = options["width"] as number;
    const classes = options["classes"] as number;
    const stem = scope.child("stem");
    const first = convLayer(stem.child(0), image, { channels: width, kernel: 3, padding: "same" });
    let x = convLayer(stem.child(1), active(stem, first), {
      channels: width,
      kernel: 3,
      padding: "same",
    });
    const scores = (level: number, features: Node) => {
      const own = scope.child(`scores${level}`);
      const size = planar(features, 2 ** level);
      const larger = convTransposeLayer(own.child("double"), features, {
        channels: shapeOf(features)[1] as number,
        kernel: size,
        stride: size,
      });
      return convLayer(own, larger, { channels: classes, kernel: 1 });
    };
    let sum = scores(0, x);
    for (let stage = 1; stage <= stages; stage++) {
      const own = scope.child(`stage${stage}`);
      x = convLayer(own, active(own, x), {
        channels: 2 * width,
        kernel: 3,
        stride: planar(x, 2),
        padding: 1,
      });
      for (let block = 0; block < 2; block++) x = residual(own.child(`block${block}`), x);
      sum = add(sum, scores(stage, x));
    }
    return sum;
  },
  published: [
    // Stem 28,640; stages 498,560 and twice 553,920; scores 1,122, 16,578, 65,730 and 262,338: counted by hand from the
    // layers in the code that TOD-Net released, which states no sum.
    {
      options: { width: 32, classes: 2 },
      shape: [1, 1, 8, 16, 16],
      weights: 1_980_808,
      source: "zhang2021todnet",
    },
  ],
};
