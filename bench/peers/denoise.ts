/**
 * Local filters, wavelet shrinkage, bilateral filter, non-local means and the wavelet noise level against
 * SciPy, scikit-image and OpenCV on the same inputs: PSNR of both and the root mean square between them. With `--record` the peers' figures are
 * written to test/data/peer-denoisers.json, which the tests hold ours against.
 *
 *   npx tsx bench/peers/denoise.ts [--record] [--only="scene(160)"]
 */
import { writeFileSync } from "node:fs";
import { type Image, makeImage, withData } from "../../src/core/image.ts";
import { findDenoiser } from "../../src/denoise/find-denoiser.ts";
import { estimateNoise } from "../../src/denoise/noise-level/estimate-noise.ts";
import { meanSquare, scene, sceneVolume, withGaussianNoise } from "../../test/denoise-scene.ts";
import { peerCases } from "./cases.ts";
import { askPeer } from "./peer.ts";

const decibels = (mse: number) => 10 * Math.log10(255 ** 2 / mse);
/** All but 8 px at the border, where packages differ in what lies beyond. */
const inside = (image: Image): Image => {
  const [nx = 1, ny = 1] = [...image.shape].reverse();
  const data = image.data.filter((_, i) => {
    const y = Math.floor(i / nx) % ny;
    return Math.min(y, ny - 1 - y, i % nx, nx - 1 - (i % nx)) >= 8;
  });
  return makeImage(data, [1, data.length]);
};
function lifted(image: Image): Image {
  return withData(
    image,
    image.data.map((v) => v + 64),
  );
}

const recorded: object[] = [];
const recordedLevels: object[] = [];
let versions: Readonly<Record<string, string>> = {};
const inputs = [
  // Small enough for the tests to compute the peers' own forms by brute force.
  // Lifted, because scikit-image's bilateral filter mistreats negative values.
  { input: "scene(48) + 64", truth: lifted(scene(48)), sigmas: [15] },
  { input: "scene(160)", truth: scene(160), sigmas: [8, 20] },
  { input: "sceneVolume(12, 40)", truth: sceneVolume(12, 40), sigmas: [12] },
];
const only = process.argv.find((word) => word.startsWith("--only="))?.slice(7);
for (const { input, truth, sigmas } of inputs) {
  if (only !== undefined && only !== input) continue;
  for (const sigma of sigmas) {
    const noisy = withGaussianNoise(truth, sigma, 31);
    const level = askPeer("skimage_estimate_sigma", noisy, { parameters: {} });
    if (!("absent" in level) && truth.axes === "yx") {
      const estimate = Number(level.image.data[0]!.toFixed(4));
      recordedLevels.push({ input, sigma, estimate });
      const own = estimateNoise(noisy, { method: "wavelet" }).sigma;
      console.log(
        `${input} σ ${sigma} wavelet noise level: ours ${own.toFixed(4)}, peer ${estimate}`,
      );
    }
    for (const one of peerCases) {
      const volume = truth.axes === "zyx";
      // Neither bilateral knows volumes, and a 3-D search of half width 11 is too slow there.
      if (
        truth.shape[0] === 48 &&
        !one.peer.startsWith("skimage_n") &&
        !one.peer.startsWith("scipy") &&
        !one.peer.endsWith("bilateral")
      ) {
        continue;
      }
      if (volume && (one.peer.includes("bilateral") || one.parameters.search === 11)) continue;
      // SciPy's zeros beyond the border reach half of twelve slices.
      if (volume && one.insideOnly) continue;
      // Twelve slices bear two levels here and are forced to four there.
      if (volume && one.parameters.threshold === "visu") continue;
      const adjusted = volume && one.parameters.search === 8;
      const parameters = adjusted ? { ...one.parameters, patch: 1, search: 3 } : one.parameters;
      const asked = one.peerParameters(sigma);
      const answer = askPeer(one.peer, noisy, {
        parameters: adjusted ? { ...asked, patch: 1, search: 3 } : asked,
      });
      if ("absent" in answer) {
        console.log(`skipped ${one.label}: ${answer.absent}`);
        continue;
      }
      versions = { ...versions, ...answer.versions };
      const denoiser = await findDenoiser(one.name);
      const ours = await denoiser.denoise(noisy, parameters, { sigma });
      const row = {
        input,
        sigma,
        label: one.label,
        name: one.name,
        parameters,
        psnr: Number(decibels(meanSquare(answer.image, truth)).toFixed(3)),
        inside: Number(decibels(meanSquare(inside(answer.image), inside(truth))).toFixed(3)),
        within: one.within,
        reason: one.reason,
        insideOnly: one.insideOnly,
      };
      recorded.push(row);
      const part = one.insideOnly ? inside : (image: Image) => image;
      const theirs = one.insideOnly ? row.inside : row.psnr;
      const mine = decibels(meanSquare(part(ours), part(truth)));
      const apart = Math.sqrt(meanSquare(part(ours), part(answer.image)));
      console.log(
        `${input} σ ${sigma} ${one.label}: ours ${mine.toFixed(3)} dB, peer ${theirs} dB, difference ${(mine - theirs).toFixed(3)} dB, rms between ${apart.toFixed(3)}${Math.abs(mine - theirs) > one.within ? "  OUTSIDE" : ""}`,
      );
    }
  }
}
if (process.argv.includes("--record")) {
  const path = new URL("../../test/data/peer-denoisers.json", import.meta.url);
  const origin = `bench/peers/denoise.ts with ${Object.entries(versions)
    .map(([name, version]) => `${name} ${version}`)
    .join(", ")}; PSNR against 255, seed 31`;
  writeFileSync(
    path,
    `${JSON.stringify({ origin, rows: recorded, levels: recordedLevels }, null, 1)}\n`,
  );
}
