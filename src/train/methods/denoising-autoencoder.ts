/**
 * Denoising autoencoder [vincent2010stacked]: the network gets clean images that the training itself corrupts, by
 * Gaussian noise and by setting pixels to zero, and gives them back.
 */
import { sizesOf } from "../../graph/node.ts";
import { add } from "../../graph/ops/add.ts";
import { constant } from "../../graph/ops/constant.ts";
import { greaterEqual } from "../../graph/ops/greater-equal.ts";
import { multiply } from "../../graph/ops/multiply.ts";
import { toFloat } from "../../graph/ops/to-float.ts";
import { type TrainingMethod, trainingMethod } from "./training-method.ts";

export const denoisingAutoencoder: TrainingMethod = trainingMethod({
  name: "denoising-autoencoder",
  title: "Denoising autoencoder",
  summary:
    "Learns to give back clean images that the training corrupts by noise and by missing pixels.",
  references: ["vincent2010stacked"],
  options: {
    noise: {
      type: "number",
      unit: "of the window",
      min: 0,
      max: 10,
      default: 0.1,
      about: "Standard deviation of the Gaussian noise added.",
    },
    missing: {
      type: "number",
      unit: "1",
      min: 0,
      max: 0.99,
      default: 0,
      about: "Share of pixels set to 0.",
    },
  },
  roles: { denoiser: { gives: "image", about: "Encodes and decodes." } },
  reads: ["clean"],
  product: "denoiser",
  loss: "images",
  updates({ denoiser }, { clean }, { options, loss, random }) {
    const shape = sizesOf(clean);
    const noise = multiply(constant(options.noise), random.normal("noise", shape));
    const noisy = options.noise === 0 ? clean : add(clean, noise);
    const kept = toFloat(greaterEqual(random.uniform("kept", shape), constant(options.missing)));
    const corrupted = options.missing === 0 ? noisy : multiply(noisy, kept);
    return [
      { name: "denoiser", trains: ["denoiser"], terms: { loss: loss(denoiser(corrupted), clean) } },
    ];
  },
});
