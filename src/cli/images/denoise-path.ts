/** The main job from path to path. */
import { join } from "node:path";
import { throwIfAborted } from "../../core/errors.ts";
import type { Image } from "../../core/image.ts";
import type { WorkOptions } from "../../core/progress.ts";
import type { Denoiser } from "../../denoise/denoiser.ts";
import { type ParameterValues, resolveParameters } from "../../core/parameters.ts";
import { writeWhole } from "../../formats/files.ts";
import { type DenoisedImage, denoiseImage, type NoiseReading } from "./denoise-image.ts";
import { findMethod } from "./find-method.ts";
import { openWork } from "./open-work.ts";
import { checkPlace, namesFile, outputFile, writeFolder } from "./output-place.ts";
import type { ReadImage } from "./work.ts";

export interface DenoisePathOptions extends WorkOptions {
  readonly input: string;
  readonly output: string;
  /** A classical denoiser, a shipped model or a path to an .onnx file; the default model when absent. */
  readonly method?: string;
  /** In place of a method's name: a denoiser that was made for this call, and what to record of it. */
  readonly made?: { readonly denoiser: Denoiser; readonly recorded: ParameterValues };
  readonly parameters?: Readonly<Record<string, string>>;
  readonly sigma?: number;
  readonly strength?: number;
  /** Path of a figure to draw, `.png` or `.svg`. */
  readonly figure?: string;
  readonly window?: { readonly low: number; readonly high: number };
  readonly slice?: number;
  readonly threads?: number;
  /** `cpu` or `webgpu`, for trained models. */
  readonly provider?: string;
  readonly inputFormat?: string;
}

export interface DenoisedReport {
  readonly name: string;
  readonly format: string;
  readonly axes: string;
  readonly shape: readonly number[];
  readonly unit: string;
  readonly level: NoiseReading;
  readonly noiseBefore: NoiseReading;
  readonly noiseAfter: NoiseReading;
  readonly rmsChange: number;
  readonly seconds: number;
}

export interface DenoiseReport {
  readonly input: string;
  readonly method: string;
  readonly parameters: Readonly<Record<string, unknown>>;
  readonly strength: number;
  readonly images: readonly DenoisedReport[];
  readonly outputs: readonly string[];
  readonly figure: string | null;
  readonly notes: readonly string[];
}

/** Reads, denoises and writes a file, a series or every image of a folder. */
export async function denoisePath(options: DenoisePathOptions): Promise<DenoiseReport> {
  if (options.made !== undefined) return denoiseBy(options.made.denoiser, options);
  const method = await findMethod(options.method, options);
  try {
    return await denoiseBy(method.denoiser, options);
  } finally {
    await method.dispose();
  }
}

async function denoiseBy(denoiser: Denoiser, options: DenoisePathOptions): Promise<DenoiseReport> {
  const parameters = resolveParameters(denoiser.name, denoiser.parameters, options.parameters);
  await checkPlace(options.output);
  if (options.figure !== undefined) await checkPlace(options.figure);
  const work = await openWork(options.input, { format: options.inputFormat });
  const images: DenoisedReport[] = [];
  const notes = [...work.notes];
  let figure: string | null = null;
  const one = async (index: number, target: string): Promise<readonly string[]> => {
    const item = work.items[index]!;
    throwIfAborted(options.signal, "denoising");
    const read = await item.open({ signal: options.signal });
    const done = await denoiseOne(read, denoiser, { ...options, checkedParameters: parameters });
    const drawing =
      options.figure !== undefined && figure === null
        ? await drawFigure(options.figure, read.image, done, options)
        : undefined;
    const saved = await read.save(target, done.image, {
      method: denoiser.name,
      parameters: {
        ...parameters,
        ...options.made?.recorded,
        sigma: Number(done.level.sigma.toPrecision(6)),
        strength: options.strength ?? 1,
      },
      signal: options.signal,
      onProgress: options.onProgress,
    });
    if (drawing !== undefined && options.figure !== undefined) {
      await writeWhole([{ path: options.figure, bytes: drawing }]);
      figure = options.figure;
    }
    images.push(reportOf(item.name, read, done));
    notes.push(...new Set([...read.notes, ...saved.lost]));
    return saved.paths;
  };
  const first = work.items[0]!;
  const asFile =
    work.kind === "file" ||
    (work.items.length === 1 && first.series && (await namesFile(options.output)));
  const outputs = asFile
    ? await one(0, await outputFile(options.output, options.input))
    : await writeFolder(options.output, async (folder) => {
        const written: string[] = [];
        for (const [i, item] of work.items.entries()) {
          const paths = await one(i, item.series ? folder : join(folder, item.name));
          written.push(...paths.map((path) => join(options.output, path.slice(folder.length + 1))));
        }
        return written;
      });
  return {
    input: options.input,
    method: denoiser.name,
    parameters: { ...parameters, ...options.made?.recorded },
    strength: options.strength ?? 1,
    images,
    outputs,
    figure,
    notes: [...new Set(notes)],
  };
}

async function denoiseOne(
  read: ReadImage,
  denoiser: Denoiser,
  options: DenoisePathOptions & { checkedParameters: Record<string, number | string | boolean> },
): Promise<DenoisedImage> {
  return denoiseImage(read.image, {
    denoiser,
    parameters: options.checkedParameters,
    sigma: options.sigma,
    strength: options.strength,
    threads: options.threads,
    keep: read.isPadding,
    signal: options.signal,
    onProgress: options.onProgress,
  });
}

function reportOf(name: string, read: ReadImage, done: DenoisedImage): DenoisedReport {
  const { level, noiseBefore, noiseAfter, rmsChange, seconds } = done;
  const { axes, shape, unit } = read.image;
  return {
    name,
    format: read.format,
    axes,
    shape,
    unit,
    level,
    noiseBefore,
    noiseAfter,
    rmsChange,
    seconds,
  };
}

async function drawFigure(
  path: string,
  before: Image,
  done: DenoisedImage,
  options: DenoisePathOptions,
): Promise<Uint8Array> {
  const { comparisonSvg, svgPng } = await import("../../figures/index.ts");
  const number = (x: number): string => String(Number(x.toPrecision(3)));
  const svg = comparisonSvg(
    { before, after: done.image },
    {
      window: options.window,
      slice: options.slice,
      notes: {
        before: [`noise ${number(done.noiseBefore.sigma)} (${done.noiseBefore.method})`],
        after: [`noise ${number(done.noiseAfter.sigma)}`],
        difference: [`root mean square ${number(done.rmsChange)}`],
      },
    },
  );
  return /\.svg$/i.test(path) ? new TextEncoder().encode(svg) : svgPng(svg);
}
