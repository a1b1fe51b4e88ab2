import {
  resolveParameters,
  type ParameterTable,
  type ParameterValues,
} from "../core/parameters.ts";
import type { Stream } from "../core/random.ts";
import { centredGrid, makeCanvas, type Canvas, type Grid } from "./painter.ts";
import type { Phantom } from "./phantom.ts";
import { numberRow, wholeRow } from "../core/parameter-rows.ts";
import { sizeRow, slicesRow } from "./shared-parameters.ts";
import { paintThorax, thoraxLabels } from "./thorax-organs.ts";
import type { Point } from "./solids.ts";
import { drawHabitus, drawOutlines, drawTissue, paintBody, remembered } from "./trunk.ts";

const parameters: ParameterTable = {
  size: sizeRow(512),
  slices: slicesRow(),
  sliceMm: numberRow("mm", [0.1, 3, 20], "Distance from slice to slice"),
  fovMm: numberRow(
    "mm",
    [100, undefined, 1000],
    "Side of the field of view; when absent it fits the drawn body",
  ),
  zMm: numberRow(
    "mm",
    [-130, undefined, 110],
    "Height of the first slice above the carina; drawn from -90 to 60 when absent",
  ),
  fatMm: numberRow(
    "mm",
    [2, undefined, 80],
    "Mean thickness of the fat under the skin; drawn when absent",
  ),
  texture: numberRow("1", [0, 1, 5], "Multiplier of the textures; 0 makes tissues flat"),
  nodules: wholeRow("nodules", [0, 0, 30], "Round nodules in the lungs, near the drawn slices"),
  noduleRadiusMm: numberRow("mm", [0.5, 4, 30], "Radius of the nodules"),
  noduleHU: numberRow("HU", [-900, 20, 1000], "Value of the nodules"),
};

/**
 * Draws a chest on a grid about the body's middle: what the `thorax` phantom and the radiograph made
 * from it share. `gridOf` receives half the body's width and depth in mm and its shift along y.
 */
export function drawThorax(
  stream: Stream,
  options: {
    gridOf: (extent: readonly [number, number], shiftY: number) => Grid;
    fatMm?: number;
    texture: number;
    nodules: { count: number; radiusMm: number; valueHU: number };
  },
): { canvas: Canvas; nodules: Point[]; fatMm: number } {
  const habitus = drawHabitus(stream.child("habitus"), { fatMm: options.fatMm });
  const drawn = drawOutlines(stream.child("outlines"), habitus);
  const tissue = drawTissue(stream.child("tissue"), { texture: options.texture });
  const zPhase = 37 * stream.child("place").uniform();
  const grid = options.gridOf(drawn.extent, drawn.shiftY);
  const outlines = remembered(drawn, grid);
  const canvas = makeCanvas(grid, -1000);
  paintBody(canvas, outlines, tissue);
  const nodules = paintThorax(canvas, {
    stream: stream.child("organs"),
    habitus,
    outlines,
    tissue,
    zPhase,
    nodules: options.nodules,
  });
  return { canvas, nodules, fatMm: habitus.fatMm };
}

export const thorax: Phantom = {
  name: "thorax",
  title: "Thorax",
  summary:
    "Chest in HU with lungs and their vessel trees, heart, great vessels, airways, ribs and optional nodules, slice or volume.",
  references: [],
  unit: "HU",
  acquisition: "ct-fan",
  dimensions: [2, 3],
  labels: thoraxLabels,
  parameters,
  draw(stream, given?: ParameterValues) {
    const p = resolveParameters("thorax", parameters, given);
    const drawnZ = -90 + 150 * stream.child("height").uniform();
    const zMm = (p.zMm as number | undefined) ?? drawnZ;
    const size = p.size as number;
    let fovMm = 0;
    const { canvas, nodules, fatMm } = drawThorax(stream, {
      fatMm: p.fatMm as number | undefined,
      texture: p.texture as number,
      nodules: {
        count: p.nodules as number,
        radiusMm: p.noduleRadiusMm as number,
        valueHU: p.noduleHU as number,
      },
      gridOf: (extent, shiftY) => {
        fovMm = (p.fovMm as number | undefined) ?? 2 * (Math.max(...extent) + 12);
        const grid = centredGrid({
          size,
          slices: p.slices as number,
          pixelMm: fovMm / size,
          sliceMm: p.sliceMm as number,
          zMm,
        });
        return { ...grid, origin: [grid.origin[0], grid.origin[1] + shiftY, zMm] };
      },
    });
    return {
      ...canvas.toImages("HU"),
      truth: { zMm, fovMm, fatMm, nodules: nodules.length, noduleCentresMm: nodules.flat() },
    };
  },
};
