/**
 * Speed beside scikit-image and OpenCV: same input, same settings, one thread each, in alternating rounds.
 * Ratios are of CPU seconds, peer over ours, so that other work on the machine counts less; wall seconds
 * stand beside them. Also a whole volume by Rician non-local means with several threads.
 *
 *   npx tsx bench/denoise-speed.ts [size=512] [rounds=5] [--volume[=threads]]
 */
import { findDenoiser } from "../src/denoise/find-denoiser.ts";
import { scene, sceneVolume, withGaussianNoise, withRicianNoise } from "../test/denoise-scene.ts";
import { peerCases } from "./peers/cases.ts";
import { askPeer } from "./peers/peer.ts";

const numbers = process.argv.slice(2).filter((word) => !word.startsWith("--"));
const size = Number(numbers[0] ?? 512);
const rounds = Number(numbers[1] ?? 5);
const volume = process.argv.find((word) => word.startsWith("--volume"));
const sigma = 10;

const median = (values: readonly number[]) =>
  [...values].sort((a, b) => a - b)[values.length >> 1]!;
const range = (values: readonly number[]) =>
  `${Math.min(...values).toFixed(2)}–${Math.max(...values).toFixed(2)}`;

async function measured(work: () => Promise<unknown>): Promise<{ cpu: number; wall: number }> {
  const before = process.cpuUsage();
  const start = performance.now();
  await work();
  const used = process.cpuUsage(before);
  return { cpu: (used.user + used.system) / 1e6, wall: (performance.now() - start) / 1e3 };
}

if (volume === undefined) {
  const noisy = withGaussianNoise(scene(size), sigma, 1);
  const lifted = { ...noisy, data: noisy.data.map((v) => v + 64) };
  for (const one of peerCases) {
    const denoiser = await findDenoiser(one.name);
    const ours: { cpu: number; wall: number }[] = [];
    const theirs: { cpu: number; wall: number }[] = [];
    let absent: string | undefined;
    for (let round = 0; round <= rounds; round++) {
      const answer = askPeer(one.peer, lifted, { parameters: one.peerParameters(sigma) });
      if ("absent" in answer) {
        absent = answer.absent;
        break;
      }
      const mine = await measured(() => denoiser.denoise(lifted, one.parameters, { sigma }));
      // The first round compiles.
      if (round === 0) continue;
      ours.push(mine);
      theirs.push({ cpu: answer.cpu[0]!, wall: answer.wall[0]! });
    }
    if (absent !== undefined) {
      console.log(`skipped ${one.label}: ${absent}`);
      continue;
    }
    const ratios = ours.map((o, i) => theirs[i]!.cpu / o.cpu);
    console.log(
      `${one.label} (${one.peer}), ${size} × ${size}: ratio ${median(ratios).toFixed(2)} (${range(ratios)}); ours ${median(ours.map((o) => o.cpu)).toFixed(3)} s CPU, ${median(ours.map((o) => o.wall)).toFixed(3)} s wall; peer ${median(theirs.map((o) => o.cpu)).toFixed(3)} s CPU`,
    );
  }
} else {
  const threads = Number(volume.split("=")[1] ?? 2);
  const noisy = withRicianNoise(sceneVolume(128, 256), sigma, 1);
  const denoiser = await findDenoiser("rician-non-local-means");
  for (const search of [4, 5]) {
    const used = await measured(() =>
      denoiser.denoise(
        noisy,
        { search },
        {
          sigma,
          threads,
          onProgress: ({ done, total }) => {
            if (done === total) console.log(`${done} slabs`);
          },
        },
      ),
    );
    console.log(
      `rician-non-local-means, 128 × 256 × 256, search ${2 * search + 1}³, patch 3³, ${threads} threads: ${used.wall.toFixed(1)} s wall, ${used.cpu.toFixed(1)} s CPU`,
    );
  }
}
