/**
 * Low-contrast detectability against dose on the module of the MITA body phantom, as in LCD_CT's images.
 *
 *   npx tsx tools/long/low-contrast.ts calibrate
 *   npx tsx tools/long/low-contrast.ts study [cases per class = 200] [doses = 0.1,0.25,0.4,0.55,0.7,0.85,1]
 *
 * `calibrate` compares noise level and noise power spectrum with LCD_CT's own images (seven per dose and class,
 * read from ../shared/data or DPRIME_SHARED); `study` scans the phantom with what came out of it, at every
 * published dose, and prints d' of a Laguerre–Gauss channelised Hotelling observer, free of the bias of training, its
 * exact interval, and both as areas Φ(d'/√2).
 * Nothing was fitted to an area.
 */
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { makeImage, type Image } from "../../src/core/image.ts";
import { streamOf } from "../../src/core/random.ts";
import { openLcdCt } from "../../src/files/index.ts";
import { fftN } from "../../src/math/fft.ts";
import { casesOf } from "../../src/observers/index.ts";
import { channelOutputs } from "../../src/observers/channels/channel-set.ts";
import { laguerreGauss } from "../../src/observers/channels/laguerre-gauss.ts";
import { insertsOf, waterInserts, type Insert } from "../../src/phantoms/water-inserts.ts";
import {
  attenuation,
  attenuationToHounsfield,
  filteredBackprojection,
  hounsfieldToAttenuation,
  measureLineIntegrals,
  pediatricScanner,
  planarProjector,
} from "../../src/physics/index.ts";
import { choDetectability } from "../../src/stats/detectability.ts";

/** Cylinder that LCD_CT's ground truth shows: 256 pixels hold 1.1 of its diameters. */
const diameterMm = 150;
const size = 256;
export const pixel = (1.1 * diameterMm) / size;
/** Quanta at full dose and electronic noise: noise level at the centre at 100 and 10 % dose. */
const photons = 19_500;
const electronicSd = 1;
/** Share of each neighbour in a channel's reading: with the plain ramp a window 0.6 + 0.4 cos(πf). */
const neighbourShare = 0.2;

const doses = [0.1, 0.25, 0.4, 0.55, 0.7, 0.85, 1];
/** Areas read off LCD_CT's own figure (FBP, large set), to 0.01, at these doses. */
const published: Readonly<Record<string, readonly number[]>> = {
  "10 mm, 3 HU": [0.7, 0.84, 0.885, 0.9, 0.9, 0.925, 0.95],
  "7 mm, 5 HU": [0.78, 0.86, 0.93, 0.965, 0.99, 0.99, 0.985],
};

// The middle third of the detector covers the cylinder; the rest sees air alone.
const geometry = {
  ...pediatricScanner,
  detector: { channels: 300, pitchMm: 1, offsetChannels: 0.25 },
};
const waterPerMm = attenuation("water", 70);
const gridOf = (side: number) =>
  ({ nx: side, ny: side, pixelMm: [pixel, pixel], centreMm: [0, 0] }) as const;
/** Side of the middle part that holds every insert's region, on the same pixels. */
const middle = 102;
const shares = new Float64Array(geometry.detector.channels).fill(1);
export const parameters = { size, diameterMm };

/** Line integrals of the noise-free phantom, with or without its inserts. */
export function sinogramOf(present: boolean): Float32Array {
  const { image } = waterInserts.draw(streamOf(1), { ...parameters, present });
  return planarProjector(geometry, gridOf(size)).apply(
    hounsfieldToAttenuation(image.data, waterPerMm),
  );
}

/** Readings to HU on the middle `side` × `side` pixels: what a channel shares with its neighbours, ramp, backprojection. */
export function reconstruct(values: Float32Array, side: number): Float32Array {
  const { channels } = geometry.detector;
  const shared = values.map((v, i) => {
    const c = i % channels;
    const before = c > 0 ? values[i - 1]! : v;
    const after = c < channels - 1 ? values[i + 1]! : v;
    return v + neighbourShare * (before + after - 2 * v);
  });
  const mu = filteredBackprojection(shared, {
    geometry,
    grid: gridOf(side),
    kernel: "ram-lak",
  });
  return attenuationToHounsfield(mu, waterPerMm);
}

/** A noisy scan of line integrals at a share of the full dose, reconstructed. */
export function scan(
  sinogram: Float32Array,
  { dose, name, side }: { dose: number; name: readonly (string | number)[]; side: number },
): Float32Array {
  const exposure = { photons, dose, electronicSd, floorCounts: 0.5 };
  const stream = streamOf(2024, ...name, Math.round(100 * dose));
  return reconstruct(measureLineIntegrals(sinogram, { exposure, shares, stream }).values, side);
}

/** Standard deviation within 20 pixels of the centre, and radial noise power as a share of the variance. */
function noiseOf(images: readonly Float32Array[]): { sd: number; spectrum: number[] } {
  const n = images.length;
  const mean = new Float64Array(size * size);
  for (const image of images) image.forEach((v, i) => (mean[i] = mean[i]! + v / n));
  const side = 64;
  const power = new Float64Array(side * side);
  let square = 0;
  let count = 0;
  for (const image of images) {
    image.forEach((v, i) => {
      const r = Math.hypot((i % size) - 127.5, Math.floor(i / size) - 127.5);
      if (r >= 20) return;
      square += (v - mean[i]!) ** 2;
      count++;
    });
    for (const top of [64, 96, 128]) {
      for (const left of [64, 96, 128]) {
        const re = Float64Array.from({ length: side * side }, (_, k) => {
          const at = (top + Math.floor(k / side)) * size + left + (k % side);
          return image[at]! - mean[at]!;
        });
        const level = re.reduce((s, v) => s + v, 0) / re.length;
        const found = fftN(
          re.map((v) => v - level),
          new Float64Array(re.length),
          { shape: [side, side] },
        );
        power.forEach((v, k) => (power[k] = v + found.re[k]! ** 2 + found.im[k]! ** 2));
      }
    }
  }
  const all = power.reduce((s, v) => s + v, 0) / power.length;
  const wrap = (k: number) => Math.min(k, side - k) / side;
  const spectrum = Array.from({ length: 10 }, (_, band) => {
    let sum = 0;
    let bins = 0;
    power.forEach((v, k) => {
      const f = Math.hypot(wrap(k % side), wrap(Math.floor(k / side)));
      if (k === 0 || Math.floor(f / 0.06) !== band) return;
      sum += v / all;
      bins++;
    });
    return sum / bins;
  });
  // The mean of the images took one of n degrees of freedom.
  return { sd: Math.sqrt((square / count) * (n / (n - 1))), spectrum };
}

async function calibrate(): Promise<void> {
  const shared = process.env.DPRIME_SHARED ?? join(import.meta.dirname, "../../../shared");
  const collection = await openLcdCt(join(shared, "data/2_paired_dose/lcd_ct_fbp"));
  const sinogram = sinogramOf(false);
  const show = (values: readonly number[]) => values.map((v) => v.toFixed(2)).join("  ");
  for (const dose of [0.1, 0.55, 1]) {
    const own: Float32Array[] = [];
    for (const which of collection.cases.filter((c) => c.dose === dose && !c.signalPresent)) {
      own.push((await collection.load(which)).data);
    }
    const theirs = noiseOf(own);
    const ours = noiseOf(
      Array.from({ length: 16 }, (_, k) =>
        scan(sinogram, { dose, name: ["noise", k], side: size }),
      ),
    );
    console.log(`dose ${Math.round(100 * dose)} %, noise power in bands of 0.06 cycles a pixel`);
    console.log(`  LCD_CT     sd ${theirs.sd.toFixed(1)} HU   ${show(theirs.spectrum)}`);
    console.log(`  simulated  sd ${ours.sd.toFixed(1)} HU   ${show(ours.spectrum)}`);
  }
}

type Place = Pick<Insert, "xMm" | "yMm">;

/** Half a region: one diameter of the largest insert, as in LCD_CT. */
export const half = Math.round(10 / pixel);

/** Square about a place of an image of `width` pixels a side, row-major. */
export function region(
  values: Float32Array,
  { xMm, yMm }: Place,
  width: number = middle,
): Float32Array {
  const side = 2 * half + 1;
  const left = Math.round(xMm / pixel + (width - 1) / 2) - half;
  const top = Math.round(yMm / pixel + (width - 1) / 2) - half;
  const out = new Float32Array(side * side);
  for (let j = 0; j < side; j++) {
    const from = (top + j) * width + left;
    out.set(values.subarray(from, from + side), j * side);
  }
  return out;
}

/** A case: its mean is taken off, as LCD_CT does. */
export function caseOf(noisy: Float32Array, signal?: Float32Array): Image {
  const values = noisy.map((v, i) => v + (signal?.[i] ?? 0));
  const mean = values.reduce((s, v) => s + v, 0) / values.length;
  const side = Math.sqrt(values.length);
  return makeImage(
    values.map((v) => v - mean),
    [side, side],
    { spacing: [1, pixel, pixel], unit: "HU" },
  );
}

/**
 * Cases of every insert at one dose. The four places of the module are alike in a uniform cylinder and far
 * apart, so that each scan gives four regions for each insert; those of every other scan get the insert, by the
 * difference of noise-free scans: its own few HU change no count by more than 0.1 %.
 */
function casesAt(dose: number, { perClass, inserts, uniform, signals }: Setting) {
  const found = inserts.map(() => ({ present: [] as Image[], absent: [] as Image[] }));
  for (let k = 0; k < Math.ceil(perClass / 2); k++) {
    const image = scan(uniform, { dose, name: ["scan", k], side: middle });
    for (const place of inserts) {
      const noisy = region(image, place);
      inserts.forEach((_, n) => {
        if (k % 2 === 0) found[n]!.present.push(caseOf(noisy, signals[n]!));
        else found[n]!.absent.push(caseOf(noisy));
      });
    }
  }
  return found;
}

interface Setting {
  readonly perClass: number;
  readonly inserts: readonly Insert[];
  readonly uniform: Float32Array;
  /** Noise-free image of each insert alone, in its region. */
  readonly signals: readonly Float32Array[];
}

async function study(perClass: number, asked: readonly number[]): Promise<void> {
  const inserts = insertsOf(parameters);
  const uniform = sinogramOf(false);
  const full = reconstruct(sinogramOf(true), middle);
  const empty = reconstruct(uniform, middle);
  const difference = full.map((v, i) => v - empty[i]!);
  const signals = inserts.map((insert) => region(difference, insert));
  console.log("| insert | dose | AUC | 95 % interval | d' | published |");
  for (const dose of asked) {
    for (const [n, cases] of casesAt(dose, { perClass, inserts, uniform, signals }).entries()) {
      const insert = inserts[n]!;
      const name = `${insert.diameterMm} mm, ${insert.contrastHU} HU`;
      const channels = laguerreGauss([2 * half + 1, 2 * half + 1], {
        count: 5,
        width: (2 / 3) * (insert.diameterMm / pixel),
        centre: [half, half],
      });
      const d = choDetectability({
        present: channelOutputs(channels, casesOf(cases.present)),
        absent: channelOutputs(channels, casesOf(cases.absent)),
        channels: channels.count,
      });
      const { estimate, interval } = d.auc;
      const theirs = published[name]?.[doses.indexOf(dose)] ?? "–";
      console.log(
        `| ${name} | ${Math.round(100 * dose)} % | ${estimate.toFixed(3)} | ${interval.lower.toFixed(3)} … ${interval.upper.toFixed(3)} | ${d.estimate.toFixed(2)} | ${theirs} |`,
      );
    }
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [what, count, chosen] = process.argv.slice(2);
  if (what === "calibrate") await calibrate();
  else if (what === "study")
    await study(Number(count ?? 200), chosen?.split(",").map(Number) ?? doses);
  else console.error("usage: low-contrast.ts calibrate | study [cases per class] [doses]");
}
