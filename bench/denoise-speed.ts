/**
 * Speed beside scikit-image and OpenCV: same input, same settings, one thread each, in alternating rounds,
 * as Markdown for docs/benchmarks.md. Ratios are of CPU seconds, peer over ours, so that other work on
 * the machine counts less. Total variation is compared at equal accuracy: the loosest tolerance at which
 * ours is no further from the exact minimiser than scikit-image with its default stopping rule.
 * Then BM3D of a slice and Rician non-local means of a volume, wall and CPU seconds.
 *
 *   npx tsx bench/denoise-speed.ts [--size=512] [--rounds=5] [--slices=128] [--threads=2] [--only=TEXT]
 */
import { type Image, makeImage, withData } from "../src/core/image.ts";
import { streamOf } from "../src/core/random.ts";
import { findDenoiser } from "../src/denoise/find-denoiser.ts";
import { denoiseByTotalVariation } from "../src/denoise/total-variation.ts";
import {
  meanSquare,
  scene,
  sceneVolume,
  withGaussianNoise,
  withRicianNoise,
} from "../test/denoise-scene.ts";
import { peerCases } from "./peers/cases.ts";
import { askPeer } from "./peers/peer.ts";

const option = (name: string) =>
  process.argv.find((word) => word.startsWith(`--${name}=`))?.slice(name.length + 3);
const size = Number(option("size") ?? 512);
const rounds = Number(option("rounds") ?? 5);
const slices = Number(option("slices") ?? 128);
const threads = Number(option("threads") ?? 2);
const only = option("only");
const sigma = 10;

const median = (values: readonly number[]) =>
  [...values].sort((a, b) => a - b)[values.length >> 1]!;
const ms = (seconds: readonly number[]) => (1000 * median(seconds)).toFixed(1);

interface Spent {
  readonly cpu: number;
  readonly wall: number;
}

async function measured(work: () => Promise<unknown>): Promise<Spent> {
  const before = process.cpuUsage();
  const start = performance.now();
  await work();
  const used = process.cpuUsage(before);
  return { cpu: (used.user + used.system) / 1e6, wall: (performance.now() - start) / 1e3 };
}

/** A row of the table from alternating rounds. */
async function compare(
  label: string,
  image: Image,
  sides: {
    ours: () => Promise<unknown>;
    peer: string;
    parameters: Readonly<Record<string, unknown>>;
  },
): Promise<void> {
  if (only !== undefined && !label.includes(only)) return;
  const ours: number[] = [];
  const theirs: number[] = [];
  // Short work needs a few runs before it is compiled with all optimisations.
  for (let warm = 0; warm < 5; warm++) await sides.ours();
  for (let round = 0; round < rounds; round++) {
    const answer = askPeer(sides.peer, image, { parameters: sides.parameters, rounds: 3 });
    if ("absent" in answer) {
      console.error(`skipped ${label}: ${answer.absent}`);
      return;
    }
    const mine: number[] = [];
    for (let k = 0; k < 3; k++) mine.push((await measured(sides.ours)).cpu);
    ours.push(Math.min(...mine));
    theirs.push(Math.min(...answer.cpu));
  }
  const ratios = theirs.map((v, i) => v / ours[i]!);
  console.log(
    `| ${label} | ${image.shape.join(" × ")} | ${sides.peer.split("_")[0]} | ${ms(ours)} | ${ms(theirs)} | **${median(ratios).toFixed(2)}** (${Math.min(...ratios).toFixed(2)}–${Math.max(...ratios).toFixed(2)}) |`,
  );
}

async function compareTotalVariation(shape: readonly number[]): Promise<void> {
  const label = `total variation, ${shape.length}-D`;
  if (only !== undefined && !label.includes(only)) return;
  const stream = streamOf(1, "bench-tv");
  const truth =
    shape.length === 3 ? sceneVolume(shape[0]!, shape[1]!, shape[2]!) : scene(shape[0]!);
  const image = makeImage(
    truth.data.map((v) => v / 255 + 0.1 * stream.normal()),
    shape,
  );
  const lambda = 0.1;
  const best = await denoiseByTotalVariation(image, { lambda, tolerance: 2e-3 });
  const parameters = { weight: lambda };
  const answer = askPeer("skimage_tv", image, { parameters });
  if ("absent" in answer) {
    console.error(`skipped ${label}: ${answer.absent}`);
    return;
  }
  const wanted = meanSquare(answer.image, best.image);
  let tolerance = 0.05;
  for (const t of [0.8, 0.65, 0.5, 0.35, 0.25, 0.18, 0.12, 0.08]) {
    const tried = await denoiseByTotalVariation(image, { lambda, tolerance: t });
    if (meanSquare(tried.image, best.image) > wanted) continue;
    tolerance = t;
    break;
  }
  const ours = () => denoiseByTotalVariation(image, { lambda, tolerance });
  await compare(`${label}, equal accuracy`, image, { ours, peer: "skimage_tv", parameters });
}

console.log("| method | image | peer | dprime (ms CPU) | peer (ms CPU) | ratio (median, range) |");
console.log("|---|---|---|---|---|---|");
const noisy = withGaussianNoise(scene(size), sigma, 1);
const lifted = withData(
  noisy,
  noisy.data.map((v) => v + 64),
);
for (const one of peerCases) {
  const denoiser = await findDenoiser(one.name);
  await compare(one.label, lifted, {
    ours: () => denoiser.denoise(lifted, one.parameters, { sigma }),
    peer: one.peer,
    parameters: one.peerParameters(sigma),
  });
}
const wavelet = await findDenoiser("wavelet-shrinkage");
await compare("wavelet sym8 bayes, 2 × 2 shifts", lifted, {
  ours: () => wavelet.denoise(lifted, { spins: 2, levels: 4 }, { sigma }),
  peer: "skimage_wavelet_spun",
  parameters: { sigma, wavelet: "sym8", rule: "soft", levels: 4, method: "BayesShrink" },
});
await compareTotalVariation([size, size]);
await compareTotalVariation([24, 96, 96]);
await compareTotalVariation([64, 128, 128]);

console.log(`\n| work, ${threads} threads | wall (s) | CPU (s) | wanted |`);
console.log("|---|---|---|---|");
if (only === undefined || only === "bm3d") {
  const bm3d = await findDenoiser("bm3d");
  await bm3d.denoise(withGaussianNoise(scene(96), sigma, 1), {}, { sigma, threads });
  const spent = await measured(() => bm3d.denoise(noisy, {}, { sigma, threads }));
  console.log(
    `| BM3D, ${size} × ${size} | ${spent.wall.toFixed(2)} | ${spent.cpu.toFixed(2)} | under 4 s |`,
  );
}
if (only === undefined || only === "rician") {
  const volume = withRicianNoise(sceneVolume(slices, 256), sigma, 1);
  const rician = await findDenoiser("rician-non-local-means");
  for (const search of [4, 5]) {
    const spent = await measured(() => rician.denoise(volume, { search }, { sigma, threads }));
    console.log(
      `| Rician non-local means, ${slices} × 256 × 256, search ${2 * search + 1}³, patch 3³ | ${spent.wall.toFixed(1)} | ${spent.cpu.toFixed(1)} | under 60 s for 128 slices |`,
    );
  }
}
process.exit(0);
