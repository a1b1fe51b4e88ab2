/** What cone-beam and helical CT share: object checks, counting, conversion to HU. */
import { InputError } from "../core/errors.ts";
import { layoutOf, withData, type Image } from "../core/image.ts";
import type { Stream } from "../core/random.ts";
import type { AcquireContext, Acquired } from "./acquisition.ts";
import { attenuation, attenuationToHounsfield, hounsfieldToAttenuation } from "./attenuation.ts";
import { coneProjector, requireConeSees, type VolumeGrid } from "./cone-projector.ts";
import { measureLineIntegrals } from "./counting.ts";
import { inspectObject, judgeObject, requireHounsfield } from "./ct-object.ts";
import { exposureOf } from "./ct-parameters.ts";
import type { ConeGeometry } from "./geometry.ts";

export interface VolumeScan {
  readonly p: Readonly<Record<string, unknown>>;
  readonly geometryOf: (grid: VolumeGrid) => ConeGeometry;
  /**
   * Length in mm by which the object is thought to go on beyond its first and last slice, which are
   * repeated. Oblique rays through the end slices need it.
   */
  readonly extendMm?: number;
  readonly reconstruct: (
    projections: Float32Array,
    options: { geometry: ConeGeometry; grid: VolumeGrid },
  ) => Float32Array;
  readonly context: AcquireContext;
}

/** HU volume → cone projections → counts → log → reconstruction → HU. */
export async function scanVolume(
  object: Image,
  stream: Stream,
  { p, geometryOf, reconstruct, context, extendMm = 0 }: VolumeScan,
): Promise<Acquired> {
  requireHounsfield(object, "scan");
  if (object.axes !== "zyx") {
    throw new InputError(
      `Cannot scan a plane with a cone: found axes "${object.axes}", wanted "zyx"`,
    );
  }
  const findings = inspectObject(object);
  const notes = judgeObject(findings, {
    work: "scan",
    acceptTruncated: p.acceptTruncated as boolean,
  });
  const { nz, ny, nx } = layoutOf(object);
  const grid: VolumeGrid = { shape: [nz, ny, nx], spacing: object.spacing, centreZMm: 0 };
  const geometry = geometryOf(grid);
  requireConeSees(geometry, {
    radiusMm: findings.borderShare > 0 ? 0 : findings.radiusMm,
    halfHeightMm: (nz * object.spacing[0]) / 2,
  });
  const waterPerMm = attenuation("water", p.energyKeV as number);
  const more = Math.ceil(extendMm / object.spacing[0]);
  const plane = ny * nx;
  const extended = new Float32Array((nz + 2 * more) * plane);
  for (let k = 0; k < nz + 2 * more; k++) {
    const from = Math.max(0, Math.min(nz - 1, k - more)) * plane;
    extended.set(object.data.subarray(from, from + plane), k * plane);
  }
  const projections = coneProjector(geometry, {
    ...grid,
    shape: [nz + 2 * more, ny, nx],
  }).apply(hounsfieldToAttenuation(extended, waterPerMm));
  context.onProgress?.({ done: 1, total: 2, label: "projected" });
  const shares = new Float64Array(geometry.detector.channels).fill(1);
  const exposure = exposureOf(p);
  const toImage = (values: Float32Array): Image =>
    withData(object, attenuationToHounsfield(reconstruct(values, { geometry, grid }), waterPerMm), {
      unit: "HU",
    });
  const noisy = measureLineIntegrals(projections, {
    exposure,
    shares,
    stream: stream.child("counts"),
  });
  const image = toImage(noisy.values);
  context.onProgress?.({ done: 2, total: 2, label: "reconstructed" });
  return {
    image,
    reference:
      context.reference === true
        ? toImage(measureLineIntegrals(projections, { exposure, shares }).values)
        : undefined,
    notes: { ...notes, floored: noisy.notes.floored, fewestQuanta: noisy.notes.fewest },
  };
}
