/**
 * Convolutional approximation of the ideal observer [zhou2019approximating]: 5×5 convolutions with leaky
 * rectifiers, one max-pooling, a linear layer, trained by cross-entropy. Convolutions are added one at a
 * time until the held-out loss no longer falls by `gain`; its score is the logarithm of the likelihood
 * ratio as far as training images and network allow.
 */
import { resolveParameters } from "../core/parameters.ts";
import type { Node } from "../graph/node.ts";
import { leakyRelu } from "../graph/ops/leaky-relu.ts";
import { maxPool } from "../graph/ops/max-pool.ts";
import { convLayer } from "../layers/conv-layer.ts";
import type { Cases } from "./cases.ts";
import { checkAlike } from "./cases.ts";
import { fewestForLearning, learn, linearScore, nothingLearned } from "./learned.ts";
import type { Learned } from "./learned.ts";
import type { Observer } from "./observer.ts";

export const cnnIo: Observer = {
  name: "cnn-io",
  title: "CNN approximation of the ideal observer",
  summary:
    "Convolutional network trained on the task itself, deepened until held-out images say that it no longer helps.",
  references: ["zhou2019approximating"],
  kind: "learned",
  dimensions: [2],
  needs: [],
  ideal: false,
  parameters: {
    channels: {
      type: "integer",
      unit: "1",
      min: 1,
      max: 512,
      default: 32,
      about: "filters of each convolution; more need more images and time",
    },
    kernel: {
      type: "integer",
      unit: "px",
      min: 1,
      max: 15,
      default: 5,
      about: "side of a filter, odd",
    },
    "most-layers": {
      type: "integer",
      unit: "1",
      min: 1,
      max: 16,
      default: 4,
      about: "largest number of convolutions tried",
    },
    gain: {
      type: "number",
      unit: "1",
      min: 0,
      max: 1,
      default: 0.01,
      about: "relative fall of the held-out loss below which no layer is added",
    },
    pool: {
      type: "integer",
      unit: "px",
      min: 1,
      max: 16,
      default: 2,
      about: "side of the max-pooling before the linear layer",
    },
    steps: {
      type: "integer",
      unit: "1",
      min: 1,
      max: 1e7,
      default: 2000,
      about: "gradient steps for each depth",
    },
    batch: {
      type: "integer",
      unit: "images",
      min: 4,
      max: 4096,
      default: 64,
      about: "images of a step, half of each class; rounded to an even number",
    },
    rate: {
      type: "number",
      unit: "1",
      min: 1e-7,
      max: 1,
      default: 1e-3,
      about: "Adam's learning rate at the start",
    },
    "held-out": {
      type: "number",
      unit: "1",
      min: 0.05,
      max: 0.5,
      default: 0.2,
      about: "part of each class that decides when to stop and how deep to go",
    },
    patience: {
      type: "integer",
      unit: "1",
      min: 1,
      max: 1000,
      default: 8,
      about: "validations without improvement before stopping",
    },
  },
  async train(training, given = {}, context = {}) {
    const p = resolveParameters("cnn-io", this.parameters, given);
    const { present, absent } = training;
    checkAlike(present, absent, "train an observer");
    if (Math.min(present.count, absent.count) < fewestForLearning) {
      return {
        status: "refused",
        cause: `${present.count} and ${absent.count} training images leave too few to hold out`,
        remedy: `train on at least ${fewestForLearning} images of each class`,
      };
    }
    if (present.shape.length !== 2) {
      return {
        status: "refused",
        cause: "the images are volumes",
        remedy: "judge slices, or use slnn",
      };
    }
    const kernel = p.kernel as number;
    if (kernel % 2 === 0)
      return {
        status: "refused",
        cause: `a filter of side ${kernel} has no middle`,
        remedy: "use an odd kernel",
      };
    const attempt = (layers: number) =>
      learn(training, {
        build: (image, scope) => {
          let x = image;
          for (let l = 0; l < layers; l++) {
            x = leakyRelu(
              convLayer(scope.child(`layer${l}`), x, {
                channels: p.channels as number,
                kernel,
                padding: (kernel - 1) / 2,
              }),
              0.2,
            );
          }
          return linearScore(
            (p.pool as number) > 1 ? maxPool(x, [p.pool as number, p.pool as number]) : x,
            scope.child("last"),
          );
        },
        loss: "cross-entropy",
        steps: p.steps as number,
        batch: 2 * Math.round((p.batch as number) / 2),
        rate: p.rate as number,
        heldOut: p["held-out"] as number,
        patience: p.patience as number,
        context,
        label: `cnn-io ${layers}`,
      });
    let best: Learned = await attempt(1);
    let depth = 1;
    while (depth < (p["most-layers"] as number)) {
      const next = await attempt(depth + 1);
      if (next.validation >= best.validation * (1 - (p.gain as number))) {
        await next.dispose();
        break;
      }
      await best.dispose();
      best = next;
      depth++;
    }
    const kept = best;
    const weights = [...kept.weights.values()].reduce((n, w) => n + w.length, 0);
    const few = present.count + absent.count < 2000;
    return Object.freeze({
      status: "ok" as const,
      dimension: present.size,
      expression: (image: Node) => kept.expression(image),
      figures: { layers: depth, weights, "held-out loss": kept.validation, "best step": kept.step },
      findings: [
        ...nothingLearned(kept, "cnn-io"),
        ...(few
          ? [
              {
                name: "few-images-for-dimension",
                severity: "warning" as const,
                reason: `${present.count + absent.count} training images for a network of ${weights} weights: its AUC is a lower bound of the ideal observer's`,
                remedy: "train on tens of thousands of simulated images",
              },
            ]
          : []),
      ],
      read: async (cases: Cases) => {
        checkAlike(cases, absent, "read cases");
        return { scores: await kept.score(cases) };
      },
    });
  },
};
