/**
 * Class means and pooled covariance of any number of images in bounded memory.
 *
 * Batches are shifted by the mean of the first batch, summed as outer products, and the class means
 * taken off at the end:
 *
 *   S = [ Σ (g−c)(g−c)ᵀ − n₀ (m₀−c)(m₀−c)ᵀ − n₁ (m₁−c)(m₁−c)ᵀ ] / (n₀ + n₁ − 2).
 */
import { InputError } from "../core/errors.ts";
import type { Refusal } from "./observer.ts";
import { columnSums, type OuterSum, outerSum, requireFinite } from "./outer-sum.ts";
import { solveSymmetric } from "./solve-symmetric.ts";

export interface CaseMoments {
  /** Variables. */
  readonly size: number;
  readonly absent: { readonly count: number; readonly mean: Float64Array };
  readonly present: { readonly count: number; readonly mean: Float64Array };
  /** Mean of the present class minus that of the absent one. */
  readonly difference: Float64Array;
  /** Pooled covariance with n₀ + n₁ − 2 degrees of freedom, row-major size×size. */
  readonly covariance: Float64Array;
}

export interface StreamingMoments {
  readonly size: number;
  /** Adds a batch of images of one class, laid one after the other. The batch is not changed and not kept. */
  add(rows: Float32Array, present: boolean): Promise<void>;
  /** @throws InputError when a class has no image or both together have fewer than three */
  result(): Promise<CaseMoments>;
}

/**
 * Opens a running estimate of two class means and a pooled covariance.
 *
 * @param size values of an image
 * @param options.sums where outer products are summed; size² float64 values by default
 */
export function streamingMoments(
  size: number,
  options: { sums?: OuterSum } = {},
): StreamingMoments {
  const sums: OuterSum = options.sums ?? outerSum(size);
  const count = { absent: 0, present: 0 };
  const total = { absent: new Float64Array(size), present: new Float64Array(size) };
  let shift: Float32Array | undefined;
  let whole = true;
  return {
    size,
    add: async (rows, present) => {
      const n = rows.length / size;
      if (!Number.isInteger(n)) {
        throw new InputError(
          `Cannot add images: found ${rows.length} values, wanted a multiple of ${size}`,
        );
      }
      if (n === 0) return;
      const key = present ? "present" : "absent";
      if (!shift) {
        const first = columnSums(rows, size);
        requireFinite(first);
        // float32, so that shifted values round as the sums assume.
        shift = Float32Array.from(first, (v) => v / n);
      }
      whole = false;
      await sums.add(rows, { shift, total: total[key] });
      whole = true;
      count[key] += n;
    },
    result: async () => {
      if (!whole) {
        throw new InputError(
          "Cannot estimate a covariance: found a batch that failed half way, wanted all of them whole",
        );
      }
      if (count.absent < 1 || count.present < 1 || count.absent + count.present < 3 || !shift) {
        throw new InputError(
          `Cannot estimate a covariance: found ${count.absent} images without and ${count.present} with signal, wanted at least 1 of each and 3 in all`,
        );
      }
      const c = shift;
      const mean = {
        absent: total.absent.map((v) => v / count.absent),
        present: total.present.map((v) => v / count.present),
      };
      const covariance = await sums.matrix();
      const free = count.absent + count.present - 2;
      for (let i = 0; i < size; i++) {
        const a = count.absent * (mean.absent[i]! - c[i]!);
        const p = count.present * (mean.present[i]! - c[i]!);
        const row = i * size;
        for (let j = 0; j < size; j++) {
          covariance[row + j] =
            (covariance[row + j]! -
              a * (mean.absent[j]! - c[j]!) -
              p * (mean.present[j]! - c[j]!)) /
            free;
        }
      }
      return {
        size,
        absent: { count: count.absent, mean: mean.absent },
        present: { count: count.present, mean: mean.present },
        difference: mean.present.map((v, i) => v - mean.absent[i]!),
        covariance,
      };
    },
  };
}

/** Template and figures of a Hotelling observer from moments. */
export interface HotellingTemplate {
  readonly status: "ok";
  readonly template: Float64Array;
  /** ‖K w − s‖/‖s‖ of the linear system. */
  readonly residual: number;
  /** Unbiased estimate of d'² from training images, (f − p − 1)/f · sᵀS⁻¹s − p(1/n₀ + 1/n₁) with f = n₀ + n₁ − 2; NaN when the signal was given. */
  readonly separation: number;
}

/**
 * Hotelling template K⁻¹s of streamed moments.
 *
 * @param options.signal known mean signal in place of the difference of means
 * @param options.ridge variance added to the diagonal, for covariances of noise-free backgrounds (σ²)
 */
export function hotellingOfMoments(
  moments: CaseMoments,
  options: { signal?: Float64Array; ridge?: number } = {},
): HotellingTemplate | Refusal {
  const { size, covariance, absent, present } = moments;
  const free = absent.count + present.count - 2;
  const { ridge = 0 } = options;
  if (ridge === 0 && free <= size) {
    return {
      status: "refused",
      cause: `${absent.count + present.count} images cannot give an invertible covariance of ${size} values`,
      remedy: `use more than ${size + 2} images, a known noise part, shrinkage, or channels`,
    };
  }
  const k = ridge === 0 ? covariance : Float64Array.from(covariance);
  if (ridge !== 0) for (let i = 0; i < size; i++) k[i * size + i]! += ridge;
  const signal = options.signal ?? moments.difference;
  const solved = solveSymmetric(k, signal);
  if (solved.status !== "ok") return solved;
  const raw = signal.reduce((s, v, i) => s + v * solved.x[i]!, 0);
  const separation =
    options.signal || ridge !== 0
      ? NaN
      : ((free - size - 1) / free) * raw - size * (1 / absent.count + 1 / present.count);
  return { status: "ok", template: solved.x, residual: solved.residual, separation };
}
