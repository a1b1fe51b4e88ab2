/** Population Hotelling observer of a stationary ensemble, from its exact power spectrum [barrett2004foundations]. */
import { resolveParameters } from "../core/parameters.ts";
import { hotellingFourier } from "./fourier-template.ts";
import { linearObserver, signalOf } from "./linear-observer.ts";
import type { Observer } from "./observer.ts";

export const fourierHotelling: Observer = {
  name: "fourier-hotelling",
  title: "Population Hotelling observer",
  summary:
    "Hotelling observer of a stationary periodic background with known power spectrum and white noise; nothing is estimated.",
  references: ["barrett2004foundations"],
  kind: "linear",
  dimensions: [2, 3],
  needs: ["powerSpectrum", "sigma", "signal"],
  ideal: false,
  parameters: {},
  async train(training, given = {}) {
    resolveParameters("fourier-hotelling", this.parameters, given);
    const { powerSpectrum, sigma, signal } = training.known ?? {};
    if (!powerSpectrum || sigma === undefined || !signal) {
      return {
        status: "refused",
        cause: "power spectrum, noise level or signal is not known",
        remedy: "use a simulated task that states them, or the sample Hotelling observer",
      };
    }
    const found = hotellingFourier({
      signal: signalOf(training, "auto"),
      powerSpectrum,
      sigma,
      shape: training.absent.shape,
    });
    return linearObserver(found.template, {
      training,
      dimension: 0,
      figures: { detectability: found.detectability, auc: found.auc },
    });
  },
};
