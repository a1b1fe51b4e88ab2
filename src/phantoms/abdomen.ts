/**
 * Abdomen in HU: seeded anatomy of the upper abdomen after a contrast medium. Drawn by rule from
 * simple solids; realistic enough in edges, contrasts, textures and variety to train and judge
 * denoisers on, and not an atlas of anybody.
 *
 * Patient coordinates: z = 0 at the renal hilum, the dome of the liver near z = 115 mm. A single
 * slice and the same slice of a volume show the same anatomy.
 */
import { resolveParameters, type ParameterTable } from "../core/parameters.ts";
import type { Stream } from "../core/random.ts";
import { abdomenLabels, paintOrgans } from "./abdomen-organs.ts";
import { centredGrid, makeCanvas } from "./painter.ts";
import type { Phantom } from "./phantom.ts";
import {
  drawHabitus,
  drawOutlines,
  drawTissue,
  paintBody,
  paintRibs,
  remembered,
} from "./trunk.ts";

const parameters: ParameterTable = {
  size: {
    type: "integer",
    unit: "px",
    min: 16,
    max: 2048,
    default: 512,
    about: "Pixels along each side of a slice",
  },
  slices: {
    type: "integer",
    unit: "slices",
    min: 1,
    max: 512,
    default: 1,
    about: "Slices of the volume; 1 draws a plane",
  },
  sliceMm: {
    type: "number",
    unit: "mm",
    min: 0.1,
    max: 20,
    default: 3,
    about: "Distance from slice to slice",
  },
  fovMm: {
    type: "number",
    unit: "mm",
    min: 100,
    max: 1000,
    about: "Side of the field of view; when absent it fits the drawn body with 12 mm to spare",
  },
  zMm: {
    type: "number",
    unit: "mm",
    min: -110,
    max: 130,
    about: "Height of the first slice above the renal hilum; drawn from -60 to 85 when absent",
  },
  fatMm: {
    type: "number",
    unit: "mm",
    min: 2,
    max: 80,
    about: "Mean thickness of the fat under the skin; drawn when absent",
  },
  texture: {
    type: "number",
    unit: "1",
    min: 0,
    max: 5,
    default: 1,
    about: "Multiplier of the textures inside organs; 0 makes them flat",
  },
  lesions: {
    type: "integer",
    unit: "lesions",
    min: 0,
    max: 50,
    default: 0,
    about: "Round lesions placed in the liver, near the drawn slices",
  },
  lesionContrastHU: {
    type: "number",
    unit: "HU",
    min: -1000,
    max: 1000,
    default: -35,
    about: "Contrast of the lesions against the liver",
  },
  lesionRadiusMm: {
    type: "number",
    unit: "mm",
    min: 0.5,
    max: 40,
    default: 6,
    about: "Radius of the lesions",
  },
};

export const abdomen: Phantom = {
  name: "abdomen",
  title: "Abdomen",
  summary:
    "Upper abdomen in HU with liver and vessels, spleen, kidneys, bowel, spine and ribs, seeded anatomy, textures and optional liver lesions, slice or volume.",
  references: [],
  unit: "HU",
  acquisition: "ct-fan",
  dimensions: [2, 3],
  labels: abdomenLabels,
  parameters,
  draw(stream: Stream, given) {
    const p = resolveParameters("abdomen", parameters, given);
    const habitus = drawHabitus(stream.child("habitus"), { fatMm: p.fatMm as number | undefined });
    const drawn = drawOutlines(stream.child("outlines"), habitus);
    const tissue = drawTissue(stream.child("tissue"), { texture: p.texture as number });
    const place = stream.child("place");
    const drawnZ = -60 + 145 * place.uniform();
    const zPhase = 37 * place.uniform();
    const zMm = (p.zMm as number | undefined) ?? drawnZ;
    const fovMm = (p.fovMm as number | undefined) ?? 2 * (Math.max(...drawn.extent) + 12);
    const size = p.size as number;
    const grid = centredGrid({
      size,
      slices: p.slices as number,
      pixelMm: fovMm / size,
      sliceMm: p.sliceMm as number,
      zMm,
    });
    // The body is centred, not the cavity: the back muscles move the middle.
    const moved = {
      ...grid,
      origin: [grid.origin[0], grid.origin[1] + drawn.shiftY, zMm] as const,
    };
    const outlines = remembered(drawn, moved);
    const canvas = makeCanvas(moved, -1000);
    paintBody(canvas, outlines, tissue);
    paintRibs(canvas, { habitus, tissue, zPhase, lowest: 20 });
    const lesions = paintOrgans(canvas, {
      stream: stream.child("organs"),
      habitus,
      outlines,
      tissue,
      zPhase,
      lesions: {
        count: p.lesions as number,
        contrastHU: p.lesionContrastHU as number,
        radiusMm: p.lesionRadiusMm as number,
      },
    });
    return {
      ...canvas.toImages("HU"),
      truth: {
        zMm,
        fovMm,
        fatMm: habitus.fatMm,
        lesions: lesions.length,
        lesionCentresMm: lesions.flat(),
      },
    };
  },
};
