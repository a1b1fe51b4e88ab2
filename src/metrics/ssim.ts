/**
 * Structural similarity [wang2004image].
 *
 *   SSIM = (2 m_a m_b + C₁)(2 c_ab + C₂) / ((m_a² + m_b² + C₁)(v_a + v_b + C₂)),
 *
 * C₁ = (K₁L)², C₂ = (K₂L)², moments taken in a sliding window, the value being the mean of the map over
 * the positions where the window fits. Windows: Gaussian 11×11, σ = 1.5 px, population moments; or
 * uniform 7×7 with the n/(n−1) sample covariance, another common convention.
 *
 * `range-factor` multiplies L in C₁ and C₂ alone. With 2 it gives the figures of papers that took the
 * range of a signed float image (−1 … 1) for images on [0, 1] while their PSNR used 1.
 */
import { resolveParameters } from "../core/parameters.ts";
import type { ParameterTable } from "../core/parameters.ts";
import { filterValid, gaussianWeights, product } from "./filters.ts";
import type { Field } from "./filters.ts";
import type { Metric } from "./metric.ts";
import { cropMask, meanOverMask, prepare } from "./planes.ts";
import type { Plane } from "./planes.ts";
import { meanOverPlanes } from "./result.ts";

/** Maps of luminance and of contrast-and-structure at positions where the window fits. */
export interface SsimMaps {
  readonly luminance: Float64Array;
  readonly contrast: Float64Array;
  readonly ny: number;
  readonly nx: number;
}

export interface SsimOptions {
  readonly window: "gaussian" | "uniform";
  readonly dataRange: number;
  readonly k1: number;
  readonly k2: number;
}

/** Side of a window in pixels. */
export const windowSize = (window: unknown): number => (window === "uniform" ? 7 : 11);

/** A variance, 0 where it is what rounding leaves of a mean square. */
const withoutDust = (variance: number, square: number): number =>
  variance > 1e-13 * square ? variance : 0;

/** The two factors of SSIM as maps; their product is the SSIM map. */
export function ssimMaps(a: Field, b: Field, options: SsimOptions): SsimMaps {
  const uniform = options.window === "uniform";
  const weights = uniform ? new Float64Array(7).fill(1 / 7) : gaussianWeights(11, 1.5);
  const bessel = uniform ? 49 / 48 : 1;
  const c1 = (options.k1 * options.dataRange) ** 2;
  const c2 = (options.k2 * options.dataRange) ** 2;
  const smooth = (data: Float64Array) => filterValid({ data, ny: a.ny, nx: a.nx }, weights);
  const ma = smooth(a.data);
  const mb = smooth(b.data).data;
  const maa = smooth(product(a.data, a.data)).data;
  const mbb = smooth(product(b.data, b.data)).data;
  const mab = smooth(product(a.data, b.data)).data;
  const luminance = new Float64Array(mab.length);
  const contrast = new Float64Array(mab.length);
  for (let i = 0; i < mab.length; i++) {
    const x = ma.data[i]!;
    const y = mb[i]!;
    const vx = bessel * withoutDust(maa[i]! - x * x, maa[i]!);
    const vy = bessel * withoutDust(mbb[i]! - y * y, mbb[i]!);
    luminance[i] = (2 * x * y + c1) / (x * x + y * y + c1);
    const cov = vx > 0 && vy > 0 ? bessel * (mab[i]! - x * y) : 0;
    contrast[i] = (2 * cov + c2) / (vx + vy + c2);
  }
  return { luminance, contrast, ny: ma.ny, nx: ma.nx };
}

/** Parameters that SSIM and its multi-scale form share. */
export const ssimParameters: ParameterTable = {
  "window-shape": {
    type: "choice",
    choices: ["gaussian", "uniform"],
    default: "gaussian",
    about: "gaussian: 11×11, σ 1.5 px; uniform: 7×7 with sample covariance",
  },
  "range-factor": {
    type: "number",
    unit: "1",
    min: 0.01,
    max: 100,
    default: 1,
    about:
      "multiplies the data range in the two constants; 2 reproduces papers that took the range of a signed image",
  },
  k1: {
    type: "number",
    unit: "1",
    min: 0,
    max: 1,
    default: 0.01,
    about: "luminance constant; larger hides differences of dark means",
  },
  k2: {
    type: "number",
    unit: "1",
    min: 0,
    max: 1,
    default: 0.03,
    about: "contrast constant; larger hides differences of weak texture",
  },
};

export const ssim: Metric = {
  name: "ssim",
  title: "SSIM",
  summary:
    "Mean likeness of local means, contrasts and structure to the reference's; depends on window and data range, which it states.",
  references: ["wang2004image"],
  reads: "pair",
  unit: "1",
  better: "higher",
  identity: 1,
  scaling: "invariant",
  reach: 5,
  smallest: 11,
  regions: [],
  parameters: ssimParameters,
  measure(image, context = {}, given = {}) {
    const variant = resolveParameters("ssim", this.parameters, given);
    const size = windowSize(variant["window-shape"]);
    const prepared = prepare(image, context, {
      metric: "ssim",
      variant,
      reads: "pair",
      usesRange: true,
      smallest: size,
    });
    const value = (p: Plane): number => {
      const { ny, nx } = p;
      const maps = ssimMaps(
        { data: p.values, ny, nx },
        { data: p.reference, ny, nx },
        {
          window: variant["window-shape"] as SsimOptions["window"],
          dataRange: prepared.dataRange * (variant["range-factor"] as number),
          k1: variant.k1 as number,
          k2: variant.k2 as number,
        },
      );
      const r = (size - 1) / 2;
      return meanOverMask(
        product(maps.luminance, maps.contrast),
        cropMask(p.mask, { ny, nx, before: r, after: r }),
      );
    };
    return meanOverPlanes(prepared, {
      value,
      unit: "1",
      undefinedness: {
        cause: "no window centre lies inside the mask, or both constants are 0 on a constant image",
        remedy: "widen the mask, or keep k1 and k2 above 0",
      },
    });
  },
};
