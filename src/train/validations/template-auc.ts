/**
 * Area under the ROC curve of a template that sums up a denoised image, t = Σ w x, with w the mean clean image with the
 * signal less that without: the non-prewhitening matched filter of the validation images, at the signal's place where
 * patches are cut about it.
 */
import { auc } from "../../stats/auc.ts";
import type { Validation } from "./validation.ts";

export const templateAuc: Validation = {
  name: "template-auc",
  title: "AUC of the signal's template",
  summary: "How well the mean signal tells denoised images with the signal from those without.",
  references: [],
  unit: "1",
  better: "higher",
  gives: ["image"],
  reads: ["clean", "present"],
  value(parts) {
    const size = parts[0]!.result.data.length / parts[0]!.result.shape[0]!;
    const sums = [new Float64Array(size), new Float64Array(size)];
    const counts = [0, 0];
    for (const { batch } of parts) {
      const { clean, present } = batch;
      for (let n = 0; n < present!.data.length; n++) {
        const kind = present!.data[n] === 1 ? 1 : 0;
        counts[kind]!++;
        for (let i = 0; i < size; i++) sums[kind]![i]! += clean!.data[n * size + i]!;
      }
    }
    // Nothing to tell apart.
    if (counts.includes(0)) return 0.5;
    const template = sums[1]!.map((sum, i) => sum / counts[1]! - sums[0]![i]! / counts[0]!);
    const scores = { present: [] as number[], absent: [] as number[] };
    for (const { result, batch } of parts) {
      for (let n = 0; n < result.shape[0]!; n++) {
        let t = 0;
        for (let i = 0; i < size; i++) t += template[i]! * result.data[n * size + i]!;
        (batch.present!.data[n] === 1 ? scores.present : scores.absent).push(t);
      }
    }
    return auc(scores);
  },
};
