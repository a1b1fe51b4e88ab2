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
import { openFile } from "../src/files/files.ts";
import { backgrounds, caseSigma, noiseCase, noises, side } from "../test/noise-cases.ts";
import { sharedData } from "../test/shared-data.ts";
import { objectOf } from "./real-noise/mr-repeats.ts";

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

/**
 * The standard deviation of one scan by windows of 9 × 9 px of the difference of two, each about its own mean:
 * scans that drift apart differ by more than noise. The 10th, 50th and 90th percentile of the windows inside.
 */
function scansNoise(
  [first, second]: readonly Image[],
  inside: (index: number) => boolean,
): readonly number[] {
  const [ny, nx] = first!.shape as [number, number];
  const found: number[] = [];
  for (let y = 0; y + 9 <= ny; y += 9) {
    for (let x = 0; x + 9 <= nx; x += 9) {
      const places = Array.from(
        { length: 81 },
        (_, k) => (y + Math.floor(k / 9)) * nx + x + (k % 9),
      );
      if (!places.every(inside)) continue;
      const differences = places.map((i) => first!.data[i]! - second!.data[i]!);
      const mean = differences.reduce((a, b) => a + b, 0) / 81;
      const squares = differences.reduce((a, b) => a + (b - mean) ** 2, 0);
      found.push(Math.sqrt(squares / 80 / 2));
    }
  }
  found.sort((a, b) => a - b);
  return [0.1, 0.5, 0.9].map((share) => found[Math.floor(share * found.length)] ?? NaN);
}

/** Standard deviation of a window of 9 × 9 px about its own plane. */
function aboutPlane(values: readonly number[]): number {
  const places = values.map((_, k) => [(k % 9) - 4, Math.floor(k / 9) - 4] as const);
  const mean = values.reduce((a, b) => a + b, 0) / 81;
  // The sum of squares of either coordinate over the window is 540.
  const [sx, sy] = [0, 1].map(
    (axis) => values.reduce((a, v, k) => a + v * places[k]![axis]!, 0) / 540,
  );
  const squares = values.reduce(
    (a, v, k) => a + (v - mean - sx! * places[k]![0] - sy! * places[k]![1]) ** 2,
    0,
  );
  return Math.sqrt(squares / 78);
}

/**
 * What a single scan shows where it varies least: the median, over the fifth of the windows with the smallest
 * standard deviation in the first scan, of that deviation and of the one between the scans. Where the first is the
 * greater, the object varies everywhere, and no estimate by one scan's flattest windows can reach the noise.
 */
function flattestFifth(
  [first, second]: readonly Image[],
  inside: (index: number) => boolean,
): readonly [one: number, between: number] {
  const [ny, nx] = first!.shape as [number, number];
  const found: { one: number; between: number }[] = [];
  for (let y = 0; y + 9 <= ny; y += 5) {
    for (let x = 0; x + 9 <= nx; x += 5) {
      const places = Array.from(
        { length: 81 },
        (_, k) => (y + Math.floor(k / 9)) * nx + x + (k % 9),
      );
      if (!places.every(inside)) continue;
      found.push({
        one: aboutPlane(places.map((i) => first!.data[i]!)),
        between: aboutPlane(places.map((i) => (first!.data[i]! - second!.data[i]!) / Math.SQRT2)),
      });
    }
  }
  found.sort((a, b) => a.one - b.one);
  const fifth = found.slice(0, Math.max(1, Math.floor(found.length / 5)));
  const median = (values: number[]) => values.sort((a, b) => a - b)[values.length >> 1]!;
  return [median(fifth.map(({ one }) => one)), median(fifth.map(({ between }) => between))];
}

async function repeated(): Promise<string[]> {
  const folder = join(sharedData, "2_paired_dose");
  if (!existsSync(folder) || smoke) return [];
  const lines = [
    "",
    "Beside repeated scans of one object: σ from the difference of two scans in windows of 9 × 9 px of the object, each about its own mean, since scans drift apart (median, and 10th to 90th percentile; where the 9 × 9 mean of the first is above half of its 90th percentile; CT: water within 80 px of the centre), and σ of the first scan alone. Where the percentiles lie far apart, as with parallel imaging, the noise is not the same everywhere, and no one number is right: `adaptive-non-local-means` takes a map.",
    "",
    line([
      "scans",
      "σ of the difference",
      "`auto`",
      "`wavelet` alone",
      "flattest fifth: one scan / difference",
    ]),
    line(["---", "--:", "--:", "--:", "--:"]),
  ];
  const add = (name: string, scans: readonly Image[], inside: (i: number) => boolean) => {
    const [first] = scans;
    const of = (one: NoiseMethod) => estimateNoise(first!, { method: one }).sigma.toPrecision(3);
    const [low, middle, high] = scansNoise(scans, inside).map((v) => v.toPrecision(3));
    const flattest = flattestFifth(scans, inside).map((v) => v.toPrecision(3));
    lines.push(
      line([name, `${middle} (${low} … ${high})`, of("auto"), of("wavelet"), flattest.join(" / ")]),
    );
  };
  for (const name of readdirSync(folder).filter((one) => one.startsWith("mr_repeat_snr_"))) {
    const scans: Image[] = [];
    for (const file of readdirSync(join(folder, name)).sort()) {
      const { images } = await openFile(join(folder, name, file));
      scans.push(sliceOf(images[0]!.image, 0));
    }
    const object = objectOf(scans[0]!);
    add(`MR, ${name.slice(14)}`, scans, (i) => object[i] === 1);
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
