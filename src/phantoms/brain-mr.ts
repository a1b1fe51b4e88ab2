import { resolveParameters, type ParameterTable } from "../core/parameters.ts";
import { cranialTissues, paintCranium, type CranialTissue } from "./cranium.ts";
import { latticeNoise } from "./lattice-noise.ts";
import { centredGrid, makeCanvas } from "./painter.ts";
import type { Phantom } from "./phantom.ts";
import { numberRow, wholeRow } from "../core/parameter-rows.ts";
import { sizeRow, slicesRow } from "./shared-parameters.ts";

const parameters: ParameterTable = {
  size: sizeRow(256),
  slices: slicesRow(),
  sliceMm: numberRow("mm", [0.1, 3, 20], "Distance from slice to slice"),
  fovMm: numberRow("mm", [50, 230, 600], "Side of the field of view"),
  zMm: numberRow(
    "mm",
    [-70, undefined, 90],
    "Height of the first slice above the ventricles; drawn from -30 to 50 when absent",
  ),
  weighting: {
    type: "choice",
    choices: ["T1", "T2"],
    default: "T1",
    about: "Contrast of the sequence",
  },
  texture: numberRow("1", [0, 1, 5], "Multiplier of the textures; 0 makes tissues flat"),
  biasField: numberRow("1", [0, 0, 0.9], "Relative amplitude of the coil's smooth shading"),
  lesions: wholeRow("lesions", [0, 0, 20], "Round lesions in the brain, near the drawn slices"),
  lesionContrast: numberRow("1", [-1, 0.12, 1], "Contrast of the lesions against grey matter"),
  lesionRadiusMm: numberRow("mm", [0.5, 4, 30], "Radius of the lesions"),
};

/** Relative signal of tissues in spin-echo images of usual timing, 1 being the brightest. */
const signals: Readonly<Record<"T1" | "T2", Readonly<Record<CranialTissue, number>>>> = {
  T1: {
    scalp: 0.45,
    fat: 0.95,
    "cortical bone": 0.03,
    marrow: 0.6,
    "cerebrospinal fluid": 0.14,
    "grey matter": 0.46,
    "white matter": 0.66,
    "deep grey matter": 0.52,
    eye: 0.16,
    air: 0,
    lesion: 0.46,
  },
  T2: {
    scalp: 0.35,
    fat: 0.55,
    "cortical bone": 0.03,
    marrow: 0.4,
    "cerebrospinal fluid": 0.95,
    "grey matter": 0.52,
    "white matter": 0.38,
    "deep grey matter": 0.44,
    eye: 0.93,
    air: 0,
    lesion: 0.52,
  },
};

export const brainMr: Phantom = {
  name: "brain-mr",
  title: "Brain in T1 or T2 contrast",
  summary:
    "The head's anatomy with the signal of T1- or T2-weighted magnetic resonance, with optional shading and lesions.",
  references: [],
  unit: "normalised",
  acquisition: "mri-cartesian",
  dimensions: [2, 3],
  labels: cranialTissues,
  parameters,
  draw(stream, given) {
    const p = resolveParameters("brain-mr", parameters, given);
    const drawnZ = -30 + 80 * stream.child("place").uniform();
    const zMm = (p.zMm as number | undefined) ?? drawnZ;
    const size = p.size as number;
    const grid = centredGrid({
      size,
      slices: p.slices as number,
      pixelMm: (p.fovMm as number) / size,
      sliceMm: p.sliceMm as number,
      zMm,
    });
    const canvas = makeCanvas(grid, 0);
    const grain = latticeNoise(stream.child("grain"), { pitch: 4, octaves: 2, gain: 0.8 });
    const shade = latticeNoise(stream.child("shade"), { pitch: 160 });
    const table = signals[p.weighting as "T1" | "T2"];
    const amount = p.texture as number;
    const bias = p.biasField as number;
    const centres = paintCranium(canvas, {
      stream,
      lesion: { count: p.lesions as number, radiusMm: p.lesionRadiusMm as number },
      value: (tissue, x, y, z) => {
        const base = table[tissue] + (tissue === "lesion" ? (p.lesionContrast as number) : 0);
        const textured = base * (1 + 0.03 * amount * grain(x, y, z));
        return Math.max(0, textured * (1 + bias * Math.max(-1, Math.min(1, 0.5 * shade(x, y, z)))));
      },
    });
    return {
      ...canvas.toImages("normalised"),
      truth: { zMm, lesions: centres.length, lesionCentresMm: centres.flat() },
    };
  },
};
