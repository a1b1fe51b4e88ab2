/**
 * Bias of the estimated noise level for white, blurred, reconstructed and interpolated noise on flat, textured and
 * anatomical backgrounds, and beside repeated scans where the image collection is at hand (DPRIME_SHARED).
 *
 *   npm run bench -- noise-level [-- --draws 8] [--method auto] [--smoke]
 *
 * Page: docs/denoisers.md
 * Section: Bias of the noise level
 */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { type Image, makeImage, sliceOf } from "../src/core/image.ts";
import { estimateNoise, type NoiseMethod } from "../src/denoise/noise-level/estimate-noise.ts";
import { repeatedScansNoise } from "../src/denoise/noise-level/local-noise.ts";
import { openFile } from "../src/files/files.ts";
import { backgrounds, caseSigma, noiseCase, noises, side } from "../test/noise-cases.ts";
import { sharedData } from "../test/shared-data.ts";

const { values } = parseArgs({
  args: process.argv.slice(2),
  options: {
    draws: { type: "string", default: "8" },
    method: { type: "string", default: "auto" },
    smoke: { type: "boolean", default: false },
  },
});
const { smoke } = values;
const draws = smoke ? 1 : Number(values.draws);
const method = values.method as NoiseMethod;

function line(cells: readonly string[]): string {
  return `| ${cells.join(" | ")} |`;
}

const percent = (share: number): string =>
  `${share < 0 ? "−" : "+"}${Math.abs(100 * share).toFixed(0)}`;

async function simulated(): Promise<string[]> {
  const kinds = Object.keys(noises).slice(0, smoke ? 2 : undefined);
  const lines = [
    `Bias of σ in per cent, mean of ${draws} draws (largest standard error of a mean below); ${side} × ${side} px without a unit, σ ${caseSigma}, method \`${method}\`.`,
    "",
    line(["background", ...kinds]),
    line(["---", ...kinds.map(() => "--:")]),
  ];
  let largest = 0;
  for (const background of Object.keys(backgrounds).slice(0, smoke ? 2 : undefined)) {
    const cells = [background];
    for (const noise of kinds) {
      const found: number[] = [];
      for (let seed = 1; seed <= draws; seed++) {
        const image = await noiseCase(background, noise, seed);
        found.push(estimateNoise(image, { method }).sigma / caseSigma - 1);
      }
      const mean = found.reduce((a, b) => a + b, 0) / draws;
      const squares = found.reduce((a, b) => a + (b - mean) ** 2, 0);
      if (draws > 1) largest = Math.max(largest, Math.sqrt(squares / (draws - 1) / draws));
      cells.push(percent(mean));
    }
    lines.push(line(cells));
  }
  if (draws > 1) lines.push("", `Largest standard error: ${(100 * largest).toFixed(1)} %.`);
  return lines;
}

/** Median of absolute differences of two scans where a mask is 1, as a standard deviation of one scan. */
function scansNoise(scans: readonly Image[], inside: (index: number) => boolean): number {
  const parts = scans.map(({ data }) => {
    const values = data.filter((_, i) => inside(i));
    return makeImage(values, [1, values.length]);
  });
  return repeatedScansNoise(parts).robust;
}

/** Mean over 9 × 9 px. */
function smoothed({ data, shape }: Image): Float32Array {
  const [ny, nx] = shape as [number, number];
  return data.map((_, i) => {
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
}

async function repeated(): Promise<string[]> {
  const folder = join(sharedData, "2_paired_dose");
  if (!existsSync(folder) || smoke) return [];
  const lines = [
    "",
    "Beside repeated scans of one object: σ from the median difference of two scans in the object (where the 9 × 9 mean of the first is above half of its 90th percentile; CT: water within 80 px of the centre), and σ of the first scan alone. Motion between scans and differences that are not noise raise the first figure.",
    "",
    line(["scans", "σ of the difference", "`auto`", "`wavelet` alone"]),
    line(["---", "--:", "--:", "--:"]),
  ];
  const add = (name: string, scans: readonly Image[], inside: (i: number) => boolean) => {
    const [first] = scans;
    const of = (one: NoiseMethod) => estimateNoise(first!, { method: one }).sigma.toPrecision(3);
    lines.push(line([name, scansNoise(scans, inside).toPrecision(3), of("auto"), of("wavelet")]));
  };
  for (const name of readdirSync(folder).filter((one) => one.startsWith("mr_repeat_snr_"))) {
    const scans: Image[] = [];
    for (const file of readdirSync(join(folder, name)).sort()) {
      const { images } = await openFile(join(folder, name, file));
      scans.push(sliceOf(images[0]!.image, 0));
    }
    const mean = smoothed(scans[0]!);
    const sorted = mean.slice().sort();
    const least = 0.5 * sorted[Math.floor(0.9 * sorted.length)]!;
    add(`MR, ${name.slice(14)}`, scans, (i) => mean[i]! > least);
  }
  for (const dose of ["dose_010", "dose_055", "dose_100"]) {
    const place = join(folder, "lcd_ct_fbp", dose, "signal_absent");
    const files = readdirSync(place).filter((one) => one.endsWith(".raw"));
    const scans = files.sort().map((file) => {
      const bytes = readFileSync(join(place, file));
      const data = Float32Array.from({ length: bytes.length / 2 }, (_, i) =>
        bytes.readInt16LE(2 * i),
      );
      return makeImage(data, [256, 256]);
    });
    const inside = (i: number) =>
      (Math.floor(i / 256) - 128) ** 2 + ((i % 256) - 128) ** 2 < 80 * 80;
    add(`CT of water by FBP, ${Number(dose.slice(5))} % dose, no unit`, scans, inside);
  }
  return lines;
}

console.log([...(await simulated()), ...(await repeated())].join("\n"));
