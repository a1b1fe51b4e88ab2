/** The output folder of a training while it runs: rows, pictures, a page that loads itself again, checkpoints. */
import { readdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { bitmapPng } from "../figures/png.ts";
import { makeFolders, writeWhole } from "../files/files.ts";
import { reportHtml } from "../study/render/html.ts";
import type { TrainingConfig } from "../train/config.ts";
import { checkpointName } from "../train/files.ts";
import { cellsOf, type HistoryCells, historyCsv, readHistoryCsv } from "../train/history.ts";
import type { TrainingRow } from "../train/loop.ts";
import type { Reference } from "../train/reference.ts";
import { type Sample, sampleStrip } from "../train/samples.ts";
import type { TrainingFinding } from "../train/watch.ts";
import type { Validation } from "../train/validations/validation.ts";
import { bestRow, liveReport, type TrainingView } from "./training-report.ts";

export const folderNames = {
  history: "history.csv",
  page: "progress.html",
  samples: "samples",
} as const;

export interface TrainingFolderOptions {
  readonly config: TrainingConfig;
  readonly validation: Validation | undefined;
  /** Whether rows and pictures of an earlier part of this training are kept. */
  readonly resume: boolean;
}

export interface TrainingFolder {
  readonly row: (row: TrainingRow) => void;
  readonly reference: (reference: Reference) => void;
  readonly finding: (finding: TrainingFinding) => void;
  readonly sample: (sample: Sample) => Promise<void>;
  /** Writes a checkpoint and whatever was waiting; fails where an earlier write did. */
  readonly checkpoint: (bytes: Uint8Array) => Promise<void>;
  /** What a person is shown now; the page is written for the last time. */
  readonly finish: (findings: TrainingView["findings"]) => Promise<TrainingView>;
}

/** Seconds between two writes of the page, and at least so many times what one took, so that steps are not held up. */
const [interval, idle] = [5, 30];
/** Seconds after which a browser loads the page again. */
const reload = 5;

const samplePattern = /^step-\d+\.png$/;
const text = (value: string) => new TextEncoder().encode(value);

/** @throws InputError when the history of an earlier part cannot be read */
export async function openTrainingFolder(
  folder: string,
  { config, validation, resume }: TrainingFolderOptions,
): Promise<TrainingFolder> {
  const historyPath = join(folder, folderNames.history);
  const pictures = join(folder, folderNames.samples);
  let rows: HistoryCells[] = resume ? await earlierRows(historyPath) : [];
  if (!resume) await clearPictures(pictures);
  let view: Omit<TrainingView, "rows"> = {
    config,
    findings: [],
    ...(validation === undefined ? {} : { validation }),
  };
  const started = { at: performance.now(), row: 0 };
  let fresh = true;
  let due = performance.now() + interval * 1000;
  let writing: Promise<void> | undefined;
  let failure: unknown;
  const better = (value: number, than: number) =>
    validation?.better === "lower" ? value < than : value > than;
  const best = () => bestRow(rows, better);
  const write = async ({ last = false }: { last?: boolean } = {}) => {
    const now = performance.now();
    const done = rows.length - started.row;
    const left = config.steps - (rows.at(-1)?.["step"] ?? 0) - 1;
    const report = liveReport(
      { ...view, rows },
      {
        best: best(),
        secondsLeft: last || done === 0 ? undefined : (((now - started.at) / 1000) * left) / done,
      },
    );
    await writeWhole([
      { path: historyPath, bytes: text(historyCsv(rows)) },
      {
        path: join(folder, folderNames.page),
        bytes: text(reportHtml(report, last ? {} : { reload })),
      },
    ]);
    const took = performance.now() - now;
    due = performance.now() + Math.max(interval * 1000, idle * took);
  };
  const settle = async () => {
    await writing;
    if (failure !== undefined) throw failure;
  };
  return {
    row(row) {
      if (fresh) {
        // A training that goes on from a checkpoint does again what came after it.
        rows = rows.filter(({ step = 0 }) => step < row.step);
        started.row = rows.length;
        fresh = false;
      }
      rows.push(cellsOf(row));
      if (writing !== undefined || performance.now() < due) return;
      writing = write()
        .catch((error: unknown) => {
          failure = error;
        })
        .finally(() => {
          writing = undefined;
        });
    },
    reference(reference) {
      view = { ...view, reference };
    },
    finding(finding) {
      view = { ...view, findings: [...view.findings, finding] };
    },
    async sample(sample) {
      const strip = sampleStrip(sample);
      view = { ...view, sample: { step: sample.step, strip } };
      await makeFolders(pictures);
      const digits = String(config.steps).length;
      const name = `step-${String(sample.step).padStart(digits, "0")}.png`;
      await writeWhole([{ path: join(pictures, name), bytes: bitmapPng(strip) }]);
    },
    async checkpoint(bytes) {
      await settle();
      await writeWhole([{ path: join(folder, checkpointName), bytes }]);
      // What a stopped training leaves belongs to its checkpoint.
      await writeWhole([{ path: historyPath, bytes: text(historyCsv(rows)) }]);
      if (performance.now() >= due) await write();
    },
    async finish(findings) {
      await settle();
      view = { ...view, findings };
      await write({ last: true });
      return { ...view, rows };
    },
  };
}

async function earlierRows(path: string): Promise<HistoryCells[]> {
  let found: string;
  try {
    found = await readFile(path, "utf8");
  } catch {
    return [];
  }
  return readHistoryCsv(found, path);
}

/** Removes the pictures of an earlier training in the same folder. */
async function clearPictures(folder: string): Promise<void> {
  const names = await readdir(folder).catch((): string[] => []);
  for (const name of names.filter((one) => samplePattern.test(one))) await rm(join(folder, name));
}
