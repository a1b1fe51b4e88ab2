/**
 * Every denoiser of the catalogue on CT, MRI, ultrasound and X-ray images at three noise levels: PSNR,
 * SSIM, time and memory, as Markdown for docs/benchmarks.md. Parameters are tuned on one image of the kind
 * and measured on another: each numeric parameter is tried at half and double of its default (at 0.5, 1 and
 * 2 where it has none), and the best value kept, one parameter after the other. A search ends after
 * `--budget` seconds of CPU, which the table says.
 *
 * Images are not in the repository: DPRIME_SHARED names the folder whose data/ holds them.
 * Noise of the denoiser's own kind is added to the images, which are taken as truth: their own noise makes
 * all PSNR values a little pessimistic, alike for all methods. Methods are comparable within a kind of noise.
 *
 *   npx tsx bench/denoise-table.ts [--size=96] [--budget=1.5] [--only=NAME,…] [--modality=CT,…]
 */
import { spawnSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { type Image, layoutOf, makeImage, rangeOf, sliceOf, withData } from "../src/core/image.ts";
import type { ParameterTable, ParameterValues } from "../src/core/parameters.ts";
import { streamOf } from "../src/core/random.ts";
import { catalogue } from "../src/denoise/catalogue.ts";
import type { Denoiser, NoiseKind } from "../src/denoise/denoiser.ts";
import { findDenoiser } from "../src/denoise/find-denoiser.ts";
import { openFile } from "../src/formats/files.ts";
import { psnr } from "../src/metrics/psnr.ts";
import { ssim } from "../src/metrics/ssim.ts";

const option = (name: string) =>
  process.argv.find((word) => word.startsWith(`--${name}=`))?.slice(name.length + 3);
const size = Number(option("size") ?? 96);
const budget = Number(option("budget") ?? 1.5);
const memoryOf = option("memory");
const only = option("only")?.split(",");
const wanted = option("modality")?.split(",");
const shared = process.env.DPRIME_SHARED ?? new URL("../../shared", import.meta.url).pathname;
const levels = [0.03, 0.06, 0.12];
const speckleLevels = [0.1, 0.2, 0.4];
/** Wrapped denoisers beside the members of the catalogue. */
const wrapped = [
  "anscombe+wavelet-shrinkage",
  "anscombe+non-local-means",
  "anscombe+bm3d",
  "rician+bm3d",
  "homomorphic+non-local-means",
];
/** Members that take a series of images: eight of different brightness, the last of which is measured. */
const forSeries = ["mp-pca"];
const frames = 8;
const kinds: readonly NoiseKind[] = [
  "gaussian",
  "rician",
  "speckle",
  "poisson-gaussian",
  "impulse",
];
const kindNames: Readonly<Record<string, string>> = {
  gaussian: "white Gaussian",
  rician: "Rician",
  speckle: "speckle",
  "poisson-gaussian": "counts and Gaussian",
  impulse: "salt and pepper",
};

/** Folders of images; the first readable image tunes, the next of another file tests. */
const modalities: Readonly<Record<string, readonly string[]>> = {
  CT: ["3_ct_seg/ts_dicom_512_j2k", "1_ct_dicom/pancreas_un_vr_j2k", "1_ct_dicom/ct2_toshiba_j2k"],
  MRI: ["4_mri/mni152_template", "4_mri/dipy_t1", "4_mri/suyash_prostate_mr"],
  ultrasound: ["5_projection_us_retina/monai_ultrasound", "5_projection_us_retina/wado_us"],
  "X-ray": ["5_projection_us_retina/nih_cxr", "5_projection_us_retina/msynth_mammo"],
};

async function planesOf(folders: readonly string[]): Promise<Image[]> {
  const found: Image[] = [];
  for (const folder of folders) {
    const path = join(shared, "data", folder);
    let names: string[];
    try {
      names = readdirSync(path, { recursive: true }) as string[];
    } catch {
      console.error(`skipped ${path}: absent`);
      continue;
    }
    let taken = 0;
    for (const name of names.sort()) {
      if (taken >= 2 || found.length >= 2) break;
      try {
        const first = (await openFile(join(path, name))).images[0]!.image;
        const { blocks, nz, ny, nx } = layoutOf(first);
        if (Math.min(ny, nx) < size) continue;
        // Ultrasound often comes as grey pictures in three equal channels: the middle plane is one of them.
        found.push(normalised(sliceOf(first, Math.floor((blocks * nz) / 2))));
        taken++;
      } catch {
        // Not an image, or one of the deliberately broken files.
      }
    }
  }
  return found;
}

/** The middle size × size pixels, with the 1st and 99th percentile at 0 and 1 (HU: −160 … 240), clipped. */
function normalised(plane: Image): Image {
  const { ny, nx } = layoutOf(plane);
  const [y0, x0] = [Math.floor((ny - size) / 2), Math.floor((nx - size) / 2)];
  const data = new Float32Array(size * size);
  for (let y = 0; y < size; y++) {
    data.set(plane.data.subarray((y0 + y) * nx + x0, (y0 + y) * nx + x0 + size), y * size);
  }
  const sorted = Float32Array.from(data).sort();
  const low = plane.unit === "HU" ? -160 : sorted[Math.floor(0.01 * sorted.length)]!;
  const high = plane.unit === "HU" ? 240 : sorted[Math.floor(0.99 * sorted.length)]!;
  if (!(high > low)) throw new Error("no contrast");
  return makeImage(
    data.map((v) => Math.min(1, Math.max(0, (v - low) / (high - low)))),
    [size, size],
    { unit: "normalised" },
  );
}

/** What a denoiser gets, and what it is told about the noise. */
interface Case {
  readonly image: Image;
  readonly sigma: number;
  readonly given: ParameterValues;
}

function kindOf(denoiser: Denoiser): NoiseKind {
  return denoiser.noise === "any" ? "gaussian" : denoiser.noise;
}

function noisy(kind: NoiseKind, truth: Image, level: number): Case {
  const stream = streamOf(11, "denoise-table", kind, Math.round(1000 * level));
  const sigma = kind === "speckle" ? speckleLevels[levels.indexOf(level)]! : level;
  const looks = 1 / sigma ** 2;
  // White has the standard deviation of the level; a quarter of it is Gaussian.
  const gain = level ** 2;
  const part = level / 4;
  const data = truth.data.map((v) => {
    if (kind === "rician") return Math.hypot(v + sigma * stream.normal(), sigma * stream.normal());
    if (kind === "speckle") return (v * stream.gamma(looks)) / looks;
    if (kind === "poisson-gaussian")
      return gain * stream.poisson(v / gain) + part * stream.normal();
    if (kind === "impulse") {
      const u = stream.uniform();
      return u < level ? 0 : u < 2 * level ? 1 : v;
    }
    return v + sigma * stream.normal();
  });
  const counts = kind === "poisson-gaussian";
  return {
    image: withData(truth, data),
    sigma: counts ? part : sigma,
    given: counts ? { gain } : {},
  };
}

/** Images of one scene that grow brighter up to the truth itself, each with noise of its own. */
function series(truth: Image, level: number): Case {
  const stream = streamOf(11, "denoise-table", "series", Math.round(1000 * level));
  const n = truth.data.length;
  const data = Float32Array.from({ length: frames * n }, (_, i) => {
    const frame = Math.floor(i / n);
    const brightness = 0.5 + (0.5 * (frame + 1)) / frames;
    return brightness * truth.data[i % n]! + level * stream.normal();
  });
  return {
    image: makeImage(data, [frames, ...truth.shape], { axes: "tyx" }),
    sigma: level,
    given: {},
  };
}

function caseOf(denoiser: Denoiser, truth: Image, level: number): Case {
  return forSeries.includes(denoiser.name)
    ? series(truth, level)
    : noisy(kindOf(denoiser), truth, level);
}

async function run(
  denoiser: Denoiser,
  { image, sigma, given }: Case,
  parameters: ParameterValues,
): Promise<Image> {
  const result = await denoiser.denoise(image, { ...given, ...parameters }, { sigma });
  if (!image.axes.includes("t")) return result;
  const last = result.data.slice((frames - 1) * size * size);
  return makeImage(last, [size, size], { unit: "normalised" });
}

function decibels(a: Image, b: Image): number {
  let sum = 0;
  for (let i = 0; i < a.data.length; i++) sum += (a.data[i]! - b.data[i]!) ** 2;
  return -10 * Math.log10(sum / a.data.length);
}

/** CPU time so far: other work on the machine counts less than in wall time. */
function cpuSeconds(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}

/** One round over every numeric parameter; ends early when the budget is spent. */
async function tuned(
  denoiser: Denoiser,
  truth: Image,
): Promise<{ values: Record<string, number>; cut: boolean }> {
  const input = caseOf(denoiser, truth, levels[1]!);
  const end = cpuSeconds() + budget;
  let best: Record<string, number> = {};
  let cut = false;
  const score = async (parameters: Record<string, number>) =>
    decibels(await run(denoiser, input, parameters), truth);
  let value = await score(best);
  for (const [name, parameter] of Object.entries(denoiser.parameters satisfies ParameterTable)) {
    if (parameter.type !== "number" && parameter.type !== "integer") continue;
    // What bounds the work, seeds it or describes the noise is no knob of quality.
    if (/iterations|tolerance|seed|rounds|agents|gain|offset|spins|step|search/i.test(name))
      continue;
    const start = typeof parameter.default === "number" ? parameter.default : 1;
    const trials = parameter.default === undefined ? [0.5, 1, 2] : [0.5 * start, 2 * start];
    for (const wish of trials) {
      if (cpuSeconds() > end) {
        cut = true;
        break;
      }
      const inside = Math.min(parameter.max, Math.max(parameter.min, wish));
      const trial: number = parameter.type === "integer" ? Math.round(inside) : inside;
      if (trial === parameter.default) continue;
      const next = { ...best, [name]: trial };
      // Some sizes exclude each other: such a trial is no candidate.
      const found = await score(next).catch(() => -Infinity);
      if (found > value) {
        value = found;
        best = next;
      }
    }
  }
  return { values: best, cut };
}

/** Peak memory in bytes that one run adds to a fresh process. */
function peakMemory(name: string): number | undefined {
  const child = spawnSync(
    process.execPath,
    [...process.execArgv, process.argv[1]!, `--memory=${name}`, `--size=${size}`],
    { encoding: "utf8" },
  );
  const bytes = Number(child.stdout.trim());
  return child.status === 0 && Number.isFinite(bytes) ? bytes : undefined;
}

/** The child's side of `peakMemory`; memory hardly depends on the image's content. */
async function reportMemory(name: string): Promise<void> {
  const stream = streamOf(11, "denoise-table", "memory");
  const truth = makeImage(
    Float32Array.from({ length: size * size }, (_, i) => 0.2 + 0.5 * stream.uniform() * (i % 2)),
    [size, size],
    { unit: "normalised" },
  );
  const denoiser = await findDenoiser(name);
  const input = caseOf(denoiser, truth, levels[1]!);
  const before = process.memoryUsage().rss;
  await run(denoiser, input, {});
  console.log(String(process.resourceUsage().maxRSS * 1024 - before));
}

async function main(): Promise<void> {
  const names = only ?? [...Object.keys(catalogue), ...wrapped];
  const denoisers: Denoiser[] = [];
  for (const name of names) denoisers.push(await findDenoiser(name));
  const memory = new Map(names.map((name) => [name, peakMemory(name)]));
  console.log(
    `${size} × ${size} px from the middle of clinical images, one thread, seed 11. PSNR with peak 1 and SSIM with data range 1 at three noise levels: ${levels.join(", ")} of the window (speckle: ${speckleLevels.join(", ")} of the signal; counts: standard deviation at white, a quarter of it Gaussian; salt and pepper: share of either). Seconds of CPU per image; MiB: peak that one image adds to a fresh process. Tuned: parameters that another image of the kind, at the middle level, set apart from their defaults; × where the search was cut at ${budget} s of CPU.\n`,
  );
  for (const kind of kinds) {
    const members = denoisers.filter((one) => kindOf(one) === kind);
    if (members.length === 0) continue;
    console.log(`### Noise: ${kindNames[kind]}\n`);
    console.log("| image | method | PSNR (dB) | SSIM | s | MiB | tuned |");
    console.log("|---|---|---|---|---|---|---|");
    for (const [modality, folders] of Object.entries(modalities)) {
      if (wanted && !wanted.includes(modality)) continue;
      const [train, test] = await planesOf(folders);
      if (!train || !test) {
        console.error(`skipped ${modality}: fewer than two images`);
        continue;
      }
      const before = levels.map((level) => noisy(kind, test, level).image);
      console.log(row(modality, "*noisy*", before, test));
      for (const denoiser of members) {
        const { name } = denoiser;
        console.error(`${kind} ${modality} ${name}`);
        try {
          const { values, cut } = await tuned(denoiser, train);
          const results: Image[] = [];
          const start = cpuSeconds();
          for (const level of levels) {
            results.push(await run(denoiser, caseOf(denoiser, test, level), values));
          }
          const seconds = (cpuSeconds() - start) / levels.length;
          const work = { seconds, memory: memory.get(name), parameters: values, cut };
          console.log(row(modality, name, results, test, work));
        } catch (error) {
          console.error(`skipped ${name} on ${modality}: ${String(error)}`);
        }
      }
    }
    console.log("");
  }
}

function row(
  modality: string,
  name: string,
  results: readonly Image[],
  truth: Image,
  work?: {
    seconds: number;
    memory: number | undefined;
    parameters: Readonly<Record<string, number>>;
    cut: boolean;
  },
): string {
  const context = { reference: truth, dataRange: 1 };
  const numbers = (metric: typeof psnr, digits: number) =>
    results
      .map((image) => {
        const measured = metric.measure(image, context);
        return measured.status === "ok" ? measured.value.toFixed(digits) : "–";
      })
      .join(" / ");
  const cells = [
    modality,
    name,
    numbers(psnr, 2),
    numbers(ssim, 3),
    work ? work.seconds.toFixed(2) : "",
    work?.memory === undefined ? "" : String(Math.max(0, Math.round(work.memory / 2 ** 20))),
    work
      ? Object.entries(work.parameters)
          .map(([key, value]) => `${key} ${Number(value.toPrecision(3))}`)
          .concat(work.cut ? ["×"] : [])
          .join(", ")
      : "",
  ];
  if (results.some((image) => rangeOf(image.data).nonFinite > 0)) cells[1] += " (not finite!)";
  return `| ${cells.join(" | ")} |`;
}

if (memoryOf === undefined) await main();
else await reportMemory(memoryOf);
