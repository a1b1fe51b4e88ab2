import { resolveParameters, type ParameterTable } from "../../core/parameters.ts";
import { numberRow } from "../../core/parameter-rows.ts";
import { fillProfile } from "./profile.ts";
import type { Signal } from "./signal.ts";

const parameters: ParameterTable = {
  amplitude: numberRow("image unit", [-1e6, 0.07, 1e6], "Height of the disk"),
  radiusMm: numberRow("mm", [0.1, 2, 500], "Radius; pixels where the image has no spacing"),
  edge: {
    type: "choice",
    choices: ["hard", "area"],
    default: "hard",
    about: "Hard: a pixel counts when its centre is inside; area: by the share that is covered",
  },
};

/** Disk (in volumes: ball) of one height. With radius 2 on a pixel's centre, hard: 13 pixels. */
export const disk: Signal = {
  name: "disk",
  title: "Disk or ball",
  summary: "Uniform disk in a plane, ball in a volume.",
  references: [],
  parameters,
  render(grid, given) {
    const p = resolveParameters("disk", parameters, given);
    const r = p.radiusMm as number;
    const amplitude = p.amplitude as number;
    // Rounding of pixel × spacing must not throw out the pixels exactly on the rim.
    const limit = r * r * (1 + 1e-9);
    return fillProfile(grid, (x, y, z) => (x * x + y * y + z * z <= limit ? amplitude : 0), {
      reachMm: r,
      oversample: p.edge === "area" ? 8 : 1,
    });
  },
};
