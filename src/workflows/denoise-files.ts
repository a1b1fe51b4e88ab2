/** A file, a series or a folder of images, denoised and written as it was read. */
import { InputError } from "../core/errors.ts";
import { type Image, layoutOf } from "../core/image.ts";
import {
  type ParameterValue,
  type ParameterValues,
  resolveParameters,
  settingsOf,
} from "../core/parameters.ts";
import type { Denoiser } from "../denoise/denoiser.ts";
import type { MethodParameters } from "../denoise/find-denoiser.ts";
import { type DenoiserLevel, noiseMethodFor } from "../denoise/noise-level/level-for.ts";
import { judgedPlanes, noiseOfPlanes } from "../denoise/noise-level/noise-of-image.ts";
import type { MethodChoice } from "./choice/choose-method.ts";
import {
  automatic,
  type KeepOptions,
  type MethodForImage,
  type Methods,
  openMethods,
} from "./choice/open-methods.ts";
import { colourParts, luminanceOf } from "./colour-parts.ts";
import { checkDenoisable, denoise, type DenoisedFigures, lookOf } from "./denoise.ts";
import { denoiseSettings } from "./denoise-settings.ts";
import { denoiseSlabs, lookAt, type LookedAt } from "./denoise-slabs.ts";
import { eachImage, type FilesOptions } from "./each-image.ts";
import type { InputImage, ReadImage, SavedImage, SlabInput } from "./input.ts";
import { openInput } from "./open-input.ts";
import type { MethodOptions } from "./open-method.ts";
import { checkPicture, writePicture } from "./output.ts";
import { planSlabs, wholeVoxels } from "./plan-slabs.ts";
import { readBack } from "./read-back.ts";
import { maskedPadding, readMask } from "./read-mask.ts";
import { namesTask, readTemplates, type TaskOptions } from "./templates.ts";

export interface FigureOptions {
  /** Path of a figure to draw, `.png` or `.svg`. */
  readonly figure?: string | undefined;
  /** Display window of the figure; by default from unit or percentiles. */
  readonly window?: { readonly low: number; readonly high: number } | undefined;
  /** Slice of a volume in the figure, from 0; by default the middle one. */
  readonly slice?: number | undefined;
}

/** @typeParam Method the method, whose parameters are checked by the compiler */
export interface DenoiseFilesOptions<Method extends string | Denoiser = string | Denoiser>
  extends FilesOptions,
    MethodOptions,
    KeepOptions,
    FigureOptions {
  /** A name as `denoise` takes it, or a denoiser itself. */
  readonly method?: Method | undefined;
  readonly parameters?: MethodParameters<Method>;
  /** What metadata say of a denoiser that was made for this call, besides its parameters. */
  readonly recorded?: Readonly<Record<string, ParameterValue>>;
  /** What is looked for, for methods that keep it. */
  readonly task?: TaskOptions | undefined;
  /** Path of an image of the same size, for methods that take their edges from it. */
  readonly guide?: string | undefined;
  /** In the images' unit; estimated when absent. */
  readonly sigma?: number | undefined;
  /** Share of the denoised image in the result, 0 to 1. Defaults to 1. */
  readonly strength?: number | undefined;
  /** MiB that an image's values may take; larger ones go slab by slab. Defaults to 4096. */
  readonly memory?: number | undefined;
  /** Each plane by itself, also where the method joins planes. */
  readonly planes?: boolean | undefined;
  /** Path of a mask: where it is 0 the images stay as they are and are not seen. */
  readonly mask?: string | undefined;
}

export interface DenoisedReport extends DenoisedFigures {
  readonly name: string;
  readonly format: string;
  readonly axes: string;
  readonly shape: readonly number[];
  readonly unit: string;
  readonly method: string;
  readonly parameters: ParameterValues;
  /** Why that method, where it was chosen by the image. */
  readonly choice?: MethodChoice;
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

/**
 * Reads, denoises and writes a file, a series or every image of a folder.
 *
 * @param output a file, or for a folder a folder; see `eachImage`
 * @throws InputError before any work when an output cannot be written to or an option has no use;
 *   whatever `denoise` throws
 */
export async function denoiseFiles<const Method extends string | Denoiser = string>(
  input: string,
  output: string,
  options: DenoiseFilesOptions<Method> = {},
): Promise<DenoiseReport> {
  checkPicture(options.figure);
  const methods = await openMethods(options);
  try {
    const settings = settingsOf("denoise", denoiseSettings, options);
    return await denoiseAll(methods, { ...options, ...settings, input, output });
  } finally {
    await methods.dispose();
  }
}

/** What every image of a call is denoised with. */
interface Call extends DenoiseFilesOptions {
  readonly strength: number;
  readonly memory: number;
  readonly planes: boolean;
  readonly input: string;
  readonly output: string;
}

/** One image done: its row, where it lies, and its figure where one is asked for. */
interface Done {
  readonly report: DenoisedReport;
  readonly paths: readonly string[];
  readonly notes: readonly string[];
  readonly svg?: string;
}

async function denoiseAll(methods: Methods, call: Call): Promise<DenoiseReport> {
  const { recorded = {}, memory, strength, figure } = call;
  // Options that a named method has no use for are refused before any work.
  if (methods.named !== undefined) workBy(methods.named, call);
  const images: DenoisedReport[] = [];
  const notes: string[] = [];
  let svg: string | undefined;
  const { outputs, notes: opening } = await eachImage(
    { ...call, doing: "denoising" },
    async (image, target) => {
      const slabs = await image.openSlabs(wholeVoxels(memory));
      const done =
        slabs === undefined
          ? await denoiseWhole(image, target, { methods, call })
          : await denoiseLarge(slabs, target, { methods, call, name: image.name });
      svg ??= done.svg;
      images.push(done.report);
      notes.push(...done.notes);
      return done.paths;
    },
  );
  // Last: the output may be the folder that the figure belongs into.
  if (figure !== undefined && svg !== undefined) await writePicture(figure, svg);
  const used = [...new Set(images.map(({ method }) => method))];
  return {
    input: call.input,
    method: used.length === 1 ? used[0]! : automatic,
    parameters: { ...images[0]!.parameters, ...recorded },
    strength,
    images,
    outputs,
    figure: figure ?? null,
    notes: [...new Set([...opening, ...notes])],
  };
}

/** A method with a value for every parameter that has one, and what metadata say of it. */
function workBy(
  { denoiser, parameters: given }: Pick<MethodForImage, "denoiser" | "parameters">,
  call: Call,
): Work {
  const { recorded = {}, planes, strength } = call;
  const parameters = resolveParameters(denoiser.name, denoiser.parameters, given);
  checkUse(denoiser, call);
  return {
    denoiser,
    parameters,
    record: (level) => ({
      ...parameters,
      ...recorded,
      ...(planes ? { planes } : {}),
      sigma: Number(level.sigma.toPrecision(6)),
      ...(level.unit === undefined ? {} : { sigmaUnit: level.unit }),
      strength,
    }),
  };
}

/** @throws InputError when something is given that the method makes no use of */
function checkUse(denoiser: Denoiser, call: Call): void {
  const refuse = (option: string, found: string, wanted: string) => {
    throw new InputError(
      `Cannot use option ${option} with ${denoiser.name}: found ${found}, wanted ${wanted}`,
    );
  };
  const { uses = [] } = denoiser;
  if (namesTask(call.task) && !uses.includes("templates")) {
    refuse(
      call.task?.signal === undefined ? "template" : "signal",
      "a method that keeps no template",
      `task-preserving+${denoiser.name} or pls-tv`,
    );
  }
  if (call.guide !== undefined && !uses.includes("guide")) {
    refuse("guide", "a method without a guide", "joint-bilateral");
  }
}

interface Work {
  readonly denoiser: Denoiser;
  /** A value for every parameter that has one. */
  readonly parameters: ParameterValues;
  /** What a result's metadata say of how it was made, besides the method. */
  readonly record: (level: DenoiserLevel) => Record<string, ParameterValue>;
}

/** What all images of a call have in common. */
interface Shared {
  readonly methods: Methods;
  readonly call: Call;
}

async function denoiseWhole(
  image: InputImage,
  target: string,
  { methods, call }: Shared,
): Promise<Done> {
  const { signal, onProgress } = call;
  const read = await image.open({ signal, onProgress });
  await read.checkSave(target);
  const { components } = read;
  const colour = read.image.axes.includes("c");
  const { blocks, nz } = layoutOf(luminanceOf(read.image, components));
  checkSlice(call, blocks * nz);
  const padding = await maskedPadding(call.mask, read);
  checkDenoisable(read.image, padding);
  const found = await methods.forImage(() => {
    if (!colour) return lookOf(read.image, { padding, code: read.modality });
    const { parts, left } = colourParts(read.image, { kind: components, padding });
    return lookOf(parts[0]!, { padding: left, code: read.modality });
  });
  const { denoiser, parameters, record } = workBy(found, call);
  const {
    image: after,
    notes,
    ...done
  } = await denoise(read.image, {
    ...call,
    method: denoiser,
    keep: undefined,
    parameters,
    ...(call.task === undefined ? {} : { templates: await readTemplates(call.task, read.image) }),
    guide: call.guide === undefined ? undefined : await readGuide(call.guide),
    planes: call.planes ?? false,
    padding,
    components,
  });
  const saved = await read.save(target, after, {
    method: denoiser.name,
    parameters: record(done.level),
    signal,
    onProgress,
  });
  // What a picture holds of its luminance is rounded less than any of its channels.
  const figures = colour
    ? done
    : {
        ...done,
        noiseAfter: await noiseWritten(saved, { image: read.image, padding, denoiser, done }),
      };
  return {
    report: reportOf(
      { name: image.name, parameters, choice: found.choice },
      { ...read.image, format: read.format },
      { ...figures, method: denoiser.name },
    ),
    paths: saved.paths,
    notes: [...read.notes, ...found.notes, ...notes, ...saved.lost],
    ...(call.figure === undefined
      ? {}
      : {
          svg: await comparison(
            {
              ...figures,
              before: luminanceOf(read.image, components),
              after: luminanceOf(after, components),
            },
            call,
          ),
        }),
  };
}

/** Noise of the file as it was written: of its own values, which may be rounded. */
async function noiseWritten(
  { paths }: SavedImage,
  options: Pick<ReadImage, "image"> & {
    readonly padding: Uint8Array | undefined;
    readonly denoiser: Denoiser;
    readonly done: DenoisedFigures;
  },
): Promise<DenoisedFigures["noiseAfter"]> {
  const { image, padding, denoiser, done } = options;
  const { blocks, nz, ny, nx } = layoutOf(image);
  const judged = judgedPlanes(blocks * nz);
  const planes = await readBack(paths, judged, image);
  if (planes === undefined) return done.noiseAfter;
  const size = ny * nx;
  return noiseOfPlanes(planes, {
    method: noiseMethodFor(denoiser),
    paddings: judged.map((k) => padding?.subarray(k * size, (k + 1) * size)),
  });
}

async function readGuide(path: string): Promise<Image> {
  const { image } = await (await openInput(path)).images[0]!.open({});
  return image;
}

/** @throws InputError when the method cannot work on a few planes at a time, with the reason */
async function denoiseLarge(
  slabs: SlabInput,
  target: string,
  { methods, call, name }: Shared & { readonly name: string },
): Promise<Done> {
  const { source } = slabs;
  const { memory, planes, signal, onProgress, figure, guide } = call;
  try {
    if (guide !== undefined || namesTask(call.task)) {
      throw new InputError(
        `Cannot denoise ${name} within ${memory} MiB: found ${guide === undefined ? "a template" : "a guide"}, wanted an image that is held as a whole`,
      );
    }
    checkSlice(call, source.planes);
    const shown = call.slice ?? Math.floor(source.planes / 2);
    const outside = call.mask === undefined ? undefined : await readMask(call.mask, source.image);
    let looked: readonly LookedAt[] | undefined;
    const found = await methods.forImage(async () => {
      const seen = await lookAt(slabs, { signal, onProgress, outside });
      looked = seen;
      return {
        planes: seen.map(({ plane }) => plane),
        paddings: seen.map(({ padding }) => padding),
        code: slabs.modality,
        large: true,
      };
    });
    const { denoiser, parameters, record } = workBy(found, call);
    const plan = planSlabs(source.image, { name, denoiser, parameters, memory, planes });
    const done = await denoiseSlabs(slabs, {
      denoiser,
      parameters,
      plan,
      planes,
      looked,
      outside,
      sigma: call.sigma,
      strength: call.strength,
      threads: call.threads,
      signal,
      onProgress,
      ...(figure === undefined ? {} : { shown }),
      writer: (level) =>
        slabs.writer(target, {
          method: denoiser.name,
          parameters: record(level),
          signal,
          onProgress,
        }),
    });
    const { before, after } = done;
    return {
      report: reportOf(
        { name, parameters, choice: found.choice },
        { ...source.image, format: source.format },
        { ...done, method: denoiser.name },
      ),
      paths: done.paths,
      notes: [...source.findings, ...found.notes, ...done.notes, ...done.lost],
      ...(before && after
        ? {
            svg: await comparison(
              { before, after, ...done },
              {
                window: call.window,
                // The spread of one plane's differences is not that of the volume.
                ...(done.rmsChange > 0 ? { differenceLimit: 4 * done.rmsChange } : {}),
              },
            ),
          }
        : {}),
    };
  } finally {
    await source.close();
  }
}

function reportOf(
  {
    name,
    parameters,
    choice,
  }: Pick<DenoisedReport, "name" | "parameters"> & {
    readonly choice: MethodChoice | undefined;
  },
  { axes, shape, unit, format }: Omit<Image, "data"> & { readonly format: string },
  figures: DenoisedFigures & { readonly method: string },
): DenoisedReport {
  const { level, noiseBefore, noiseAfter, rmsChange, seconds, method } = figures;
  const measured = { level, noiseBefore, noiseAfter, rmsChange, seconds };
  const how = { method, parameters, ...(choice === undefined ? {} : { choice }) };
  return { name, format, axes, shape, unit, ...how, ...measured };
}

/** @throws InputError when a figure is asked for of a slice that is not there */
function checkSlice({ figure, slice = 0 }: FigureOptions, planes: number): void {
  if (figure !== undefined && slice >= planes) {
    throw new InputError(
      `Cannot take slice ${slice}: found ${planes} slices, wanted an index from 0 to ${planes - 1}`,
    );
  }
}

/** Before, after and difference as SVG. */
async function comparison(
  done: DenoisedFigures & { readonly before: Image; readonly after: Image },
  options: Pick<FigureOptions, "window" | "slice"> & { readonly differenceLimit?: number },
): Promise<string> {
  const { comparisonSvg } = await import("../figures/index.ts");
  const number = (x: number): string => String(Number(x.toPrecision(3)));
  const { before, after } = done;
  return comparisonSvg(
    { before, after },
    {
      window: options.window,
      slice: options.slice,
      differenceLimit: options.differenceLimit,
      notes: {
        before: [`noise ${number(done.noiseBefore.sigma)} (${done.noiseBefore.method})`],
        after: [`noise ${number(done.noiseAfter.sigma)}`],
        difference: [`root mean square ${number(done.rmsChange)}`],
      },
    },
  );
}
