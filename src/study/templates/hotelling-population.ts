import { z } from "zod";
import { InputError } from "../../core/errors.ts";
import { hotellingFourier } from "../../observers/fourier-template.ts";
import type { TemplateKind } from "./template-kind.ts";

const schema = z
  .strictObject({ kind: z.literal("hotelling-population") })
  .describe(
    "Exact Hotelling template of the noisy population, where the object has a closed form.",
  );

export const hotellingPopulation: TemplateKind<z.output<typeof schema>> = {
  name: "hotelling-population",
  summary: "Exact Hotelling template of the noisy population, where the object has a closed form.",
  schema,
  set: false,
  refers: () => [],
  anonymous: (plan) => plan,
  make({ scene, facts, meanSignal }) {
    const population = scene.population();
    if (population === undefined) {
      throw new InputError(
        "Cannot compute the population Hotelling template: found an object without a closed form, or imaging that changes it, wanted a stationary object such as binary-texture under a noise model; use hotelling-images",
      );
    }
    const { template } = hotellingFourier({
      signal: meanSignal,
      powerSpectrum: population.spectrum,
      sigma: facts.sigma,
      shape: facts.frame.shape,
    });
    return { rows: [template] };
  },
};
