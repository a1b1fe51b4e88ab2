import { resolveParameters, type ParameterTable } from "../../core/parameters.ts";
import { numberRow } from "../../core/parameter-rows.ts";
import { fillProfile } from "./profile.ts";
import type { Signal } from "./signal.ts";

const parameters: ParameterTable = {
  amplitude: numberRow("image unit", [-1e6, 0.2, 1e6], "Height of the peak"),
  sigmaMm: numberRow("mm", [0.1, 3, 500], "Standard deviation of the profile; larger is wider"),
};

/** a · exp(−r²/2s²), cut off at 6 s. */
export const gaussianBlob: Signal = {
  name: "gaussian-blob",
  title: "Gaussian",
  summary: "Smooth round signal with a Gaussian profile.",
  references: [],
  parameters,
  render(grid, given) {
    const p = resolveParameters("gaussian-blob", parameters, given);
    const s = p.sigmaMm as number;
    const amplitude = p.amplitude as number;
    return fillProfile(
      grid,
      (x, y, z) => amplitude * Math.exp(-(x * x + y * y + z * z) / (2 * s * s)),
      { reachMm: 6 * s },
    );
  },
};
