/** Scans of planes and of volumes slice by slice, over worker threads. */
import { InputError } from "../core/errors.ts";
import { layoutOf, makeImage, type Image } from "../core/image.ts";
import type { Stream } from "../core/random.ts";
import { mapInWorkers } from "../parallel/map-in-workers.ts";
import type { AcquireContext, Acquired } from "./acquisition.ts";
import { drawSeed, gridOf, inspectObject, judgeObject, requireHounsfield } from "./ct-object.ts";
import { exposureOf } from "./ct-parameters.ts";
import {
  simulateSliceWork,
  type SimulatedSlice,
  type SimulateSliceTask,
  type SliceScan,
} from "./ct-slice.ts";
import type { KernelName } from "./filter.ts";
import { requireSees, type PlanarGeometry } from "./geometry.ts";
import type { PlaneGrid } from "./planar-projector.ts";

/** A scan from resolved parameters of a CT acquisition. */
export function scanOf(
  p: Readonly<Record<string, unknown>>,
  {
    geometry,
    grid,
    imageGrid,
  }: { geometry: PlanarGeometry; grid: PlaneGrid; imageGrid: PlaneGrid },
): SliceScan {
  return {
    geometry,
    grid,
    imageGrid,
    exposure: exposureOf(p),
    kernel: p.kernel as KernelName,
    energyKeV: p.energyKeV as number,
    bowtieMm: p.bowtieMm as number,
    kV: p.kV as number,
    waterCorrection: p.waterCorrection as boolean,
  };
}

/** Grid of the reconstruction: the object's own, or the square that the parameters ask for. */
function imageGridOf(object: Image, p: Readonly<Record<string, unknown>>): PlaneGrid {
  const own = gridOf(object);
  const size = p.imageSize as number | undefined;
  const fov = p.imageFovMm as number | undefined;
  if (size === undefined && fov === undefined) return own;
  const n = size ?? own.nx;
  const pixel = (fov ?? own.nx * own.pixelMm[0]) / n;
  return { nx: n, ny: n, pixelMm: [pixel, pixel], centreMm: [0, 0] };
}

/**
 * Scans every slice of a plane or volume in HU with a planar geometry.
 *
 * @param p resolved parameters of the acquisition
 */
export async function scanSlices(
  object: Image,
  stream: Stream,
  options: {
    geometryOf: (grid: PlaneGrid) => PlanarGeometry;
    p: Readonly<Record<string, unknown>>;
    context?: AcquireContext;
  },
): Promise<Acquired> {
  const { p, context = {} } = options;
  requireHounsfield(object, "scan");
  const findings = inspectObject(object);
  const notes = judgeObject(findings, {
    work: "scan",
    acceptTruncated: p.acceptTruncated as boolean,
  });
  const grid = gridOf(object);
  const geometry = options.geometryOf(grid);
  requireSees(geometry, findings.borderShare > 0 ? 0 : findings.radiusMm);
  const imageGrid = imageGridOf(object, p);
  const scan = scanOf(p, { geometry, grid, imageGrid });
  const { nz, ny, nx } = layoutOf(object);
  const reference = context.reference === true;
  const tasks = Array.from(
    { length: nz },
    (_, k): SimulateSliceTask => ({
      hu: object.data.slice(k * ny * nx, (k + 1) * ny * nx),
      scan,
      seed: drawSeed(stream.child("slice", k)),
      reference,
    }),
  );
  const slices = await mapInWorkers(simulateSliceWork, tasks, {
    ...context,
    label: "scanning slices",
  });
  const plane = imageGrid.nx * imageGrid.ny;
  const gather = (pick: (s: SimulatedSlice) => Float32Array | undefined): Image => {
    const all = new Float32Array(nz * plane);
    slices.forEach((s, k) => {
      const values = pick(s);
      if (values === undefined) {
        throw new InputError(
          "Cannot gather slices: found one without the values asked for, wanted all",
        );
      }
      all.set(values, k * plane);
    });
    return placeImage(object, all, imageGrid);
  };
  const floored = slices.reduce((s, v) => s + v.notes.floored, 0);
  return {
    image: gather((s) => s.image),
    reference: reference ? gather((s) => s.reference) : undefined,
    notes: {
      ...notes,
      views: geometry.views,
      channels: geometry.detector.channels,
      floored,
      fewestQuanta: slices.reduce((s, v) => Math.min(s, v.notes.fewest), Infinity),
    },
  };
}

/** Values on a reconstruction grid as an image about the object's middle. */
function placeImage(object: Image, values: Float32Array, grid: PlaneGrid): Image {
  const { nz, ny, nx } = layoutOf(object);
  const [sz, sy, sx] = object.spacing;
  const shape = object.axes === "yx" ? [grid.ny, grid.nx] : [nz, grid.ny, grid.nx];
  const d = object.direction;
  const stepX = ((nx - 1) * sx - (grid.nx - 1) * grid.pixelMm[0]) / 2;
  const stepY = ((ny - 1) * sy - (grid.ny - 1) * grid.pixelMm[1]) / 2;
  const origin = [0, 1, 2].map(
    (r) => object.origin[r]! + d[3 * r]! * stepX + d[3 * r + 1]! * stepY,
  ) as [number, number, number];
  return makeImage(values, shape, {
    spacing: [sz, grid.pixelMm[1], grid.pixelMm[0]],
    origin,
    direction: object.direction,
    orientationKnown: object.orientationKnown,
    unit: "HU",
  });
}
