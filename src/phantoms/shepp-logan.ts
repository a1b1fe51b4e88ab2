/**
 * Shepp–Logan head in two or three dimensions [shepp1974fourier, toft1996radon], with the published
 * contrasts or with the stronger ones that are usual since.
 *
 * The published values are densities relative to water, so `original` comes out in HU,
 * 1000·(density − 1); `modified` is normalised to [0, 1].
 */
import { makeImage } from "../core/image.ts";
import { resolveParameters, type ParameterTable } from "../core/parameters.ts";
import type { Phantom } from "./phantom.ts";
import { numberRow, wholeRow } from "../core/parameter-rows.ts";
import { sizeRow, slicesRow } from "./shared-parameters.ts";

/** An ellipsoid of the phantom in units of half the field of view; x to the left, y to the back, z up. */
export interface PhantomEllipsoid {
  readonly original: number;
  readonly modified: number;
  readonly radii: readonly [number, number, number];
  readonly centre: readonly [number, number, number];
  /** Rotation about z in degrees, from x towards y. */
  readonly turnDegrees: number;
}

/** [original, modified, a, b, c, x, y (up), z, angle (counter-clockwise with y up)]. */
const rows: readonly (readonly number[])[] = [
  [2, 1, 0.69, 0.92, 0.81, 0, 0, 0, 0],
  [-0.98, -0.8, 0.6624, 0.874, 0.78, 0, -0.0184, 0, 0],
  [-0.02, -0.2, 0.11, 0.31, 0.22, 0.22, 0, 0, -18],
  [-0.02, -0.2, 0.16, 0.41, 0.28, -0.22, 0, 0, 18],
  [0.01, 0.1, 0.21, 0.25, 0.41, 0, 0.35, -0.15, 0],
  [0.01, 0.1, 0.046, 0.046, 0.05, 0, 0.1, 0.25, 0],
  [0.01, 0.1, 0.046, 0.046, 0.05, 0, -0.1, 0.25, 0],
  [0.01, 0.1, 0.046, 0.023, 0.05, -0.08, -0.605, 0, 0],
  [0.01, 0.1, 0.023, 0.023, 0.02, 0, -0.606, 0, 0],
  [0.01, 0.1, 0.023, 0.046, 0.02, 0.06, -0.605, 0, 0],
];

/** The ten ellipsoids; in the plane, the first two radii and centres count. */
export const sheppLoganEllipsoids: readonly PhantomEllipsoid[] = rows.map(
  ([original, modified, a, b, c, x, y, z, angle]) => ({
    original: original!,
    modified: modified!,
    radii: [a!, b!, c!],
    centre: [x!, -y!, z!],
    turnDegrees: -angle!,
  }),
);

const parameters: ParameterTable = {
  size: sizeRow(256),
  slices: slicesRow(),
  contrast: {
    type: "choice",
    choices: ["modified", "original"],
    default: "modified",
    about: "Modified: strong contrasts on [0, 1]; original: published densities, in HU",
  },
  fovMm: numberRow("mm", [1, 220, 1000], "Side of the field of view"),
  zFraction: numberRow(
    "1",
    [-1, 0, 1],
    "Volumes: height of the middle slice in units of half the field of view",
  ),
  oversample: wholeRow(
    "1",
    [1, 3, 16],
    "Points along each side of a pixel that decide its coverage",
  ),
};

export const sheppLogan: Phantom = {
  name: "shepp-logan",
  title: "Shepp–Logan head",
  summary:
    "Ten ellipses or ellipsoids, with known projections and transform: the test object of tomography.",
  references: ["shepp1974fourier", "toft1996radon"],
  unit: "normalised",
  acquisition: "direct",
  dimensions: [2, 3],
  labels: {},
  parameters,
  draw(_stream, given) {
    const p = resolveParameters("shepp-logan", parameters, given);
    const size = p.size as number;
    const slices = p.slices as number;
    const fov = p.fovMm as number;
    const n = p.oversample as number;
    const original = p.contrast === "original";
    const values = new Float32Array(slices * size * size);
    const step = 2 / (size * n);
    for (const e of sheppLoganEllipsoids) {
      const [rx, ry, rz] = e.radii;
      const [cx, cy, cz] = e.centre;
      const angle = (e.turnDegrees * Math.PI) / 180;
      const c = Math.cos(angle);
      const s = Math.sin(angle);
      const weight = (original ? e.original : e.modified) / (n * n);
      const reach = Math.max(rx, ry);
      const from = (centre: number) => Math.max(0, Math.floor((centre - reach + 1) / step) - 1);
      const to = (centre: number) => Math.min(size * n, Math.ceil((centre + reach + 1) / step) + 1);
      for (let k = 0; k < slices; k++) {
        // Slices have the pitch of the pixels, about the middle slice.
        const z = (p.zFraction as number) + ((k - (slices - 1) / 2) * 2) / size;
        // The plane of the published phantom cuts none of its ellipses away.
        const w = slices === 1 ? 0 : (z - cz) / rz;
        if (w * w >= 1) continue;
        for (let b = from(cy); b < to(cy); b++) {
          const y = (b + 0.5) * step - 1 - cy;
          const row = (k * size + Math.floor(b / n)) * size;
          for (let a = from(cx); a < to(cx); a++) {
            const x = (a + 0.5) * step - 1 - cx;
            const u = (c * x + s * y) / rx;
            const v = (c * y - s * x) / ry;
            if (u * u + v * v + w * w < 1) values[row + Math.floor(a / n)]! += weight;
          }
        }
      }
    }
    if (original) for (let i = 0; i < values.length; i++) values[i] = 1000 * (values[i]! - 1);
    const pixel = fov / size;
    const half = ((size - 1) * pixel) / 2;
    const image = makeImage(values, slices === 1 ? [size, size] : [slices, size, size], {
      spacing: [pixel, pixel, pixel],
      origin: [-half, -half, (((p.zFraction as number) * size) / 2 - (slices - 1) / 2) * pixel],
      unit: original ? "HU" : "normalised",
    });
    return { image, truth: {} };
  },
};
