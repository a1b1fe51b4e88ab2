/**
 * Uniform water cylinder with disc inserts: the low-contrast module of the MITA body phantom
 * [vaishnav2014objective] and modules like those of a line-up of rods with set contrast.
 *
 * Insert centres lie on a circle of 0.4 times the cylinder's radius, as in the published digital
 * phantom of that module.
 */
import { makeImage } from "../core/image.ts";
import {
  resolveParameters,
  type ParameterTable,
  type ParameterValues,
} from "../core/parameters.ts";
import { centredGrid, makeCanvas } from "./painter.ts";
import type { Phantom } from "./phantom.ts";
import { numberRow, wholeRow } from "../core/parameter-rows.ts";
import { sizeRow, slicesRow } from "./shared-parameters.ts";
import { ellipsoid } from "./solids.ts";

export interface Insert {
  readonly diameterMm: number;
  readonly contrastHU: number;
  /** Centre in mm from the phantom's axis. */
  readonly xMm: number;
  readonly yMm: number;
}

/** Diameter in mm and contrast in HU of the inserts of each module. */
const modules: Readonly<Record<string, readonly (readonly [number, number])[]>> = {
  "mita-lcd": [
    [3, 14],
    [5, 7],
    [7, 5],
    [10, 3],
  ],
  "low-contrast-ring": [
    [15, 10],
    [9, 10],
    [8, 10],
    [7, 10],
    [6, 10],
    [5, 10],
    [4, 10],
    [3, 10],
  ],
  sensitometry: [
    [12, -1000],
    [12, -200],
    [12, -100],
    [12, -35],
    [12, 120],
    [12, 340],
    [12, 990],
  ],
  single: [[10, 3]],
  none: [],
};

/** Angles in degrees from +x towards +y of the MITA module's inserts, as in the digital phantom. */
const mitaAngles = [-45, -135, 135, 45];

const parameters: ParameterTable = {
  size: sizeRow(256),
  slices: slicesRow(),
  sliceMm: numberRow("mm", [0.1, 3, 100], "Distance from slice to slice"),
  diameterMm: numberRow("mm", [10, 200, 800], "Diameter of the water cylinder"),
  fovMm: numberRow(
    "mm",
    [10, undefined, 1600],
    "Side of the field of view; 1.1 times the diameter when absent",
  ),
  module: {
    type: "choice",
    choices: Object.keys(modules),
    default: "mita-lcd",
    about:
      "Set of inserts: MITA low contrast, a ring of 10 HU rods, sensitometry rods, one, or none",
  },
  insertHU: numberRow(
    "HU",
    [-2000, undefined, 5000],
    "Contrast of the single insert; 3 when absent",
  ),
  insertMm: numberRow("mm", [0.5, undefined, 100], "Diameter of the single insert; 10 when absent"),
  present: {
    type: "boolean",
    default: true,
    about: "Whether the inserts are there; without them the image is the signal-absent partner",
  },
  waterHU: numberRow("HU", [-1000, 0, 1000], "Value of the cylinder"),
  oversample: wholeRow(
    "1",
    [1, 4, 16],
    "Points along each side of a pixel that decide its coverage",
  ),
};

/** Inserts of the phantom with these parameters, with their places. */
export function insertsOf(given?: ParameterValues): Insert[] {
  const p = resolveParameters("water-inserts", parameters, given);
  const ring = 0.4 * ((p.diameterMm as number) / 2);
  const rows: readonly (readonly [number, number])[] =
    p.module === "single"
      ? [[(p.insertMm as number | undefined) ?? 10, (p.insertHU as number | undefined) ?? 3]]
      : modules[p.module as string]!;
  return rows.map(([diameterMm, contrastHU], n) => {
    const degrees =
      p.module === "mita-lcd"
        ? mitaAngles[n]!
        : p.module === "single"
          ? 0
          : (360 * n) / rows.length;
    const radius = p.module === "single" ? 0 : ring;
    const angle = (degrees * Math.PI) / 180;
    return { diameterMm, contrastHU, xMm: radius * Math.cos(angle), yMm: radius * Math.sin(angle) };
  });
}

export const waterInserts: Phantom = {
  name: "water-inserts",
  title: "Water cylinder with inserts",
  summary:
    "Uniform water with disc inserts of known size and contrast (MITA low contrast, contrast ring, sensitometry) for detectability, HU and noise.",
  references: ["vaishnav2014objective"],
  unit: "HU",
  acquisition: "ct-fan",
  dimensions: [2, 3],
  labels: { 1: "water", 2: "insert" },
  parameters,
  draw(_stream, given) {
    const p = resolveParameters("water-inserts", parameters, given);
    const size = p.size as number;
    const diameter = p.diameterMm as number;
    const fovMm = (p.fovMm as number | undefined) ?? 1.1 * diameter;
    const n = p.oversample as number;
    const fine = centredGrid({
      size: size * n,
      slices: 1,
      pixelMm: fovMm / (size * n),
      sliceMm: 1,
      zMm: 0,
    });
    const canvas = makeCanvas(fine, -1000);
    const water = p.waterHU as number;
    const disc = (x: number, y: number, d: number) =>
      ellipsoid({ centre: [x, y, 0], radii: [d / 2, d / 2, 1e6] });
    canvas.paint(disc(0, 0, diameter), water, 1);
    const inserts = insertsOf(given);
    if (p.present as boolean) {
      for (const { xMm, yMm, diameterMm, contrastHU } of inserts) {
        canvas.paint(disc(xMm, yMm, diameterMm), water + contrastHU, 2);
      }
    }
    const plane = new Float32Array(size * size);
    const labels = new Float32Array(size * size);
    const mid = Math.floor(n / 2);
    for (let j = 0; j < size; j++) {
      for (let i = 0; i < size; i++) {
        let sum = 0;
        for (let b = 0; b < n; b++) {
          for (let a = 0; a < n; a++) sum += canvas.values[(j * n + b) * size * n + i * n + a]!;
        }
        plane[j * size + i] = sum / (n * n);
        labels[j * size + i] = canvas.labels[(j * n + mid) * size * n + i * n + mid]!;
      }
    }
    const slices = p.slices as number;
    const repeat = (values: Float32Array): Float32Array => {
      const all = new Float32Array(slices * values.length);
      for (let k = 0; k < slices; k++) all.set(values, k * values.length);
      return all;
    };
    const pixel = fovMm / size;
    const half = ((size - 1) * pixel) / 2;
    const shape = slices === 1 ? [size, size] : [slices, size, size];
    const geometry = {
      spacing: [p.sliceMm as number, pixel, pixel] as const,
      origin: [-half, -half, (-(slices - 1) * (p.sliceMm as number)) / 2] as const,
    };
    return {
      image: makeImage(repeat(plane), shape, { ...geometry, unit: "HU" }),
      labels: makeImage(repeat(labels), shape, geometry),
      truth: {
        insertDiametersMm: inserts.map((i) => i.diameterMm),
        insertContrastsHU: inserts.map((i) => i.contrastHU),
        insertXMm: inserts.map((i) => i.xMm),
        insertYMm: inserts.map((i) => i.yMm),
      },
    };
  },
};
