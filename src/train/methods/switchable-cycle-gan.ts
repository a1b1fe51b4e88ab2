/**
 * CycleGAN with one generator whose direction a code switches [gu2021adain]: code 1 denoises, 0 adds noise, numbers
 * between them denoise in part. The code leads adaptive instance normalisation inside the network.
 */
import { sizesOf, type Node } from "../../graph/node.ts";
import { add } from "../../graph/ops/add.ts";
import { constant } from "../../graph/ops/constant.ts";
import { stopGradient } from "../../graph/ops/stop-gradient.ts";
import { towards, weighted, weightOption } from "./terms.ts";
import { type TrainingMethod, trainingMethod } from "./training-method.ts";

export const switchableCycleGan: TrainingMethod = trainingMethod({
  name: "switchable-cycle-gan",
  title: "Switchable CycleGAN",
  summary:
    "Learns both directions of a CycleGAN in one network whose code says how far to denoise.",
  references: ["gu2021adain"],
  options: {
    cycle: weightOption(10, "Weight of both cycles' difference from the image they began with."),
    identity: weightOption(5, "Weight of the change to images that already are as wanted."),
  },
  roles: {
    generator: {
      gives: "image",
      about: "Denoises by code 1, degrades by code 0.",
      takes: ["code"],
    },
    cleanCritic: { gives: "scores", about: "Tells denoised from clean images." },
    noisyCritic: { gives: "scores", about: "Tells degraded from noisy images." },
  },
  reads: ["noisy", "other"],
  product: "generator",
  loss: "images",
  updates({ generator, cleanCritic, noisyCritic }, { noisy, other }, { options, loss }) {
    const [count = 1] = sizesOf(noisy);
    const by = (code: 0 | 1) => (x: Node) =>
      generator(x, { code: constant(new Float32Array(count).fill(code), [count, 1]) });
    const [degrade, denoise] = [by(0), by(1)];
    const clean = denoise(noisy);
    const dirty = degrade(other);
    const cleanJudges = { real: cleanCritic(other), generated: cleanCritic(stopGradient(clean)) };
    const noisyJudges = { real: noisyCritic(noisy), generated: noisyCritic(stopGradient(dirty)) };
    const judged = ({ real, generated }: typeof cleanJudges) =>
      add(towards(real, 1), towards(generated, 0));
    return [
      {
        name: "generator",
        trains: ["generator"],
        terms: {
          adversarial: add(towards(cleanCritic(clean), 1), towards(noisyCritic(dirty), 1)),
          cycle: weighted(options.cycle, () =>
            add(loss(degrade(clean), noisy), loss(denoise(dirty), other)),
          ),
          identity: weighted(options.identity, () =>
            add(loss(denoise(other), other), loss(degrade(noisy), noisy)),
          ),
        },
      },
      {
        name: "clean critic",
        trains: ["cleanCritic"],
        terms: { critic: judged(cleanJudges) },
        judges: cleanJudges,
      },
      {
        name: "noisy critic",
        trains: ["noisyCritic"],
        terms: { critic: judged(noisyJudges) },
        judges: noisyJudges,
      },
    ];
  },
});
