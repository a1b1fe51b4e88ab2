/**
 * Two MR scans A and B of one object: the mean square of (denoised A − B) is the remaining error plus the variance of
 * B's noise, so that E|f(A) − B|² − σ² estimates the error without a truth; σ² is half the variance of A − B.
 */
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { type Image, sliceOf } from "../../src/core/image.ts";
import { openFile } from "../../src/files/files.ts";
import type { NoisyGroup } from "./noisy-group.ts";

/** Voxels of the object: where a scan's 9 × 9 mean is above half of its 90th percentile. */
export function objectOf({ data, shape }: Image): Uint8Array {
  const [ny, nx] = shape as [number, number];
  const mean = data.map((_, i) => {
    const [y, x] = [Math.floor(i / nx), i % nx];
    let [sum, count] = [0, 0];
    for (let v = Math.max(0, y - 4); v < Math.min(ny, y + 5); v++) {
      for (let u = Math.max(0, x - 4); u < Math.min(nx, x + 5); u++) {
        sum += data[v * nx + u]!;
        count++;
      }
    }
    return sum / count;
  });
  const least = 0.5 * mean.slice().sort()[Math.floor(0.9 * mean.length)]!;
  return Uint8Array.from(mean, (v) => (v > least ? 1 : 0));
}

function meanSquare(a: Image, b: Image, inside: Uint8Array): number {
  let [sum, count] = [0, 0];
  for (let i = 0; i < inside.length; i++) {
    if (inside[i] === 0) continue;
    sum += (a.data[i]! - b.data[i]!) ** 2;
    count++;
  }
  return sum / count;
}

/** @param pairs how many of the scanned pairs to take */
export async function mrRepeatGroups(data: string, pairs: number): Promise<NoisyGroup[]> {
  const folder = join(data, "2_paired_dose");
  const names = readdirSync(folder).filter((one) => one.startsWith("mr_repeat_snr_"));
  const groups: NoisyGroup[] = [];
  for (const name of names.slice(0, pairs)) {
    const scans: Image[] = [];
    for (const file of readdirSync(join(folder, name)).sort().slice(0, 2)) {
      scans.push(sliceOf((await openFile(join(folder, name, file))).images[0]!.image, 0));
    }
    const [first, second] = scans as [Image, Image];
    const inside = objectOf(first);
    const variance = meanSquare(first, second, inside) / 2;
    groups.push({
      name: `MR, ${name.slice(14)}`,
      figure: "remaining error, share of σ²",
      digits: 3,
      images: [first, second],
      score(denoised, index) {
        const other = index === 0 ? second : first;
        return [meanSquare(denoised, other, inside) / variance - 1];
      },
    });
  }
  return groups;
}
