/** One large file or series from path to path, slab by slab. */
import { InputError } from "../core/errors.ts";
import type { ParameterValues } from "../core/parameters.ts";
import type { WorkOptions } from "../core/progress.ts";
import type { Denoiser } from "../denoise/denoiser.ts";
import { writeWhole } from "../files/files.ts";
import { type DenoisedReport, drawFigure, recordOf, reportOf } from "./denoise-report.ts";
import { denoiseSlabs } from "./denoise-slabs.ts";
import { defaultMemory, planSlabs } from "./slab-plan.ts";
import type { SlabWork } from "./work.ts";

export interface DenoiseLargeOptions extends WorkOptions {
  readonly denoiser: Denoiser;
  /** A value for every parameter that has one. */
  readonly parameters: ParameterValues;
  /** What the result's metadata says of the parameters. */
  readonly recorded: ParameterValues;
  readonly name: string;
  /** File, or folder of a series, to write. */
  readonly target: string;
  readonly sigma?: number;
  readonly strength?: number;
  readonly threads?: number;
  readonly memory?: number;
  readonly planes?: boolean;
  readonly figure?: string;
  readonly window?: { readonly low: number; readonly high: number };
  readonly slice?: number;
  readonly guide?: unknown;
  readonly task?: unknown;
}

export interface DenoisedLarge {
  readonly report: DenoisedReport;
  readonly paths: readonly string[];
  readonly notes: readonly string[];
  readonly figure?: string;
}

/**
 * Denoises and writes an image of which only a few planes are in memory.
 *
 * @throws InputError when the method cannot work so, with the reason
 */
export async function denoiseLarge(
  work: SlabWork,
  options: DenoiseLargeOptions,
): Promise<DenoisedLarge> {
  const { source } = work;
  const { denoiser, parameters, name, target, figure, signal, onProgress } = options;
  try {
    const { memory = defaultMemory, planes = false } = options;
    if (options.guide !== undefined || options.task !== undefined) {
      throw new InputError(
        `Cannot denoise ${name} within ${memory} MiB: found ${options.guide === undefined ? "a template" : "a guide"}, wanted an image that is held as a whole`,
      );
    }
    const shown = options.slice ?? Math.floor(source.planes / 2);
    if (figure !== undefined && shown >= source.planes) {
      throw new InputError(
        `Cannot take slice ${shown}: found ${source.planes} slices, wanted an index from 0 to ${source.planes - 1}`,
      );
    }
    const plan = planSlabs(source.image, { name, denoiser, parameters, memory, planes });
    const done = await denoiseSlabs(work, {
      ...options,
      plan,
      planes,
      ...(figure === undefined ? {} : { shown }),
      writer: (level) =>
        work.writer(target, {
          method: denoiser.name,
          parameters: recordOf(level, {
            parameters: options.recorded,
            strength: options.strength,
          }),
          signal,
          onProgress,
        }),
    });
    if (figure !== undefined && done.before !== undefined && done.after !== undefined) {
      const { before, after } = done;
      const bytes = await drawFigure(
        figure,
        { ...done, before, after },
        {
          window: options.window,
          ...(done.rmsChange > 0 ? { differenceLimit: 4 * done.rmsChange } : {}),
        },
      );
      await writeWhole([{ path: figure, bytes }]);
    }
    return {
      report: reportOf(name, { ...source.image, format: source.format }, done),
      paths: done.paths,
      notes: [...source.findings, ...done.notes, ...done.lost],
      ...(figure === undefined ? {} : { figure }),
    };
  } finally {
    await source.close();
  }
}
