/**
 * Stein's unbiased risk estimate [stein1981estimation] as a loss: no clean image, no second noisy one. For white
 * Gaussian noise of known level σ,
 *
 *   E ‖f(x) − y‖²/n = E [ ‖f(x) − x‖²/n − σ² + 2 σ²/n · div f(x) ],
 *
 * the divergence by a random probe b of unit normal numbers, bᵀ J b [ramani2008montecarlo]. The product with the
 * Jacobian is exact, an expression of the graph, where the paper takes a difference.
 */
import { jacobianVector } from "../../graph/gradient.ts";
import { sizesOf } from "../../graph/node.ts";
import { add } from "../../graph/ops/add.ts";
import { constant } from "../../graph/ops/constant.ts";
import { mean } from "../../graph/ops/mean.ts";
import { multiply } from "../../graph/ops/multiply.ts";
import { subtract } from "../../graph/ops/subtract.ts";
import { type TrainingMethod, trainingMethod } from "./training-method.ts";

export const sure: TrainingMethod = trainingMethod({
  name: "sure",
  title: "Stein's unbiased risk estimate",
  summary: "Learns from single images with white Gaussian noise of known level.",
  references: ["stein1981estimation", "ramani2008montecarlo"],
  options: {},
  roles: { denoiser: { gives: "image", about: "Denoises." } },
  reads: ["noisy", "sigma"],
  product: "denoiser",
  updates({ denoiser }, { noisy, sigma }, { random }) {
    const denoised = denoiser(noisy);
    const probe = random.normal("probe", sizesOf(noisy));
    const variance = multiply(sigma, sigma);
    const residual = subtract(denoised, noisy);
    const pushed = jacobianVector(denoised, [{ x: noisy, v: probe }]);
    // Broadcasts σ² over the image, so that means run over pixels and images alike.
    const spread = add(multiply(noisy, constant(0)), variance);
    return [
      {
        name: "denoiser",
        trains: ["denoiser"],
        terms: {
          residual: mean(subtract(multiply(residual, residual), spread)),
          divergence: multiply(constant(2), mean(multiply(spread, multiply(probe, pushed)))),
        },
      },
    ];
  },
});
