/**
 * Mean Dice coefficient [dice1945measures] of the classes but the first, the background: each pixel goes to the class of
 * the highest score, counts are pooled over the group's images, classes that occur in neither are left out.
 */
import type { Validation } from "./validation.ts";

export const dice: Validation = {
  name: "dice",
  title: "Dice coefficient",
  summary: "Overlap of segmented and true classes, pooled over images, averaged over classes.",
  references: ["dice1945measures"],
  unit: "1",
  better: "higher",
  gives: ["labels"],
  reads: ["labels"],
  value(parts) {
    const classes = parts[0]!.result.shape[1]!;
    const both = new Float64Array(classes);
    const either = new Float64Array(classes);
    for (const { result, batch } of parts) {
      const [images = 0] = result.shape;
      const pixels = result.data.length / (images * classes);
      const highest = (data: Float32Array, n: number, i: number) => {
        let best = 0;
        for (let k = 1; k < classes; k++) {
          const at = (n * classes + k) * pixels + i;
          if (data[at]! > data[(n * classes + best) * pixels + i]!) best = k;
        }
        return best;
      };
      for (let n = 0; n < images; n++) {
        for (let i = 0; i < pixels; i++) {
          const found = highest(result.data, n, i);
          const truth = highest(batch.labels!.data, n, i);
          either[found]!++;
          either[truth]!++;
          if (found === truth) both[found]!++;
        }
      }
    }
    const present = Array.from({ length: classes - 1 }, (_, k) => k + 1).filter(
      (k) => either[k]! > 0,
    );
    // Nothing to find and nothing found: all pixels agree.
    if (present.length === 0) return 1;
    return present.reduce((sum, k) => sum + (2 * both[k]!) / either[k]!, 0) / present.length;
  },
};
