/**
 * Non-prewhitening matched filter [wagner1985unified]: t = sᵀg, s the known mean signal (NPWMF) or the
 * difference of the class means of training images (NPW).
 */
import { resolveParameters } from "../core/parameters.ts";
import { linearObserver, signalOf } from "./linear-observer.ts";
import type { Observer } from "./observer.ts";

export const npw: Observer = {
  name: "npw",
  title: "NPW matched filter (NPWMF)",
  summary:
    "Correlates the image with the mean signal, blind to noise correlation; ideal in white noise on a known background.",
  references: ["wagner1985unified"],
  kind: "linear",
  dimensions: [2, 3],
  needs: [],
  ideal: false,
  parameters: {
    template: {
      type: "choice",
      choices: ["auto", "signal", "mean-difference"],
      default: "auto",
      about:
        "known signal (NPWMF), difference of training means (NPW), or the known signal where there is one",
    },
  },
  async train(training, given = {}) {
    const { template } = resolveParameters("npw", this.parameters, given);
    if (template === "signal" && !training.known?.signal) {
      return {
        status: "refused",
        cause: "no signal is known",
        remedy: "give the signal, or use template mean-difference",
      };
    }
    return linearObserver(signalOf(training, template), { training, dimension: 0 });
  },
};
