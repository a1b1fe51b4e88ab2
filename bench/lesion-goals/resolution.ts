/** Resolution at several contrasts: frequency of half transfer at the edge of rods in water, on the mean of noisy scans. */
import { streamOf } from "../../src/core/random.ts";
import { resolveParameters } from "../../src/core/parameters.ts";
import { makeImage, type Image } from "../../src/core/image.ts";
import { transferFromDisk } from "../../src/metrics/transfer.ts";
import { waterInserts } from "../../src/phantoms/water-inserts.ts";
import { ctFan } from "../../src/physics/ct-fan.ts";
import { noiseOfPlanes } from "../../src/denoise/noise-level/noise-of-image.ts";
import { openMethod } from "../../src/workflows/open-method.ts";
import { type GoalRow, metIf } from "./goal-row.ts";

const rodMm = 30;

function meanImage(images: readonly Image[]): Image {
  const sum = new Float32Array(images[0]!.data.length);
  for (const { data } of images) data.forEach((v, i) => (sum[i] = sum[i]! + v / images.length));
  const [, sy, sx] = images[0]!.spacing;
  return makeImage(sum, images[0]!.shape, { spacing: [1, sy, sx], unit: "HU" });
}

export async function resolutionRows(
  method: string,
  { scans }: { scans: number },
): Promise<GoalRow[]> {
  const names = [`preserving+${method}`, method, "gaussian"];
  const methods = await Promise.all(names.map((name) => openMethod(name, { threads: 1 })));
  const rows: GoalRow[] = [];
  for (const [contrast, dose] of [
    [50, 0.5],
    [200, 0.25],
    [1000, 0.25],
  ] as const) {
    const object = waterInserts.draw(streamOf(1), {
      size: 256,
      diameterMm: 150,
      module: "single",
      insertMm: rodMm,
      insertHU: contrast,
    }).image;
    const noisy: Image[] = [];
    for (let k = 0; k < scans; k++) {
      const { image } = await ctFan.acquire(
        object,
        streamOf(20_261_204, "rod", contrast, k),
        resolveParameters(ctFan.name, ctFan.parameters, { dose, kernel: "hann" }),
      );
      noisy.push(image);
    }
    const sigma = noiseOfPlanes([noisy[0]!]).sigma;
    const f50 = (images: readonly Image[]) => {
      const mean = meanImage(images);
      const [ny, nx] = mean.shape as [number, number];
      return transferFromDisk(mean, {
        x: (nx - 1) / 2,
        y: (ny - 1) / 2,
        radius: rodMm / 2,
        reach: rodMm / 4,
      }).f50;
    };
    const before = f50(noisy);
    const after: number[] = [];
    for (const { denoiser } of methods) {
      const denoised: Image[] = [];
      for (const image of noisy) denoised.push(await denoiser.denoise(image, {}, { sigma }));
      after.push(f50(denoised));
    }
    const ratios = after.map((v) => v / before);
    rows.push({
      goal: `resolution at a rod of ${contrast} HU, ${100 * dose} % dose (noise ${sigma.toFixed(0)} HU)`,
      measured: `half transfer at ${before.toFixed(3)} cycles/mm; ${names.map((name, n) => `${name} ${ratios[n]!.toFixed(2)} of it`).join(", ")}`,
      wanted: "≥ 0.9 of the unprocessed images'",
      met: metIf(ratios[0]! >= 0.9),
    });
  }
  return rows;
}
