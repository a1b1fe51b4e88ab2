/** Label images compared: checks, the labels that count, and surfaces. */
import { InputError } from "../core/errors.ts";
import type { Image } from "../core/image.ts";
import { layoutOf } from "../core/image.ts";
import type { ParameterTable } from "../core/parameters.ts";
import { distanceTransform } from "./distance-transform.ts";
import type { MetricContext, MetricResult, MetricSettings } from "./metric.ts";
import { checkPair } from "./planes.ts";
import { checkRegion } from "./region.ts";
import { meanOverParts } from "./result.ts";

export interface LabelPair {
  /** Labels that either image holds inside the mask, without 0, ascending. */
  readonly labels: readonly number[];
  /** Voxels of one label of the image and of the reference. */
  masksOf(label: number): { a: Uint8Array; b: Uint8Array };
  readonly shape: readonly [number, number, number];
  readonly spacing: readonly [number, number, number];
  readonly settings: MetricSettings;
}

export const labelParameter: ParameterTable = {
  label: {
    type: "integer",
    unit: "1",
    min: 0,
    max: 65535,
    default: 0,
    about:
      "label to compare; 0 takes the mean over the labels of both images, and says for how many it could not",
  },
};

/** @throws InputError when values are no whole labels, or sizes differ */
export function labelPair(
  image: Image,
  context: MetricContext,
  options: { metric: string; label: number },
): LabelPair {
  const { metric, label } = options;
  const { reference, mask } = context;
  if (!reference)
    throw new InputError(
      `Cannot measure ${metric}: found no reference labels, wanted an image of them`,
    );
  checkPair(image, reference, metric);
  if (context.window)
    throw new InputError(`Cannot measure ${metric} in a grey window: found labels, wanted none`);
  const { blocks, nz, ny, nx } = layoutOf(image);
  if (blocks !== 1)
    throw new InputError(`Cannot measure ${metric}: found axes "${image.axes}", wanted yx or zyx`);
  if (mask) checkRegion(mask, image);
  const plane = ny * nx;
  const counts = (i: number) => !mask || mask.inside[mask.shape.length === 2 ? i % plane : i] === 1;
  const labels = new Set<number>();
  for (const { data } of [image, reference]) {
    data.forEach((v, i) => {
      if (!Number.isInteger(v) || v < 0) {
        throw new InputError(
          `Cannot measure ${metric}: found value ${v}, wanted whole labels from 0`,
        );
      }
      if (v !== 0 && counts(i)) labels.add(v);
    });
  }
  const pick = (data: Float32Array, want: number): Uint8Array => {
    const out = new Uint8Array(data.length);
    for (let i = 0; i < data.length; i++) if (data[i] === want && counts(i)) out[i] = 1;
    return out;
  };
  return {
    labels: label > 0 ? [label] : [...labels].sort((x, y) => x - y),
    masksOf: (want) => ({ a: pick(image.data, want), b: pick(reference.data, want) }),
    shape: [nz, ny, nx],
    spacing: image.spacing,
    settings: {
      window: null,
      clip: "none",
      dataRange: null,
      dataRangeFrom: "not used",
      mask: mask ? { name: mask.name, voxels: mask.voxels } : null,
      averaging:
        label > 0
          ? "one label over the whole image"
          : `per label over the whole image, then mean over ${labels.size} labels`,
      variant: { label },
    },
  };
}

/**
 * A value for each label, then their mean over the labels that have one.
 *
 * @param options.value of the voxels of one label in the image and in the reference; NaN where it has none
 */
export function meanOverLabels(
  pair: LabelPair,
  options: {
    readonly unit: string;
    readonly value: (a: Uint8Array, b: Uint8Array) => number;
    readonly undefinedness: { readonly cause: string; readonly remedy: string };
  },
): MetricResult {
  const { unit, value, undefinedness } = options;
  const values = new Map<string, number>();
  for (const label of pair.labels) {
    const { a, b } = pair.masksOf(label);
    values.set(`label ${label}`, value(a, b));
  }
  return meanOverParts(values, {
    what: "labels",
    unit,
    undefinedness,
    settings: pair.settings,
    parts: Object.fromEntries([...values].filter(([, v]) => !Number.isNaN(v))),
  });
}

/** Voxels of a set with a face neighbour outside it; the image's border counts as outside. */
function surfaceOf(set: Uint8Array, shape: readonly [number, number, number]): Uint8Array {
  const [nz, ny, nx] = shape;
  const out = new Uint8Array(set.length);
  for (let k = 0, i = 0; k < nz; k++) {
    for (let j = 0; j < ny; j++) {
      for (let l = 0; l < nx; l++, i++) {
        if (!set[i]) continue;
        const inner =
          (nz === 1 || (k > 0 && k < nz - 1 && set[i - ny * nx] && set[i + ny * nx])) &&
          j > 0 &&
          j < ny - 1 &&
          set[i - nx] &&
          set[i + nx] &&
          l > 0 &&
          l < nx - 1 &&
          set[i - 1] &&
          set[i + 1];
        out[i] = inner ? 0 : 1;
      }
    }
  }
  return out;
}

/** Why surface distances may have no value. */
export const noSurface = {
  cause: "no label has voxels in both images, so that no surface distance has a value",
  remedy: "report a label that one of them misses as a failure, not as a distance",
};

/** Distances in mm from each surface voxel of one set to the other's surface, both ways; null when one set is empty. */
export function surfaceDistances(
  a: Uint8Array,
  b: Uint8Array,
  options: { shape: readonly [number, number, number]; spacing: readonly [number, number, number] },
): { forward: Float64Array; backward: Float64Array } | null {
  const sa = surfaceOf(a, options.shape);
  const sb = surfaceOf(b, options.shape);
  if (!sa.includes(1) || !sb.includes(1)) return null;
  const toB = distanceTransform(sb, options);
  const toA = distanceTransform(sa, options);
  return {
    forward: toB.filter((_, i) => sa[i] === 1),
    backward: toA.filter((_, i) => sb[i] === 1),
  };
}
