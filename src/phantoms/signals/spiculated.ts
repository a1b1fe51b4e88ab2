import { resolveParameters, type ParameterTable } from "../../core/parameters.ts";
import { numberRow, wholeRow } from "../../core/parameter-rows.ts";
import { fillProfile, streamFor } from "./profile.ts";
import type { Signal } from "./signal.ts";

const parameters: ParameterTable = {
  amplitude: numberRow("image unit", [-1e6, 0.2, 1e6], "Height of the core"),
  radiusMm: numberRow("mm", [0.2, 4, 200], "Mean radius of the core"),
  spicules: wholeRow("spicules", [0, 12, 100], "Rays that leave the core"),
  reach: numberRow("1", [1, 2.2, 6], "Length of the rays in core radii, on average"),
  irregularity: numberRow("1", [0, 0.15, 0.8], "Relative standard deviation of the core's outline"),
};

/** Core with a wavy outline and tapering rays of random direction and length, in the slice plane. */
export const spiculated: Signal = {
  name: "spiculated",
  title: "Spiculated mass",
  summary: "Irregular core with tapering rays, drawn at random.",
  references: [],
  parameters,
  render(grid, given, stream) {
    const p = resolveParameters("spiculated", parameters, given);
    const s = streamFor("spiculated", stream);
    const r = p.radiusMm as number;
    const amplitude = p.amplitude as number;
    const waves = [2, 3, 4, 5].map((n) => ({
      n,
      size: ((p.irregularity as number) * s.normal()) / Math.sqrt(2),
      phase: 2 * Math.PI * s.uniform(),
    }));
    const rays = Array.from({ length: p.spicules as number }, () => ({
      angle: 2 * Math.PI * s.uniform(),
      length: r * (1 + ((p.reach as number) - 1) * (0.5 + s.uniform())),
      width: r * (0.06 + 0.1 * s.uniform()),
    }));
    const longest = Math.max(2 * r, ...rays.map((ray) => ray.length));
    return fillProfile(
      grid,
      (x, y, z) => {
        const rho = Math.hypot(x, y, z);
        const angle = Math.atan2(y, x);
        let outline = 1;
        for (const w of waves) outline += w.size * Math.cos(w.n * angle + w.phase);
        if (rho <= r * Math.max(0.3, outline)) return amplitude;
        for (const ray of rays) {
          const along = x * Math.cos(ray.angle) + y * Math.sin(ray.angle);
          if (along <= 0 || along > ray.length) continue;
          const across = Math.hypot(y * Math.cos(ray.angle) - x * Math.sin(ray.angle), z);
          if (across < ray.width * (1 - along / ray.length)) return 0.8 * amplitude;
        }
        return 0;
      },
      { reachMm: longest, oversample: 4 },
    );
  },
};
