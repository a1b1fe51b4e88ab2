/**
 * Gaussian smoothing, separable, cut at 4 widths, mirrored borders. Without a width, the one that
 * minimises Stein's unbiased risk estimate [stein1981estimation] of the linear filter K,
 *
 *   SURE(w) = ‖y − Ky‖²/N + 2σ² k(0) − σ²,
 *
 * which needs white noise. Residuals count up to 3σ: noise hardly passes that, and the few edges of a CT slice, a
 * hundred noise levels high, would outweigh all of its tissue and forbid every width. Along z the width is multiplied with (pixel spacing / slice spacing).
 */
import { type Image, layoutOf } from "../core/image.ts";
import { blockDenoiser } from "./block-denoiser.ts";
import { type Block, type BlockTask, mirrored } from "./blocks.ts";
import type { Denoiser } from "./denoiser.ts";
import { atOnce, inTurns, type Steps } from "./turns.ts";

interface GaussianSettings {
  /** Standard deviations of the kernel along z, y, x in px. */
  readonly widths: readonly [number, number, number];
}

/** Kernel values at 0, 1 … ⌈4w⌉, of sum 1 over both sides. */
export function gaussianTaps(width: number): Float64Array {
  if (width < 0.05) return Float64Array.of(1);
  const taps = new Float64Array(Math.ceil(4 * width) + 1);
  let sum = 0;
  for (let k = 0; k < taps.length; k++) {
    taps[k] = Math.exp((-k * k) / (2 * width * width));
    sum += k === 0 ? taps[k]! : 2 * taps[k]!;
  }
  return taps.map((t) => t / sum);
}

/** Separable Gaussian smoothing of a block. */
export function gaussianBlock(task: BlockTask<GaussianSettings>): Float32Array {
  const { block, parameters } = task;
  const [wz, wy, wx] = parameters.widths;
  let out = alongX(block, gaussianTaps(wx));
  out = alongRows({ ...block, data: out }, gaussianTaps(wy), "y");
  return block.nz > 1 ? alongRows({ ...block, data: out }, gaussianTaps(wz), "z") : out;
}

function alongX({ data, nx }: Block, taps: Float64Array): Float32Array {
  const out = new Float32Array(data.length);
  const reach = taps.length - 1;
  const row = new Float64Array(nx + 2 * reach);
  for (let start = 0; start < data.length; start += nx) {
    for (let x = -reach; x < nx + reach; x++) row[x + reach] = data[start + mirrored(x, nx)]!;
    for (let x = 0; x < nx; x++) {
      let sum = taps[0]! * row[x + reach]!;
      for (let k = 1; k <= reach; k++)
        sum += taps[k]! * (row[x + reach - k]! + row[x + reach + k]!);
      out[start + x] = sum;
    }
  }
  return out;
}

function alongRows(block: Block, taps: Float64Array, axis: "y" | "z"): Float32Array {
  const { data, nz, ny, nx } = block;
  const out = new Float32Array(data.length);
  const sum = new Float64Array(nx);
  const n = axis === "y" ? ny : nz;
  for (let z = 0; z < nz; z++) {
    for (let y = 0; y < ny; y++) {
      const at = axis === "y" ? y : z;
      const rowOf = (i: number) => {
        const m = mirrored(i, n);
        return (axis === "y" ? z * ny + m : m * ny + y) * nx;
      };
      const here = rowOf(at);
      for (let x = 0; x < nx; x++) sum[x] = taps[0]! * data[here + x]!;
      for (let k = 1; k < taps.length; k++) {
        const a = rowOf(at - k);
        const b = rowOf(at + k);
        const t = taps[k]!;
        for (let x = 0; x < nx; x++) sum[x]! += t * (data[a + x]! + data[b + x]!);
      }
      out.set(sum, here);
    }
  }
  return out;
}

/** Widths along z, y, x for an in-plane width in px. */
function widthsFor(
  image: Pick<Image, "spacing">,
  width: number,
): readonly [number, number, number] {
  const [sz, sy, sx] = image.spacing;
  const fine = Math.min(sy, sx);
  return [(width * fine) / sz, (width * fine) / sy, (width * fine) / sx];
}

/** Planes beyond this many are left out of the risk estimate, and slices and sides of volumes. */
const mostPlanes = 9;
const mostSlices = 24;
const longestSide = 128;

/** Blocks on which the risk is estimated: some planes, or the middle of a volume. */
function samples(image: Image, dimensions: 2 | 3): Block[] {
  const { blocks, nz, ny, nx } = layoutOf(image);
  if (dimensions === 2) {
    const planes = blocks * nz;
    const step = Math.max(1, planes / mostPlanes);
    const list: Block[] = [];
    for (let p = 0; p < planes; p += step) {
      const start = Math.floor(p) * ny * nx;
      list.push({ data: image.data.subarray(start, start + ny * nx), nz: 1, ny, nx });
    }
    return list;
  }
  const [depth, height, width] = [
    Math.min(nz, mostSlices),
    Math.min(ny, longestSide),
    Math.min(nx, longestSide),
  ];
  const first = [(nz - depth) >> 1, (ny - height) >> 1, (nx - width) >> 1] as const;
  const data = new Float32Array(depth * height * width);
  for (let z = 0; z < depth; z++) {
    for (let y = 0; y < height; y++) {
      const from = ((first[0] + z) * ny + first[1] + y) * nx + first[2];
      data.set(image.data.subarray(from, from + width), (z * height + y) * width);
    }
  }
  return [{ data, nz: depth, ny: height, nx: width }];
}

/** Multiples of σ beyond which a residual is an edge. */
const edgeResidual = 3;

/** The width in px that minimises SURE on (a part of) the image; 0 when no width helps. */
export function sureWidth(
  image: Image,
  options: { readonly sigma: number; readonly dimensions: 2 | 3 },
): number {
  return atOnce(sureSteps(image, options), {});
}

function* sureSteps(
  image: Image,
  { sigma, dimensions }: { readonly sigma: number; readonly dimensions: 2 | 3 },
): Steps<number> {
  const parts = samples(image, dimensions);
  let best = 0;
  let least = sigma * sigma;
  const largest = (edgeResidual * sigma) ** 2;
  for (const width of [
    0.35, 0.42, 0.5, 0.6, 0.7, 0.85, 1, 1.2, 1.4, 1.7, 2, 2.4, 2.9, 3.5, 4.2, 5,
  ]) {
    const [wz, wy, wx] = widthsFor(image, width);
    const axes = dimensions === 3 ? [wz, wy, wx] : [wy, wx];
    const centre = axes.reduce((product, w) => product * gaussianTaps(w)[0]!, 1);
    let squares = 0;
    let count = 0;
    for (const block of parts) {
      const smooth = gaussianBlock({ block, companions: [], parameters: { widths: [wz, wy, wx] } });
      for (let i = 0; i < smooth.length; i++) {
        squares += Math.min((block.data[i]! - smooth[i]!) ** 2, largest);
      }
      count += smooth.length;
      yield undefined;
    }
    const risk = squares / count + sigma * sigma * (2 * centre - 1);
    if (risk < least) {
      least = risk;
      best = width;
    }
  }
  return best;
}

/** Gaussian smoothing; see the file's header. */
export const gaussian: Denoiser = blockDenoiser<GaussianSettings>({
  name: "gaussian",
  title: "Gaussian smoothing",
  summary: "Smooths noise and edges alike: the linear baseline, with its width chosen by SURE.",
  references: ["stein1981estimation"],
  noise: "gaussian",
  dimensions: [2, 3],
  parameters: {
    width: {
      type: "number",
      unit: "px",
      min: 0,
      max: 50,
      about:
        "standard deviation of the kernel in the plane; larger is smoother. Without it the minimiser of Stein's risk estimate for the noise level, which a note tells",
    },
  },
  reach: ({ parameters, spacing }) =>
    parameters.width === undefined
      ? "the width is chosen on the whole volume unless the parameter width is given"
      : Math.ceil(4 * widthsFor({ spacing }, parameters.width as number)[0]),
  filter: { module: import.meta.url, name: "gaussianBlock", run: gaussianBlock },
  async plan({ image, values, sigma, context, dimensions }) {
    const width =
      (values.width as number | undefined) ??
      (await inTurns(sureSteps(image, { sigma, dimensions }), {
        signal: context.signal,
        label: "Gaussian smoothing",
      }));
    if (values.width === undefined && sigma > 0) {
      context.note?.(
        width > 0
          ? `Gaussian smoothing chose a kernel of standard deviation ${width} px`
          : "Gaussian smoothing left the image as it is: by Stein's risk estimate every width blurs more than it removes of the noise; give the parameter width to smooth anyway",
      );
    }
    if (width === 0) return "identity";
    const widths = widthsFor(image, width);
    return {
      parameters: { widths },
      halo: Math.ceil(4 * (dimensions === 3 ? widths[0] : widths[1])),
    };
  },
});
