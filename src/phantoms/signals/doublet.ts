import { resolveParameters, type ParameterTable } from "../../core/parameters.ts";
import { numberRow } from "../../core/parameter-rows.ts";
import { fillProfile } from "./profile.ts";
import type { Signal } from "./signal.ts";

const parameters: ParameterTable = {
  amplitude: numberRow("image unit", [-1e6, 0.2, 1e6], "Height of each point of the doublet"),
  separationMm: numberRow("mm", [0, 6, 500], "Length of the line, or distance of the two points"),
  sigmaMm: numberRow("mm", [0.1, 1, 100], "Gaussian width of each point and of the line"),
  angleDegrees: numberRow("degrees", [-360, 0, 360], "Direction, from x towards y"),
  form: {
    type: "choice",
    choices: ["two-points", "line"],
    default: "two-points",
    about:
      "The two hypotheses of the Rayleigh task: two points, or a line of the same length and sum",
  },
};

/**
 * Rayleigh task: two Gaussian points `separationMm` apart against a Gaussian line of that length. Both
 * forms have the same integral, so that the sum of pixels tells nothing.
 */
export const doublet: Signal = {
  name: "doublet",
  title: "Doublet (Rayleigh task)",
  summary: "Two points or the line that joins them, of equal sum: can the observer resolve them?",
  references: [],
  parameters,
  render(grid, given) {
    const p = resolveParameters("doublet", parameters, given);
    const s = p.sigmaMm as number;
    const half = (p.separationMm as number) / 2;
    const amplitude = p.amplitude as number;
    const angle = ((p.angleDegrees as number) * Math.PI) / 180;
    const c = Math.cos(angle);
    const d = Math.sin(angle);
    const bell = (u: number, rest: number): number => Math.exp(-(u * u + rest) / (2 * s * s));
    const points = 33;
    return fillProfile(
      grid,
      (x, y, z) => {
        const u = c * x + d * y;
        const v = c * y - d * x;
        const rest = v * v + z * z;
        if (p.form === "two-points")
          return amplitude * (bell(u - half, rest) + bell(u + half, rest));
        let sum = 0;
        for (let n = 0; n < points; n++) {
          sum += bell(u - half + (2 * half * (n + 0.5)) / points, rest);
        }
        return (2 * amplitude * sum) / points;
      },
      { reachMm: half + 6 * s },
    );
  },
};
