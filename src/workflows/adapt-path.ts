/** Per-image adaptation from path to path. */
import type { WorkOptions } from "../core/progress.ts";
import { readModel } from "../inference/files.ts";
import { type AdaptedPlane, adaptedDenoiser } from "../adapt/adapted-denoiser.ts";
import { importNetwork } from "../learn/import-network.ts";
import { type DenoiseReport, denoisePath } from "./denoise-path.ts";
import type { Task } from "./task-options.ts";

export interface AdaptPathOptions extends WorkOptions {
  readonly input: string;
  readonly output: string;
  readonly model?: string;
  readonly task: Task;
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
    task: options.task,
    sigma: options.sigma,
    figure: options.figure,
    window: options.window,
    inputFormat: options.inputFormat,
    signal: options.signal,
    onProgress: options.onProgress,
  });
  return { ...report, planes: denoiser.planes };
}
