/** Three denoisers on one's own image, beside its truth. */
import { denoise, makeImage, measure, streamOf, withData } from "dprime";

const stream = streamOf(1, "noise");
const values = Float32Array.from({ length: 64 * 64 }, (_, i) => (i % 64 < 32 ? 0 : 1));
const truth = makeImage(values, [64, 64]);
const noisyValues = values.map((v) => v + 0.1 * stream.normal());
for (const method of ["median", "non-local-means", "total-variation"]) {
  const { image } = await denoise(withData(truth, noisyValues), { method, sigma: 0.1 });
  const [psnr] = await measure(image, { reference: truth, metrics: ["psnr"], dataRange: 1 });
  console.log(method, psnr!.result.status === "ok" ? psnr!.result.value.toFixed(1) : "–", "dB");
}
process.exit(0);
