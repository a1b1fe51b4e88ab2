/** Per-image adaptation from path to path. */
import { InputError } from "../../core/errors.ts";
import { layoutOf } from "../../core/image.ts";
import type { WorkOptions } from "../../core/progress.ts";
import { streamOf } from "../../core/random.ts";
import { openPath } from "../../formats/files.ts";
import { readModel } from "../../inference/files.ts";
import { signals } from "../../phantoms/index.ts";
import { type AdaptedPlane, adaptedDenoiser } from "../../train/adapt/adapted-denoiser.ts";
import { importNetwork } from "../../train/import-network.ts";
import { type DenoiseReport, denoisePath } from "./denoise-path.ts";
import { openWork } from "./open-work.ts";

export interface AdaptPathOptions extends WorkOptions {
  readonly input: string;
  readonly output: string;
  readonly model?: string;
  /** Paths of template images. */
  readonly templates: readonly string[];
  /** A signal by name in place of, or beside, the files. */
  readonly signalName?: string;
  readonly signalParameters?: Readonly<Record<string, string>>;
  /** Row and column of the signal's centre, in pixels; the middle when absent. */
  readonly at?: readonly [number, number];
  readonly alpha: number;
  readonly beta: number;
  readonly gamma: number;
  readonly reduction: "sum" | "mean";
  readonly solver: "gauss-newton" | "adam" | "path";
  /** Beginnings of the names of weights that may change; none for all. */
  readonly weights?: readonly string[];
  readonly steps?: number;
  readonly rate?: number;
  readonly project: boolean;
  readonly sigma?: number;
  readonly figure?: string;
  readonly window?: { readonly low: number; readonly high: number };
  readonly threads?: number;
  readonly inputFormat?: string;
}

export interface AdaptReport extends DenoiseReport {
  readonly planes: readonly AdaptedPlane[];
}

/** Reads an image, adapts the model to it and the templates, writes the result. */
export async function adaptPath(options: AdaptPathOptions): Promise<AdaptReport> {
  const imported = await importNetwork(await readModel(options.model));
  const { alpha, beta, gamma, reduction, solver, project, weights = [] } = options;
  const denoiser = adaptedDenoiser(imported, {
    templates: await templatesFor(options),
    alpha,
    beta,
    gamma,
    reduction,
    solver,
    project,
    ...(options.steps === undefined ? {} : { steps: options.steps }),
    ...(options.rate === undefined ? {} : { rate: options.rate }),
    ...(weights.length === 0
      ? {}
      : { adapts: (name: string) => weights.some((start) => name.startsWith(start)) }),
    compile: { threads: options.threads ?? 0 },
  });
  const recorded = {
    alpha,
    beta,
    gamma,
    reduction,
    solver,
    project,
    ...(weights.length === 0 ? {} : { weights: weights.join(" ") }),
  };
  const report = await denoisePath({
    input: options.input,
    output: options.output,
    made: { denoiser, recorded },
    sigma: options.sigma,
    figure: options.figure,
    window: options.window,
    inputFormat: options.inputFormat,
    signal: options.signal,
    onProgress: options.onProgress,
  });
  return { ...report, planes: denoiser.planes };
}

/** Templates of the first image's plane size. */
async function templatesFor(options: AdaptPathOptions): Promise<Float32Array[]> {
  const { templates, signalName, signalParameters, at } = options;
  if (templates.length === 0 && signalName === undefined) {
    throw new InputError(
      "Cannot adapt: found no template, wanted --template FILE or --signal NAME",
    );
  }
  const out: Float32Array[] = [];
  for (const path of templates) {
    const { images } = await openPath(path);
    const image = images[0]?.image;
    if (image === undefined || layoutOf(image).nz * layoutOf(image).blocks !== 1) {
      throw new InputError(
        `Cannot use the template ${path}: found ${image === undefined ? "no image" : `axes ${image.axes}`}, wanted one plane`,
      );
    }
    out.push(image.data);
  }
  if (signalName !== undefined) {
    const open = Object.hasOwn(signals, signalName) ? signals[signalName] : undefined;
    if (open === undefined) {
      throw new InputError(
        `Cannot adapt: found no signal ${signalName}, wanted one of ${Object.keys(signals).join(", ")}`,
      );
    }
    const work = await openWork(options.input, { format: options.inputFormat });
    const { image } = await work.items[0]!.open({ signal: options.signal });
    const { ny, nx } = layoutOf(image);
    const grid = {
      shape: [ny, nx],
      spacing: image.spacing,
      ...(at === undefined ? {} : { centre: at }),
    };
    out.push((await open()).render(grid, signalParameters, streamOf(1, "template")));
  }
  return out;
}
