/** LCD_CT's reconstructions of water with four faint inserts, beside their truth: PSNR in the body. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { openLcdCt } from "../../src/files/index.ts";
import { readLcdCtSlice } from "../../src/files/lcd-ct.ts";
import type { NoisyGroup } from "./noisy-group.ts";

/** Width of the abdominal window that PSNR's peak stands for, in HU. */
const peak = 400;
const rim = 4;

/** Pixels of the body at least `rim` px from air: nearer, truth and scans differ by partial volumes, not by noise. */
function insideOf(data: Float32Array, nx: number): Uint8Array {
  const inside = (i: number): boolean => {
    for (let y = -rim; y <= rim; y++) {
      for (let x = -rim; x <= rim; x++) {
        if (y * y + x * x <= rim * rim && !((data[i + y * nx + x] ?? -1000) > -500)) return false;
      }
    }
    return true;
  };
  return Uint8Array.from(data, (_, i) => (inside(i) ? 1 : 0));
}

/** @param images of each dose, with inserts; the collection here has seven */
export async function lcdCtGroups(data: string, images: number): Promise<NoisyGroup[]> {
  const folder = join(data, "2_paired_dose/lcd_ct_fbp");
  const truth = readLcdCtSlice(readFileSync(join(folder, "ground_truth.raw"))).image;
  const body = insideOf(truth.data, truth.shape[1]!);
  const collection = await openLcdCt(folder);
  const doses = [...new Set(collection.cases.map(({ dose }) => dose))].sort((a, b) => a - b);
  const groups: NoisyGroup[] = [];
  for (const dose of doses) {
    const chosen = collection.cases
      .filter((one) => one.dose === dose && one.signalPresent)
      .slice(0, images);
    groups.push({
      name: `LCD_CT, ${Math.round(100 * dose)} % dose`,
      figure: "PSNR in the body, dB",
      digits: 2,
      images: await Promise.all(chosen.map((one) => collection.load(one))),
      score({ data: values }) {
        let [sum, count] = [0, 0];
        for (let i = 0; i < body.length; i++) {
          if (body[i] === 0) continue;
          sum += (values[i]! - truth.data[i]!) ** 2;
          count++;
        }
        return [10 * Math.log10(peak ** 2 / (sum / count))];
      },
    });
  }
  return groups;
}
