/**
 * CycleGAN [zhu2017unpaired]: from noisy images and clean images of other objects, two networks learn to pass from
 * either kind to the other and back; critics learn by least squares [mao2017least].
 */
import { add } from "../../graph/ops/add.ts";
import { stopGradient } from "../../graph/ops/stop-gradient.ts";
import { towards, weighted, weightOption } from "./terms.ts";
import { type TrainingMethod, trainingMethod } from "./training-method.ts";

export const cycleGan: TrainingMethod = trainingMethod({
  name: "cycle-gan",
  title: "CycleGAN",
  summary: "Learns from noisy images and clean ones of other objects, each way and back.",
  references: ["zhu2017unpaired", "mao2017least"],
  options: {
    cycle: weightOption(10, "Weight of both cycles' difference from the image they began with."),
    identity: weightOption(5, "Weight of the change to images that already are as wanted."),
  },
  roles: {
    denoiser: { gives: "image", about: "Makes noisy images clean." },
    degrader: { gives: "image", about: "Makes clean images noisy." },
    cleanCritic: { gives: "scores", about: "Tells denoised from clean images." },
    noisyCritic: { gives: "scores", about: "Tells degraded from noisy images." },
  },
  reads: ["noisy", "other"],
  product: "denoiser",
  loss: "images",
  updates(networks, { noisy, other }, { options, loss }) {
    const { denoiser, degrader, cleanCritic, noisyCritic } = networks;
    const clean = denoiser(noisy);
    const dirty = degrader(other);
    const cleanJudges = { real: cleanCritic(other), generated: cleanCritic(stopGradient(clean)) };
    const noisyJudges = { real: noisyCritic(noisy), generated: noisyCritic(stopGradient(dirty)) };
    const judged = ({ real, generated }: typeof cleanJudges) =>
      add(towards(real, 1), towards(generated, 0));
    return [
      {
        name: "generators",
        trains: ["denoiser", "degrader"],
        terms: {
          adversarial: add(towards(cleanCritic(clean), 1), towards(noisyCritic(dirty), 1)),
          cycle: weighted(options.cycle, () =>
            add(loss(degrader(clean), noisy), loss(denoiser(dirty), other)),
          ),
          identity: weighted(options.identity, () =>
            add(loss(denoiser(other), other), loss(degrader(noisy), noisy)),
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
