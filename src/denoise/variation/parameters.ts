/** Rows of the parameter tables that all members of variation share. */
import type { NumberParameter } from "../../core/parameters.ts";

/** λ; members search it when it is absent. */
export const strengthRow: NumberParameter = {
  type: "number",
  unit: "σ",
  min: 0,
  max: 1000,
  about:
    "λ in multiples of the noise level; larger is smoother, and moves a flat region of w by w px by up to 4λ/w towards its surroundings. Without it, what is removed has the variance of the noise (discrepancy principle), with λ of at most one noise level on planes and ⅔ of it in volumes",
};

/** Most steps of a solver. */
export const iterationsRow = (most: number): NumberParameter => ({
  type: "integer",
  unit: "1",
  min: 1,
  max: 1_000_000,
  default: most,
  about: "gives up after so many steps",
});
