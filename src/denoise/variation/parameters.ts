/** Rows of the parameter tables that all members of variation share. */
import type { NumberParameter } from "../../core/parameters.ts";

/** λ; members search it when it is absent. */
export const strengthRow: NumberParameter = {
  type: "number",
  unit: "σ",
  min: 0,
  max: 1000,
  about:
    "λ in multiples of the noise level; larger is smoother. Without it λ is set by the discrepancy principle: what is removed has the variance of the noise",
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
