/**
 * Distillation [hinton2015distilling]: a small network learns the result of a large one beside the truth,
 *
 *   min  (1 − share) · loss(S(x), y) + share · loss(S(x), T(x)).
 */
import { stopGradient } from "../../graph/ops/stop-gradient.ts";
import { weighted } from "./terms.ts";
import { type TrainingMethod, trainingMethod } from "./training-method.ts";

export const distillation: TrainingMethod = trainingMethod({
  name: "distillation",
  title: "Distillation",
  summary: "Teaches a small network the result of a trained large one.",
  references: ["hinton2015distilling"],
  options: {
    share: {
      type: "number",
      unit: "1",
      min: 0,
      max: 1,
      default: 0.5,
      about: "Share of the teacher in the loss; the truth has the rest.",
    },
  },
  roles: {
    student: { gives: "image", about: "Denoises, and is used afterwards." },
    teacher: { gives: "image", about: "Denoises; trained before.", frozen: true },
  },
  reads: ["noisy", "clean"],
  product: "student",
  loss: "images",
  updates({ student, teacher }, { noisy, clean }, { options, loss }) {
    const own = student(noisy);
    const { share } = options;
    return [
      {
        name: "student",
        trains: ["student"],
        terms: {
          truth: weighted(1 - share, () => loss(own, clean)),
          teacher: weighted(share, () => loss(own, stopGradient(teacher(noisy)))),
        },
      },
    ];
  },
});
