/** The main job from path to path. */
import { join } from "node:path";
import { InputError, throwIfAborted } from "../core/errors.ts";
import type { Image } from "../core/image.ts";
import type { WorkOptions } from "../core/progress.ts";
import type { Denoiser } from "../denoise/denoiser.ts";
import { type ParameterValues, resolveParameters } from "../core/parameters.ts";
import { writeWhole } from "../files/files.ts";
import { type DenoisedImage, denoiseImage } from "./denoise-image.ts";
import { denoiseLarge } from "./denoise-large.ts";
import { type DenoisedReport, drawFigure, recordOf, reportOf } from "./denoise-report.ts";
import { findMethod } from "./find-method.ts";
import { openWork } from "./open-work.ts";
import { defaultMemory, wholeVoxels } from "./slab-plan.ts";
import { readTemplates, type Task } from "./task-options.ts";
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
  /** What is looked for, for methods that keep it. */
  readonly task?: Task;
  /** Path of an image of the same size, for methods that take their edges from it. */
  readonly guide?: string;
  readonly sigma?: number;
  readonly strength?: number;
  /** Path of a figure to draw, `.png` or `.svg`. */
  readonly figure?: string;
  readonly window?: { readonly low: number; readonly high: number };
  readonly slice?: number;
  /** MiB that an image's values may take; larger ones go slab by slab. Defaults to 4096. */
  readonly memory?: number;
  /** Each plane by itself, also where the method joins planes. */
  readonly planes?: boolean;
  readonly threads?: number;
  /** `cpu` or `webgpu`, for trained models. */
  readonly provider?: string;
  readonly inputFormat?: string;
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
  const recorded = {
    ...parameters,
    ...options.made?.recorded,
    ...(options.planes ? { planes: true } : {}),
  };
  checkUse(denoiser, options);
  await checkPlace(options.output);
  if (options.figure !== undefined) await checkPlace(options.figure);
  const work = await openWork(options.input, { format: options.inputFormat });
  const images: DenoisedReport[] = [];
  const notes = [...work.notes];
  let figure: string | null = null;
  const one = async (index: number, target: string): Promise<readonly string[]> => {
    const item = work.items[index]!;
    throwIfAborted(options.signal, "denoising");
    const slabs = await item.openSlabs(wholeVoxels(options.memory ?? defaultMemory));
    if (slabs !== undefined) {
      const done = await denoiseLarge(slabs, {
        ...options,
        denoiser,
        parameters,
        recorded,
        name: item.name,
        target,
        figure: figure === null ? options.figure : undefined,
      });
      if (done.figure !== undefined) figure = done.figure;
      images.push(done.report);
      notes.push(...new Set(done.notes));
      return done.paths;
    }
    const read = await item.open({ signal: options.signal });
    const done = await denoiseOne(read, denoiser, { ...options, checkedParameters: parameters });
    const drawing =
      options.figure !== undefined && figure === null
        ? await drawFigure(
            options.figure,
            { ...done, before: read.image, after: done.image },
            options,
          )
        : undefined;
    const saved = await read.save(target, done.image, {
      method: denoiser.name,
      parameters: recordOf(done.level, { parameters: recorded, strength: options.strength }),
      signal: options.signal,
      onProgress: options.onProgress,
    });
    if (drawing !== undefined && options.figure !== undefined) {
      await writeWhole([{ path: options.figure, bytes: drawing }]);
      figure = options.figure;
    }
    images.push(reportOf(item.name, { ...read.image, format: read.format }, done));
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

/** @throws InputError when something is given that the method makes no use of */
function checkUse(denoiser: Denoiser, { task, guide }: DenoisePathOptions): void {
  const refuse = (option: string, found: string, wanted: string) => {
    throw new InputError(
      `Cannot use ${option} with ${denoiser.name}: found ${found}, wanted ${wanted}`,
    );
  };
  const { uses = [] } = denoiser;
  if (task !== undefined && !uses.includes("templates")) {
    refuse(
      task.signal === undefined ? "--template" : "--signal",
      "a method that keeps no template",
      `task-preserving+${denoiser.name} or pls-tv`,
    );
  }
  if (guide !== undefined && !uses.includes("guide")) {
    refuse("--guide", "a method without a guide", "joint-bilateral");
  }
}

async function readGuide(path: string): Promise<Image> {
  const { image } = await (await openWork(path)).items[0]!.open({});
  return image;
}

async function denoiseOne(
  read: ReadImage,
  denoiser: Denoiser,
  options: DenoisePathOptions & { checkedParameters: Record<string, number | string | boolean> },
): Promise<DenoisedImage> {
  return denoiseImage(read.image, {
    denoiser,
    ...(options.task === undefined
      ? {}
      : { templates: await readTemplates(options.task, read.image) }),
    ...(options.guide === undefined ? {} : { guide: await readGuide(options.guide) }),
    parameters: options.checkedParameters,
    sigma: options.sigma,
    strength: options.strength,
    threads: options.threads,
    planes: options.planes,
    keep: read.isPadding,
    signal: options.signal,
    onProgress: options.onProgress,
  });
}
