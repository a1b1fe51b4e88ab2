import { resolveParameters, type ParameterTable } from "../../core/parameters.ts";
import { numberRow, wholeRow } from "../../core/parameter-rows.ts";
import { fillProfile, streamFor } from "./profile.ts";
import type { Signal } from "./signal.ts";

const parameters: ParameterTable = {
  amplitude: numberRow("image unit", [-1e6, 0.3, 1e6], "Mean height of a speck"),
  count: wholeRow("specks", [1, 8, 200], "Specks in the cluster"),
  radiusMm: numberRow("mm", [0.05, 0.7, 20], "Mean radius of a speck"),
  spreadMm: numberRow("mm", [0, 5, 200], "Standard deviation of the specks about the centre"),
};

/** Small balls spread normally about the centre; radii and heights vary by a third. */
export const microcalcificationCluster: Signal = {
  name: "microcalcification-cluster",
  title: "Cluster of microcalcifications",
  summary: "A handful of tiny bright specks spread at random about the centre.",
  references: [],
  parameters,
  render(grid, given, stream) {
    const p = resolveParameters("microcalcification-cluster", parameters, given);
    const s = streamFor("microcalcification-cluster", stream);
    const planar = grid.shape.length === 2;
    const spread = p.spreadMm as number;
    const specks = Array.from({ length: p.count as number }, () => ({
      x: spread * s.normal(),
      y: spread * s.normal(),
      z: planar ? 0 : spread * s.normal(),
      r: (p.radiusMm as number) * (0.67 + 0.66 * s.uniform()),
      a: (p.amplitude as number) * (0.67 + 0.66 * s.uniform()),
    }));
    const reachMm = Math.max(...specks.map((k) => Math.hypot(k.x, k.y, k.z) + k.r));
    return fillProfile(
      grid,
      (x, y, z) => {
        let most = 0;
        for (const k of specks) {
          const d2 = (x - k.x) ** 2 + (y - k.y) ** 2 + (z - k.z) ** 2;
          if (d2 <= k.r * k.r && Math.abs(k.a) > Math.abs(most)) most = k.a;
        }
        return most;
      },
      { reachMm, oversample: 4 },
    );
  },
};
