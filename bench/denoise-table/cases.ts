/** Images, noise and runs of denoise-table.ts. */
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { type Image, layoutOf, makeImage, sliceOf, withData } from "../../src/core/image.ts";
import type { ParameterValues } from "../../src/core/parameters.ts";
import { streamOf } from "../../src/core/random.ts";
import type { Denoiser, NoiseKind } from "../../src/denoise/denoiser.ts";
import { openFile } from "../../src/files/files.ts";
import { sharedData } from "../../test/shared-data.ts";

export const option = (name: string) =>
  process.argv.find((word) => word.startsWith(`--${name}=`))?.slice(name.length + 3);
export const size = Number(option("size") ?? 96);
export const levels = [0.03, 0.06, 0.12];
export const speckleLevels = [0.1, 0.2, 0.4];
/** Members that take a series of images: eight of different brightness, the last of which is measured. */
export const forSeries = ["mp-pca"];
export const frames = 8;
/** Folders of images; the first readable image tunes, the next of another file tests. */
export const modalities: Readonly<Record<string, readonly string[]>> = {
  CT: ["3_ct_seg/ts_dicom_512_j2k", "1_ct_dicom/pancreas_un_vr_j2k", "1_ct_dicom/ct2_toshiba_j2k"],
  MRI: ["4_mri/mni152_template", "4_mri/dipy_t1", "4_mri/suyash_prostate_mr"],
  ultrasound: ["5_projection_us_retina/monai_ultrasound", "5_projection_us_retina/wado_us"],
  "X-ray": ["5_projection_us_retina/nih_cxr", "5_projection_us_retina/msynth_mammo"],
};

export async function planesOf(folders: readonly string[]): Promise<Image[]> {
  const found: Image[] = [];
  for (const folder of folders) {
    const path = join(sharedData, folder);
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
export interface Case {
  readonly image: Image;
  readonly sigma: number;
  readonly given: ParameterValues;
}

export function kindOf(denoiser: Denoiser): NoiseKind {
  return denoiser.noise === "any" ? "gaussian" : denoiser.noise;
}

export function noisy(kind: NoiseKind, truth: Image, level: number): Case {
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

export function caseOf(denoiser: Denoiser, truth: Image, level: number): Case {
  return forSeries.includes(denoiser.name)
    ? series(truth, level)
    : noisy(kindOf(denoiser), truth, level);
}

export async function run(
  denoiser: Denoiser,
  { image, sigma, given }: Case,
  parameters: ParameterValues,
): Promise<Image> {
  const result = await denoiser.denoise(image, { ...given, ...parameters }, { sigma });
  if (!image.axes.includes("t")) return result;
  const last = result.data.slice((frames - 1) * size * size);
  return makeImage(last, [size, size], { unit: "normalised" });
}
