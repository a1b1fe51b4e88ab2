import { resolveParameters, type ParameterTable } from "../core/parameters.ts";
import type { Acquisition } from "./acquisition.ts";
import { wholeRow } from "../core/parameter-rows.ts";
import { beamRows, exposureRows, imageRows } from "./ct-parameters.ts";
import { scanSlices } from "./ct-planar.ts";
import { parallelFor } from "./geometry.ts";

const { bowtieMm: _bowtie, ...parallelBeamRows } = beamRows;

const parameters: ParameterTable = {
  ...exposureRows,
  ...imageRows,
  ...parallelBeamRows,
  views: wholeRow(
    "views",
    [2, undefined, 10000],
    "Views on half a turn; enough for the channels when absent",
  ),
};

export const ctParallel: Acquisition = {
  name: "ct-parallel",
  title: "Parallel-beam CT",
  summary:
    "Parallel rays on half a turn, one channel a pixel: the geometry of textbooks and of public low-dose benchmarks.",
  references: ["kak1988principles"],
  objectUnit: "HU",
  dimensions: [2, 3],
  parameters,
  acquire(object, stream, given, context) {
    const p = { ...resolveParameters("ct-parallel", parameters, given), bowtieMm: 0 };
    return scanSlices(object, stream, {
      geometryOf: (grid) =>
        parallelFor({
          fovMm: Math.max(grid.nx * grid.pixelMm[0], grid.ny * grid.pixelMm[1]),
          pixelMm: Math.min(...grid.pixelMm),
          views: (p as { views?: number }).views,
        }),
      p,
      context,
    });
  },
};
