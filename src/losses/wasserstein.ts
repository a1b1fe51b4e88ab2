/**
 * Wasserstein loss of a critic's scores [arjovsky2017wgan]: for the critic E[D(generated)] − E[D(real)], the
 * negative estimate of the distance that it is to make large; for the generator −E[D(generated)]. Neither has a
 * bound or a sign.
 */
import { mean } from "../graph/ops/mean.ts";
import { negate } from "../graph/ops/negate.ts";
import { subtract } from "../graph/ops/subtract.ts";
import type { Loss } from "./loss.ts";

export const wasserstein: Loss = {
  name: "wasserstein",
  title: "Wasserstein distance",
  summary: "Difference of a critic's mean scores of generated and of real images; of any sign.",
  references: ["arjovsky2017wgan"],
  options: {
    side: {
      type: "choice",
      choices: ["critic", "generator"],
      default: "critic",
      about:
        "Whose loss: the critic's, of both scores, or the generator's, of the generated alone.",
    },
  },
  reads: "scores",
  minimum: () => undefined,
  build: (generated, real, { side }) =>
    side === "generator" ? negate(mean(generated)) : subtract(mean(generated), mean(real)),
};
