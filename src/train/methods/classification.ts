/** Classification: one class out of several by cross-entropy, or labels that do not exclude each other, each by its own. */
import { binaryCrossEntropy } from "../../losses/binary-cross-entropy.ts";
import { crossEntropy } from "../../losses/cross-entropy.ts";
import { lossNode } from "./terms.ts";
import { type TrainingMethod, trainingMethod } from "./training-method.ts";

export const classification: TrainingMethod = trainingMethod({
  name: "classification",
  title: "Classification",
  summary: "Learns the class, or the several labels, of an image.",
  references: [],
  options: {
    labels: {
      type: "choice",
      choices: ["one", "several"],
      default: "one",
      about: "Whether an image belongs to one class or may bear several labels.",
    },
    smoothing: {
      type: "number",
      unit: "1",
      min: 0,
      max: 0.5,
      default: 0,
      about: "Of one class: share of the truth that is spread over all classes.",
    },
  },
  roles: { classifier: { gives: "scores", about: "Scores each class.", perClass: true } },
  reads: ["noisy", "classes"],
  product: "classifier",
  refuses({ classes }, { labels }) {
    const [images = 0, count = 1] = classes!.shape;
    for (let n = 0; labels === "one" && count > 1 && n < images; n++) {
      const own = classes!.data.subarray(n * count, (n + 1) * count);
      const belongs = own.reduce((sum, v) => sum + v, 0);
      if (belongs !== 1) {
        return `found an image of ${belongs} classes, wanted each to belong to one; or set the method's option labels to several`;
      }
    }
    return undefined;
  },
  updates({ classifier }, { noisy, classes }, { options }) {
    const pair = [classifier(noisy), classes] as const;
    const { smoothing } = options;
    const loss =
      options.labels === "one"
        ? lossNode(crossEntropy, pair, { options: { smoothing } })
        : lossNode(binaryCrossEntropy, pair);
    return [{ name: "classifier", trains: ["classifier"], terms: { loss } }];
  },
});
