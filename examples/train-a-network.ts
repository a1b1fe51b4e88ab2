/** A small network trained on one's own arrays, and used. */
import { denoise, makeImage, train } from "dprime";

const image = makeImage(
  Float32Array.from({ length: 96 * 96 }, (_, i) => Math.sin(i / 50) + Math.floor(i / 960)),
  [96, 96],
);
const networkOptions = { depth: 3, width: 8, batchNorm: false };
const trained = await train([image], { networkOptions, steps: 20, batch: 4, patch: 32, seed: 1 });
const { method } = await denoise(image, { method: trained.denoiser, sigma: 0.1 });
console.log(
  `${method}: ${trained.onnx.length} bytes, loss ${trained.history.at(-1)!.loss.toPrecision(3)}`,
);
process.exit(0);
