/** An array of one's own, denoised. */
import { denoise, makeImage } from "dprime";

const values = Float32Array.from(
  { length: 64 * 64 },
  (_, i) => (i % 64 < 32 ? 100 : 160) + 9 * Math.sin(i * i),
);
const { image, level, rmsChange } = await denoise(makeImage(values, [64, 64]), { method: "bm3d" });
console.log(image.shape, `noise ${level.sigma.toFixed(1)}, changed by ${rmsChange.toFixed(1)}`);
process.exit(0);
