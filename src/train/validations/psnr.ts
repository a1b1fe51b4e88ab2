/** Mean PSNR of the denoised images: 10 log10(1 / MSE) of each, peak 1 being the window's width. */
import type { Validation } from "./validation.ts";

export const psnr: Validation = {
  name: "psnr",
  title: "PSNR",
  summary: "Peak signal-to-noise ratio against the clean images, averaged over images.",
  references: [],
  unit: "dB",
  better: "higher",
  gives: ["image"],
  reads: ["clean"],
  value(parts) {
    let total = 0;
    let count = 0;
    for (const { result, batch } of parts) {
      const clean = batch.clean!.data;
      const images = result.shape[0]!;
      const size = result.data.length / images;
      for (let n = 0; n < images; n++) {
        let error = 0;
        for (let i = n * size; i < (n + 1) * size; i++) error += (result.data[i]! - clean[i]!) ** 2;
        total += -10 * Math.log10(Math.max(error / size, 1e-12));
        count++;
      }
    }
    return total / count;
  },
};
