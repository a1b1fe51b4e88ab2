/**
 * BM3D, WNNM, K-SVD and the other patch methods on natural images that scikit-image bundles (read from
 * the installed package at run time), with white noise that is not clipped: PSNR and seconds, and the
 * differences to BM3D, which published tables report for other images of the same kind.
 *
 *   npx tsx bench/peers/patch-methods.ts [methods=bm3d,k-svd,local-pca] [sigmas=15,25,50] [size=256] [threads=2] [images=camera,astronaut,…]
 *
 * A method may be one of the peers of patch-peers.ts, and may carry parameters: `bm3d:block=16`.
 * Published, mean PSNR in dB at σ = 15/25/50 (BM3D, WNNM): Set12 32.37/29.97/26.72, 32.70/30.26/27.05;
 * BSD68 31.07/28.57/25.62, 31.37/28.83/25.87.
 */
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { type Image, makeImage, withData } from "../../src/core/image.ts";
import { streamOf } from "../../src/core/random.ts";
import { findDenoiser } from "../../src/denoise/find-denoiser.ts";
import { askPatchPeer, patchPeers } from "./patch-peers.ts";

const [
  methods = "bm3d,k-svd,local-pca",
  sigmas = "15,25,50",
  size = "256",
  threads = "2",
  images = "camera,astronaut,chelsea,coins",
] = process.argv.slice(2);
const python = process.env.PYTHON ?? "/usr/bin/python3";
const script = join(dirname(fileURLToPath(import.meta.url)), "skimage-image.py");
const folder = mkdtempSync(join(tmpdir(), "dprime-patch-"));
const n = Number(size);

async function own(method: string, noisy: Image, sigma: number): Promise<Image> {
  const [name = "", ...words] = method.split(":");
  const parameters = Object.fromEntries(
    words.map((word) => {
      const [key = "", value = ""] = word.split("=");
      return [key, Number(value)];
    }),
  );
  const denoiser = await findDenoiser(name);
  return denoiser.denoise(noisy, parameters, { sigma, threads: Number(threads) });
}

function psnr(a: Float32Array, b: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += (a[i]! - b[i]!) ** 2;
  return 10 * Math.log10((255 * 255) / (sum / a.length));
}

try {
  const means = new Map<string, number[]>();
  for (const name of images.split(",")) {
    const path = join(folder, "image.f32");
    execFileSync(python, [script, name, size, path]);
    const bytes = readFileSync(path);
    const values = new Float32Array(
      bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length),
    );
    const truth = makeImage(values, [n, n]);
    for (const sigma of sigmas.split(",").map(Number)) {
      const stream = streamOf(1, "patch-methods", name, sigma);
      const noisy = withData(
        truth,
        truth.data.map((v) => v + sigma * stream.normal()),
      );
      for (const method of methods.split(",")) {
        const start = performance.now();
        const result = patchPeers.includes(method)
          ? askPatchPeer(method, noisy, sigma)
          : await own(method, noisy, sigma);
        const seconds = (performance.now() - start) / 1000;
        const value = psnr(result.data, truth.data);
        const key = `${method} ${sigma}`;
        means.set(key, [...(means.get(key) ?? []), value]);
        console.log(
          JSON.stringify({
            image: name,
            size: n,
            sigma,
            method,
            psnr: Number(value.toFixed(3)),
            seconds: Number(seconds.toFixed(2)),
          }),
        );
      }
    }
  }
  for (const [key, list] of means) {
    console.log(`${key}: mean ${(list.reduce((a, b) => a + b, 0) / list.length).toFixed(3)} dB`);
  }
} finally {
  rmSync(folder, { recursive: true });
}
process.exit(0);
