/**
 * Single-layer neural network observer [zhou2019approximating]: one linear layer trained by cross-entropy,
 * or by the Hotelling loss wᵀK w − 2 wᵀΔ, whose minimum is the Hotelling template without a covariance
 * matrix ever being formed. The step with the lowest loss on held-out training images is kept.
 */
import { resolveParameters } from "../core/parameters.ts";
import { checkAlike } from "./cases.ts";
import { fewestForLearning, learn, linearScore, nothingLearned } from "./learned.ts";
import { linearObserver } from "./linear-observer.ts";
import type { Observer } from "./observer.ts";

export const slnn: Observer = {
  name: "slnn",
  title: "Single-layer network observer (SLNN)",
  summary:
    "Linear observer learned by stochastic gradients, with cross-entropy or the Hotelling loss.",
  references: ["zhou2019approximating"],
  kind: "learned",
  dimensions: [2, 3],
  needs: [],
  ideal: false,
  parameters: {
    loss: {
      type: "choice",
      choices: ["cross-entropy", "hotelling"],
      default: "cross-entropy",
      about: "what the layer is trained on",
    },
    steps: {
      type: "integer",
      unit: "1",
      min: 1,
      max: 1e7,
      default: 1500,
      about: "gradient steps; more come nearer to the best linear observer",
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
      default: 3e-3,
      about: "Adam's learning rate at the start; larger is faster and rougher",
    },
    "held-out": {
      type: "number",
      unit: "1",
      min: 0.05,
      max: 0.5,
      default: 0.2,
      about: "part of each class that decides when to stop",
    },
    patience: {
      type: "integer",
      unit: "1",
      min: 1,
      max: 1000,
      default: 10,
      about: "validations without improvement before stopping",
    },
  },
  async train(training, given = {}, context = {}) {
    const p = resolveParameters("slnn", this.parameters, given);
    const { present, absent } = training;
    checkAlike(present, absent, "train an observer");
    if (Math.min(present.count, absent.count) < fewestForLearning) {
      return {
        status: "refused",
        cause: `${present.count} and ${absent.count} training images leave too few to hold out`,
        remedy: `train on at least ${fewestForLearning} images of each class`,
      };
    }
    const learned = await learn(training, {
      build: (image, scope) => linearScore(image, scope, { from: "zero" }),
      loss: p.loss as "cross-entropy" | "hotelling",
      steps: p.steps as number,
      batch: 2 * Math.round((p.batch as number) / 2),
      rate: p.rate as number,
      heldOut: p["held-out"] as number,
      patience: p.patience as number,
      context,
      label: "slnn",
    });
    await learned.dispose();
    const template = Float64Array.from(learned.weights.get("weight")!);
    return linearObserver(template, {
      training,
      dimension: present.size,
      figures: { "held-out loss": learned.validation, "best step": learned.step },
      findings: nothingLearned(learned, "slnn"),
    });
  },
};
