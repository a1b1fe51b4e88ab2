/**
 * RED-CNN [chen2017redcnn]: five convolutions and five transposed ones of 5 × 5 pixels, the input and two encoder
 * layers added before a rectifier.
 *
 * Deviation: layers are padded by zeros, so that images of any size go through; the paper's shrink and grow by 20
 * pixels. Further than 10 pixels from the edge nothing changes.
 */
import type { Node } from "../graph/node.ts";
import { add } from "../graph/ops/add.ts";
import { relu } from "../graph/ops/relu.ts";
import { convLayer, convTransposeLayer } from "../layers/conv-layer.ts";
import { heNormal } from "../layers/scope.ts";
import { centrePlane } from "./centre-plane.ts";
import type { Network } from "./network.ts";

const depth = 5;

export const redCnn: Network = {
  name: "red-cnn",
  title: "RED-CNN",
  summary: "Residual encoder and decoder of wide kernels at full resolution, for low-dose CT.",
  references: ["chen2017redcnn"],
  options: {
    width: {
      type: "integer",
      unit: "channels",
      min: 1,
      max: 512,
      default: 96,
      about: "Channels of the inner layers.",
    },
  },
  takesSigma: false,
  multipleOf: () => 1,
  reach: () => 2 * 2 * depth,
  build(image, { scope, options }) {
    const width = options["width"] as number;
    const common = { channels: width, kernel: 5, padding: 2 };
    const kept: Node[] = [];
    let x = image;
    for (let layer = 1; layer <= depth; layer++) {
      x = relu(convLayer(scope.child(`conv${layer}`), x, common));
      kept.push(x);
    }
    for (let layer = 1; layer < depth; layer++) {
      const y = convTransposeLayer(scope.child(`back${layer}`), x, common);
      // The fourth convolution joins the first way back, the second the third.
      x = relu(layer % 2 === 1 ? add(y, kept[depth - 1 - layer]!) : y);
    }
    const last = convTransposeLayer(scope.child(`back${depth}`), x, {
      ...common,
      channels: 1,
      initialise: heNormal(0.1),
    });
    return relu(add(last, centrePlane(image)));
  },
  published: [
    // 2,496 + 4 × 230,496, 4 × 230,496 + 2,401: published as 1.85 M.
    { options: { width: 96 }, weights: 1_848_865, receptiveField: 41, source: "chen2017redcnn" },
  ],
};
