/**
 * Mean area under the ROC curve of a classifier's scores, each class against all images that do not belong to it; classes
 * to which every image of the group belongs, or none, are left out.
 */
import { auc as area } from "../../stats/auc.ts";
import type { Validation } from "./validation.ts";

export const auc: Validation = {
  name: "auc",
  title: "Area under the ROC curve",
  summary: "How well each class's scores tell its images from the others, averaged over classes.",
  references: ["hanley1982meaning"],
  unit: "1",
  better: "higher",
  gives: ["scores"],
  reads: ["classes"],
  value(parts) {
    const classes = parts[0]!.batch.classes!.shape[1]!;
    const areas: number[] = [];
    for (let k = 0; k < classes; k++) {
      const [present, absent]: [number[], number[]] = [[], []];
      for (const { result, batch } of parts) {
        for (let n = 0; n < result.shape[0]!; n++) {
          const belongs = batch.classes!.data[n * classes + k] === 1;
          (belongs ? present : absent).push(result.data[n * classes + k]!);
        }
      }
      if (present.length > 0 && absent.length > 0) areas.push(area({ present, absent }));
    }
    // Nothing can be told apart.
    if (areas.length === 0) return 0.5;
    return areas.reduce((sum, one) => sum + one, 0) / areas.length;
  },
};
