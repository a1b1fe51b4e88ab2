/**
 * The first paper's study in small: binary texture, a denoising CNN, PLS-TV and task-based PLS-TV,
 * per-image adaptation, task-preserving projection, judged by PSNR, SSIM and the Hotelling observer.
 *
 *   npx tsx examples/first-paper.ts [--images 100] [--steps 1500] [--seed 1]
 *
 * Every class has `images` test images; the CNN has 8 layers of 32 channels. A path through the
 * house, not the recipe: the paper trains on 20,000 pairs and tests on 4,000 images.
 */
import { parseArgs } from "node:util";
import { makeImage, type Image } from "../src/core/image.ts";
import { streamOf } from "../src/core/random.ts";
import { plsTvSolver } from "../src/denoise/pls-tv.ts";
import { projectOntoTask, taskSpan } from "../src/denoise/task-projection.ts";
import { ssim } from "../src/metrics/ssim.ts";
import { hotellingFourier } from "../src/observers/fourier-template.ts";
import { binaryTexture, binaryTexturePopulation } from "../src/phantoms/binary-texture.ts";
import { aucLogit } from "../src/stats/auc.ts";
import {
  adaptationGraph,
  gaussNewtonSolver,
  parseTrainingConfig,
  type Plane,
  train,
} from "../src/train/index.ts";

const { values } = parseArgs({
  options: {
    images: { type: "string", default: "100" },
    steps: { type: "string", default: "1500" },
    seed: { type: "string", default: "1" },
  },
});
const [perClass, steps, seed] = [values.images, values.steps, values.seed].map(Number) as [
  number,
  number,
  number,
];
const n = 64;
const sigma = 0.1;
const amplitude = 0.07;
const signal = Float64Array.from({ length: n * n }, (_, i) =>
  Math.hypot(Math.floor(i / n) - n / 2, (i % n) - n / 2) <= 2 ? amplitude : 0,
);

const asImage = (data: Float32Array) => makeImage(data, [n, n], { unit: "normalised" });

/** Clean and noisy image of one case; half of the cases hold the signal. */
function drawCase(role: string, index: number, present: boolean) {
  const stream = streamOf(seed, role, present ? "present" : "absent", index);
  const background = binaryTexture.draw(stream.child("background")).image.data;
  const clean = background.map((v, i) => v + (present ? signal[i]! : 0));
  const noise = stream.child("noise").normals(n * n);
  return { clean: asImage(clean), noisy: asImage(clean.map((v, i) => v + sigma * noise[i]!)) };
}

const planes = (role: string, count: number): Plane[] =>
  Array.from({ length: count }, (_, i) => ({
    data: drawCase(role, i, i % 2 === 1).clean.data,
    ny: n,
    nx: n,
  }));
const window = [{ low: 0, high: 1, clip: false, weight: 1 }];
const given = { kind: "phantom", name: "binary-texture", count: 1, windows: [{ low: 0, high: 1 }] };
const config = parseTrainingConfig({
  name: "first-paper",
  seed,
  network: { name: "dncnn", options: { depth: 8, width: 32, batchNorm: false } },
  schedule: { kind: "cosine", rate: 1e-3, warmup: 50 },
  steps,
  batch: 8,
  patch: n,
  noise: { low: sigma, high: sigma },
  averaging: 0.99,
  sources: [given],
});
const began = performance.now();
const { network, options, weights } = await train(config, {
  sources: [{ planes: planes("train", 2000), windows: window, weight: 1 }],
  compile: { threads: 1 },
});
console.log(`base network: ${steps} steps in ${((performance.now() - began) / 1000).toFixed(0)} s`);

const task = binaryTexturePopulation();
const hotelling = hotellingFourier({ signal, powerSpectrum: task.spectrum, sigma });
console.log(
  `population Hotelling observer: d' ${hotelling.detectability.toFixed(3)}, AUC ${hotelling.auc.toFixed(3)}`,
);

const graph = adaptationGraph({
  network,
  options,
  weights,
  statistics: { kind: "linear", templates: [signal] },
  ny: n,
  nx: n,
});
const adapted = async (beta: number, gamma: number) => {
  const solver = await gaussNewtonSolver(
    graph,
    { alpha: 1, beta, gamma },
    { compile: { threads: 1 } },
  );
  return async (image: Image) => asImage((await solver.adapt(image.data)).image);
};
// γ so large leaves the weights where they are: the base network itself.
const cnn = await adapted(0, 1e15);
const lambda = 0.2;
const tv = plsTvSolver([n, n], { lambda });
const taskTv = plsTvSolver([n, n], { lambda, beta: 30, template: signal, sigma });
const span = taskSpan([signal], { shape: [n, n] });

const methods: Record<string, (noisy: Image) => Promise<Image> | Image> = {
  noisy: (noisy) => noisy,
  "PLS-TV": (noisy) => tv.solve(noisy).image,
  "task PLS-TV": (noisy) => taskTv.solve(noisy).image,
  CNN: cnn,
  "adapted, β = 10, γ = 1e7": await adapted(10, 1e7),
  "adapted, β = 1e3, γ = 1e7": await adapted(1e3, 1e7),
  "adapted, β = 1e5, γ = 1e7": await adapted(1e5, 1e7),
  "adapted, β = 1e5, γ = 1e5": await adapted(1e5, 1e5),
  "CNN + projection": async (noisy) => projectOntoTask(await cnn(noisy), { noisy, span }),
};

console.log(
  "| method | PSNR | SSIM, L = 2 | SSIM, L = 1 | RMSE | AUC (95 %, logit) | ms per image |",
);
console.log("|---|---|---|---|---|---|---|");
for (const [name, method] of Object.entries(methods)) {
  const sums = { psnr: 0, ssim1: 0, ssim2: 0, rmse: 0, ms: 0 };
  const scores = { absent: [] as number[], present: [] as number[] };
  for (const kind of ["absent", "present"] as const) {
    for (let i = 0; i < perClass; i++) {
      const { clean, noisy } = drawCase("test", i, kind === "present");
      const at = performance.now();
      const result = await method(noisy);
      sums.ms += performance.now() - at;
      let error = 0;
      let score = 0;
      for (let k = 0; k < n * n; k++) {
        error += (result.data[k]! - clean.data[k]!) ** 2 / (n * n);
        score += hotelling.template[k]! * result.data[k]!;
      }
      sums.psnr -= 10 * Math.log10(error);
      sums.rmse += Math.sqrt(error);
      for (const [key, factor] of [
        ["ssim1", 1],
        ["ssim2", 2],
      ] as const) {
        const value = ssim.measure(
          result,
          { reference: clean, dataRange: 1 },
          { "range-factor": factor },
        );
        if (value.status === "ok") sums[key] += value.value as number;
      }
      scores[kind].push(score);
    }
  }
  const mean = (total: number, digits: number) => (total / (2 * perClass)).toFixed(digits);
  const area = aucLogit(scores);
  console.log(
    `| ${name} | ${mean(sums.psnr, 2)} | ${mean(sums.ssim2, 4)} | ${mean(sums.ssim1, 4)} | ${mean(sums.rmse, 4)} | ${area.estimate.toFixed(3)} (${area.interval.lower.toFixed(3)}–${area.interval.upper.toFixed(3)}) | ${mean(sums.ms, 0)} |`,
  );
}
process.exit(0);
