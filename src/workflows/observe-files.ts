/** Model observers on files: images with and without a signal, an LCD_CT collection or a study's cases. */
import { InputError } from "../core/errors.ts";
import type { Observed, ObserveOptions } from "../observers/observe.ts";
import { type Protocol, protocolFor } from "../observers/protocol.ts";
import { formatImrmc } from "../stats/imrmc.ts";
import { type ParameterValuesOf, settingsOf } from "../core/parameters.ts";
import type { WorkOptions } from "../core/progress.ts";
import { observe } from "./observe.ts";
import { observeSettings } from "./observe-settings.ts";
import type { ObserverTask, TaskFiles } from "./observer-task.ts";
import { tasksOf } from "./observer-tasks.ts";
import {
  checkPicture,
  checkPlaces,
  type OutputOptions,
  writeFiles,
  writePicture,
} from "./output.ts";

/** @typeParam Name names of the observers, whose parameters are checked by the compiler */
export interface ObserveFilesOptions<Name extends string = string>
  extends WorkOptions,
    OutputOptions,
    TaskFiles<Name> {
  /** Distance in pixels within which a place counts as found. */
  readonly tolerance?: number | undefined;
  /** Error of an estimate that still counts as right. */
  readonly estimateWithin?: number | undefined;
  /** How images are divided when no training images are given. Defaults to `auto`. */
  readonly protocol?: "auto" | "hold-out" | "leave-pair-out";
  /** Part of each class that hold-out trains on. Defaults to 0.5. */
  readonly trainFraction?: number;
  /** Observers learn on every version's own images, or once on the first version's. */
  readonly trainOn?: "each" | "first";
  /** Coverage of the intervals. Defaults to 0.95. */
  readonly level?: number;
  /** Seed of splits, internal noise and Markov chains. */
  readonly seed?: number;
  /** Path of a picture of ROC curves and areas. */
  readonly figure?: string | undefined;
  /** Path of an iMRMC text file of the scores, observers as readers and versions as modalities. */
  readonly imrmc?: string | undefined;
}

export interface ObservedTask {
  readonly task: ObserverTask;
  readonly observed: Observed;
}

export interface ObserveReport {
  readonly tasks: readonly ObservedTask[];
  readonly written: readonly string[];
  readonly notes: readonly string[];
}

/**
 * Reads the images of every task, judges them, and writes what is asked for.
 *
 * @throws InputError before any work when an output cannot be written to; whatever `observe` throws
 */
export async function observeFiles<const Name extends string = string>(
  options: ObserveFilesOptions<Name>,
): Promise<ObserveReport> {
  const { figure, imrmc, force, signal, onProgress } = options;
  const settings = settingsOf("observe", observeSettings, options);
  checkPicture(figure);
  await checkPlaces(
    [
      ...(figure === undefined ? [] : [{ path: figure, option: "figure" }]),
      ...(imrmc === undefined ? [] : [{ path: imrmc, option: "imrmc" }]),
    ],
    { force },
  );
  const { inputFormat, unit, volumes = false } = options;
  const { tasks, notes } = await tasksOf(options, {
    format: inputFormat,
    unit,
    volumes,
    signal,
    onProgress,
  });
  if (imrmc !== undefined && tasks.some((task) => pairsAlone(task, options)))
    throw noSingleScores();
  const paths = imrmc === undefined ? [] : imrmcPaths(imrmc, tasks);
  await checkPlaces(
    paths.map((path) => ({ path, option: "imrmc" })),
    { force },
  );
  const { level, trainOn, seed } = settings;
  const done: ObservedTask[] = [];
  for (const task of tasks) {
    const observed = await observe(task.arms, {
      observers: options.observer,
      known: task.known,
      paired: task.paired,
      level,
      trainOn,
      seed,
      ...searchOptions(settings),
      ...protocolOf(settings),
      signal,
      onProgress,
    });
    done.push({ task, observed });
  }
  if (figure !== undefined) {
    const { observersFigure } = await import("./observers-figure.ts");
    const parts = done.map(({ task, observed }) => ({
      name: task.name,
      observed,
      ...(task.axis ? { axis: task.axis } : {}),
    }));
    await writePicture(figure, observersFigure(parts));
  }
  const text = new TextEncoder();
  await writeFiles(paths.map((path, i) => ({ path, bytes: text.encode(imrmcText(done[i]!)) })));
  return {
    tasks: done,
    written: [...(figure === undefined ? [] : [figure]), ...paths],
    notes,
  };
}

type ObserveSettings = ParameterValuesOf<typeof observeSettings>;

/** How near a place or an estimate must come. */
function searchOptions({
  tolerance,
  estimateWithin: within,
}: ObserveSettings): Pick<ObserveOptions, "tolerancePx" | "utility"> {
  return {
    ...(tolerance === undefined ? {} : { tolerancePx: tolerance }),
    ...(within === undefined
      ? {}
      : { utility: (estimate: number, truth: number) => +(Math.abs(estimate - truth) <= within) }),
  };
}

function protocolOf({ protocol, trainFraction }: ObserveSettings): {
  readonly protocol?: Protocol;
} {
  if (protocol === "leave-pair-out") return { protocol: { kind: protocol } };
  if (protocol === "hold-out") return { protocol: { kind: protocol, trainFraction } };
  return {};
}

/** Whether the task's images will be judged pair by pair; few images are by themselves. */
function pairsAlone({ arms }: ObserverTask, { protocol = "auto" }: ObserveFilesOptions): boolean {
  const { present, absent, training } = arms[0]!;
  if (training !== undefined) return false;
  const kind = protocol === "auto" ? protocolFor(present.count, absent.count).kind : protocol;
  return kind === "leave-pair-out";
}

function noSingleScores(): InputError {
  return new InputError(
    "Cannot write an iMRMC file under leave-pair-out: found a score for each pair of images, wanted one for each image; use the hold-out protocol or separate training images",
  );
}

/** One file for each task. */
function imrmcPaths(path: string, tasks: readonly ObserverTask[]): string[] {
  if (tasks.length === 1) return [path];
  return tasks.map(({ name }) =>
    path.replace(/(\.[^./]*)?$/, `-${name.replace(/[^\p{L}\p{N}.]+/gu, "-")}$1`),
  );
}

function imrmcText({ task, observed }: ObservedTask): string {
  const truth = new Map<string, boolean>();
  const scores: { reader: string; modality: string; caseId: string; score: number }[] = [];
  const clean = (text: string) => text.replaceAll(",", ";");
  for (const { arm, label, judged } of observed.rows) {
    if (!judged) continue;
    for (const [ids, values, present] of [
      [judged.presentIds, judged.present, true],
      [judged.absentIds, judged.absent, false],
    ] as const) {
      ids.forEach((id, i) => {
        // Classes, and arms of different cases, may use one name for different images.
        const caseId = clean(
          `${task.paired ? "" : `${arm} `}${present ? "present" : "absent"} ${id}`,
        );
        truth.set(caseId, present);
        scores.push({ reader: clean(label), modality: clean(arm), caseId, score: values[i]! });
      });
    }
  }
  return formatImrmc({ truth, scores }, { title: `dprime: ${task.name}` });
}
