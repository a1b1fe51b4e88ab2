/**
 * Residual U-Net as it segments in [zhang2021todnet]: stages added to what enters them, convolutions of stride 2 between
 * them, dilated ones in the two lower stages (1, 2, 4 and 3, 4, 5), PReLU, no normalisation, dropout, encoder
 * stages joined by concatenation, and a score of the classes at every resolution for deep supervision.
 *
 * Deviation: coarser scores stay at their own resolution, where labels are made coarser, in place of being enlarged.
 */
import { type Node, shapeOf } from "../graph/node.ts";
import { add } from "../graph/ops/add.ts";
import { concat } from "../graph/ops/concat.ts";
import { dropoutLayer, preluLayer } from "../layers/activation-layers.ts";
import { convLayer, convTransposeLayer } from "../layers/conv-layer.ts";
import type { Scope } from "../layers/scope.ts";
import type { Network } from "./network.ts";
import { classesOption } from "./segmenter-options.ts";

/** Dilations of the convolutions of every encoder stage, the finest first. */
const encoder: readonly (readonly number[])[] = [
  [1, 1],
  [1, 1, 1],
  [1, 2, 4],
  [3, 4, 5],
];
/** Convolutions of every decoder stage, the finest first; the last is below the encoder. */
const decoder: readonly number[] = [2, 3, 3, 3];
const rate = 0.3;

function stage(scope: Scope, x: Node, options: { channels: number; dilations: readonly number[] }) {
  const { channels, dilations } = options;
  for (const [i, dilation] of dilations.entries()) {
    const own = scope.child(i);
    x = preluLayer(own, convLayer(own, x, { channels, kernel: 3, padding: "same", dilation }));
  }
  return x;
}

export const resUnet: Network = {
  name: "res-unet",
  title: "Residual U-Net",
  summary: "Segments volumes by dilated residual stages, scored at every resolution.",
  references: ["zhang2021todnet"],
  gives: "labels",
  dimensions: [2, 3],
  options: {
    width: {
      type: "integer",
      unit: "channels",
      min: 1,
      max: 128,
      default: 16,
      about: "Channels at full resolution; they double at each lower level, and once more below.",
    },
    ...classesOption,
    deep: {
      type: "boolean",
      default: false,
      about: "Whether coarser levels score the classes too, for deep supervision.",
    },
  },
  takesSigma: false,
  multipleOf: () => 2 ** (encoder.length - 1),
  // Every convolution reaches its dilation times the level's pixel; halving and doubling the other pixel of a pair.
  reach: () => {
    const down = encoder.reduce(
      (n, dilations, k) => n + dilations.reduce((a, b) => a + b) * 2 ** k,
      0,
    );
    const lowest = 2 ** (encoder.length - 1);
    return down + decoder.reduce((n, count, k) => n + count * 2 ** k, 0) + lowest - 1;
  },
  build(image, { scope, options }) {
    const width = options["width"] as number;
    const classes = options["classes"] as number;
    const deep = options["deep"] === true;
    const lowest = encoder.length - 1;
    const skips: Node[] = [];
    let x = image;
    for (const [k, dilations] of encoder.entries()) {
      const own = scope.child(`down${k}`);
      const channels = width * 2 ** k;
      // One channel of the image stands in every channel; of a stack there is no such sum.
      const inner = stage(own, x, { channels, dilations });
      x = k === 0 && shapeOf(image)[1] !== 1 ? inner : add(inner, x);
      if (k > 0) x = dropoutLayer(own, x, { rate });
      skips.push(x);
      const halve = own.child("halve");
      const next = { channels: 2 * channels };
      if (k < lowest) {
        x = preluLayer(halve, convLayer(halve, x, { ...next, kernel: 2, stride: 2 }));
      }
    }
    const channels = width * 2 ** (lowest + 1);
    const wider = scope.child("wider");
    const short = preluLayer(wider, convLayer(wider, x, { channels, kernel: 3, padding: "same" }));
    const bottom = scope.child("bottom");
    const ones = (count: number) => new Array<number>(count).fill(1);
    x = add(stage(bottom, x, { channels, dilations: ones(decoder[lowest]!) }), short);
    x = dropoutLayer(bottom, x, { rate });
    for (let k = lowest - 1; k >= 0; k--) {
      if (deep) {
        const name = `labels${k + 1}`;
        scope.output(name, convLayer(scope.child(name), x, { channels: classes, kernel: 1 }));
      }
      const own = scope.child(`up${k}`);
      const above = width * 2 ** (k + 1);
      const double = own.child("double");
      const larger = preluLayer(
        double,
        convTransposeLayer(double, x, { channels: above, kernel: 2, stride: 2 }),
      );
      const inner = stage(own, concat([larger, skips[k]!], 1), {
        channels: above,
        dilations: ones(decoder[k]!),
      });
      x = add(inner, larger);
      if (k > 0) x = dropoutLayer(own, x, { rate });
    }
    return convLayer(scope.child("last"), x, { channels: classes, kernel: 1 });
  },
  published: [
    // Of one class with its four maps; the code that TOD-Net released states this number.
    {
      options: { width: 16, classes: 1, deep: true },
      shape: [1, 1, 8, 8, 8],
      weights: 9_498_260,
      source: "zhang2021todnet",
    },
  ],
};
