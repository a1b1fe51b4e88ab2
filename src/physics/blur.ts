import { layoutOf, type Image } from "../core/image.ts";

/** Gaussian blur of every slice, widths in pixels along y and x, border values held. */
export function gaussianBlur(
  values: Float32Array,
  image: Pick<Image, "axes" | "shape">,
  { sigmaPx }: { sigmaPx: readonly [number, number] },
): Float32Array {
  const { ny, nx } = layoutOf(image);
  const kernel = (sigma: number): Float64Array => {
    const reach = Math.ceil(4 * sigma);
    const h = Float64Array.from({ length: 2 * reach + 1 }, (_, i) =>
      sigma > 0 ? Math.exp(-((i - reach) ** 2) / (2 * sigma * sigma)) : 1,
    );
    const sum = h.reduce((s, v) => s + v, 0);
    return h.map((v) => v / sum);
  };
  const [hy, hx] = [kernel(sigmaPx[0]), kernel(sigmaPx[1])];
  const pass = (
    source: Float32Array,
    h: Float64Array,
    { count, stride }: { count: number; stride: number },
  ): Float32Array => {
    const reach = (h.length - 1) / 2;
    if (reach === 0) return source;
    const out = new Float32Array(source.length);
    for (let i = 0; i < source.length; i++) {
      const place = Math.floor(i / stride) % count;
      const base = i - place * stride;
      let sum = 0;
      for (let t = -reach; t <= reach; t++) {
        const q = Math.max(0, Math.min(count - 1, place + t));
        sum += h[t + reach]! * source[base + q * stride]!;
      }
      out[i] = sum;
    }
    return out;
  };
  return pass(pass(values, hx, { count: nx, stride: 1 }), hy, { count: ny, stride: nx });
}
