/** Many images of one class and one shape, as rows of numbers. */
import { InputError } from "../core/errors.ts";
import type { Image, IntensityUnit } from "../core/image.ts";
import { layoutOf, sizeOf } from "../core/image.ts";

export interface Cases {
  /** Spatial sizes, `[ny, nx]` or `[nz, ny, nx]`. */
  readonly shape: readonly number[];
  /** Pitch in mm along z, y, x. */
  readonly spacing: readonly [number, number, number];
  readonly unit: IntensityUnit;
  readonly count: number;
  /** Values of one case: the product of `shape`. */
  readonly size: number;
  /** Row-major count×size. */
  readonly data: Float32Array;
  /** Name of each case; the same name in two arms means the same case. */
  readonly ids: readonly string[];
}

/**
 * Cases from images of axes `yx` or `zyx`.
 *
 * @throws InputError on no image, differing shapes or units, more than one block, values that are not finite, or a name used twice
 */
export function casesOf(
  images: readonly Image[],
  options: { ids?: readonly string[] } = {},
): Cases {
  const first = images[0];
  if (!first) throw new InputError("Cannot make cases: found no image, wanted at least one");
  const size = first.data.length;
  const data = new Float32Array(images.length * size);
  const ids = options.ids ?? images.map((_, i) => String(i));
  if (ids.length !== images.length) {
    throw new InputError(
      `Cannot make cases: found ${ids.length} names for ${images.length} images`,
    );
  }
  images.forEach((image, i) => {
    if (layoutOf(image).blocks !== 1) {
      throw new InputError(`Cannot make cases: found axes "${image.axes}", wanted yx or zyx`);
    }
    if (image.shape.join() !== first.shape.join()) {
      throw new InputError(
        `Cannot make cases: found ${image.shape.join("×")} (${ids[i]}) beside ${first.shape.join("×")} (${ids[0]}), wanted one size`,
      );
    }
    if (image.unit !== first.unit) {
      throw new InputError(
        `Cannot make cases: found unit ${image.unit} (${ids[i]}) beside ${first.unit} (${ids[0]}), wanted one unit`,
      );
    }
    for (const v of image.data) {
      if (!Number.isFinite(v)) {
        throw new InputError(
          `Cannot make cases: found a value that is not finite in ${ids[i]}, wanted none`,
        );
      }
    }
    data.set(image.data, i * size);
  });
  return casesOfRows(data, { shape: first.shape, spacing: first.spacing, unit: first.unit, ids });
}

/** Cases from rows of numbers; rows are kept, not copied. */
export function casesOfRows(
  data: Float32Array,
  options: {
    shape: readonly number[];
    spacing?: readonly [number, number, number];
    unit?: IntensityUnit;
    ids?: readonly string[];
  },
): Cases {
  const size = sizeOf(options.shape);
  const count = data.length / size;
  if (!Number.isInteger(count) || count < 1) {
    throw new InputError(
      `Cannot make cases: found ${data.length} values, wanted a multiple of ${size} for shape ${options.shape.join("×")}`,
    );
  }
  const ids = options.ids ?? Array.from({ length: count }, (_, i) => String(i));
  if (new Set(ids).size !== count) {
    const twice =
      ids.find((id, i) => ids.indexOf(id) !== i) ?? `${ids.length} names for ${count} cases`;
    throw new InputError(`Cannot make cases: found the name ${twice} twice, wanted each case once`);
  }
  return Object.freeze({
    shape: Object.freeze([...options.shape]),
    spacing: options.spacing ?? ([1, 1, 1] as const),
    unit: options.unit ?? "arbitrary",
    count,
    size,
    data,
    ids,
  });
}

/** Values of one case, without a copy. */
export function caseAt(cases: Cases, i: number): Float32Array {
  return cases.data.subarray(i * cases.size, (i + 1) * cases.size);
}

/** The cases at the given places, copied. */
export function chooseCases(cases: Cases, places: ArrayLike<number>): Cases {
  const data = new Float32Array(places.length * cases.size);
  const ids: string[] = [];
  for (let k = 0; k < places.length; k++) {
    data.set(caseAt(cases, places[k]!), k * cases.size);
    ids.push(cases.ids[places[k]!]!);
  }
  return casesOfRows(data, { ...cases, ids });
}

/** @throws InputError when two sets differ in shape or unit */
export function checkAlike(a: Cases, b: Cases, what: string): void {
  if (a.shape.join() !== b.shape.join()) {
    throw new InputError(
      `Cannot ${what}: found sizes ${a.shape.join("×")} and ${b.shape.join("×")}, wanted one size`,
    );
  }
  if (a.unit !== b.unit) {
    throw new InputError(`Cannot ${what}: found units ${a.unit} and ${b.unit}, wanted one unit`);
  }
}

/** Mean over cases at every position. */
export function meanCase(cases: Cases): Float64Array {
  const mean = new Float64Array(cases.size);
  for (let i = 0; i < cases.count; i++) {
    const row = caseAt(cases, i);
    for (let j = 0; j < cases.size; j++) mean[j]! += row[j]!;
  }
  return mean.map((v) => v / cases.count);
}

/** Scores wᵀg + offset of all cases. */
export function linearScores(template: Float64Array, cases: Cases): Float64Array {
  const out = new Float64Array(cases.count);
  for (let i = 0; i < cases.count; i++) {
    const row = caseAt(cases, i);
    let sum = 0;
    for (let j = 0; j < row.length; j++) sum += template[j]! * row[j]!;
    out[i] = sum;
  }
  return out;
}
