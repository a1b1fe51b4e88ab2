import { resolveParameters, type ParameterTable } from "../core/parameters.ts";
import { cranialTissues, paintCranium, type CranialTissue } from "./cranium.ts";
import { latticeNoise } from "./lattice-noise.ts";
import { centredGrid, makeCanvas } from "./painter.ts";
import type { Phantom } from "./phantom.ts";
import { numberRow, wholeRow } from "../core/parameter-rows.ts";
import { sizeRow, slicesRow } from "./shared-parameters.ts";

const parameters: ParameterTable = {
  size: sizeRow(512),
  slices: slicesRow(),
  sliceMm: numberRow("mm", [0.1, 3, 20], "Distance from slice to slice"),
  fovMm: numberRow("mm", [50, 230, 600], "Side of the field of view"),
  zMm: numberRow(
    "mm",
    [-70, undefined, 90],
    "Height of the first slice above the ventricles; drawn from -50 to 60 when absent",
  ),
  texture: numberRow("1", [0, 1, 5], "Multiplier of the textures; 0 makes tissues flat"),
  lesions: wholeRow("lesions", [0, 0, 20], "Round lesions in the brain, near the drawn slices"),
  lesionContrastHU: numberRow("HU", [-100, 6, 200], "Contrast of the lesions against grey matter"),
  lesionRadiusMm: numberRow("mm", [0.5, 5, 30], "Radius of the lesions"),
};

/** HU of head tissues without a contrast medium. */
const hounsfield: Readonly<Record<CranialTissue, number>> = {
  scalp: 45,
  fat: -85,
  "cortical bone": 1150,
  marrow: 480,
  "cerebrospinal fluid": 6,
  "grey matter": 38,
  "white matter": 29,
  "deep grey matter": 39,
  eye: 12,
  air: -990,
  lesion: 38,
};

export const head: Phantom = {
  name: "head",
  title: "Head in HU",
  summary:
    "Skull, folded cortex, white matter, ventricles and orbits in HU with seeded anatomy; the low contrasts of head CT.",
  references: [],
  unit: "HU",
  acquisition: "ct-fan",
  dimensions: [2, 3],
  labels: cranialTissues,
  parameters,
  draw(stream, given) {
    const p = resolveParameters("head", parameters, given);
    const drawnZ = -50 + 110 * stream.child("place").uniform();
    const zMm = (p.zMm as number | undefined) ?? drawnZ;
    const size = p.size as number;
    const grid = centredGrid({
      size,
      slices: p.slices as number,
      pixelMm: (p.fovMm as number) / size,
      sliceMm: p.sliceMm as number,
      zMm,
    });
    const canvas = makeCanvas(grid, -1000);
    const grain = latticeNoise(stream.child("grain"), { pitch: 3, octaves: 2, gain: 0.8 });
    const amount = p.texture as number;
    const spread: Partial<Record<CranialTissue, number>> = {
      "cortical bone": 70,
      marrow: 110,
      fat: 6,
      scalp: 4,
    };
    const centres = paintCranium(canvas, {
      stream,
      lesion: { count: p.lesions as number, radiusMm: p.lesionRadiusMm as number },
      value: (tissue, x, y, z) =>
        hounsfield[tissue] +
        (tissue === "lesion" ? (p.lesionContrastHU as number) : 0) +
        amount * (spread[tissue] ?? 1.2) * grain(x, y, z),
    });
    return {
      ...canvas.toImages("HU"),
      truth: { zMm, lesions: centres.length, lesionCentresMm: centres.flat() },
    };
  },
};
