/** Progress with the time left: a bar on a terminal, lines for people elsewhere, JSON lines for programs. */
import type { Progress, ProgressListener } from "../core/progress.ts";
import { visibleText } from "../core/visible-text.ts";
import { jsonText } from "../core/json-text.ts";
import { durationText } from "./number-text.ts";
import { sparkline } from "./sparkline.ts";

export interface ProgressOutput {
  write(text: string): void;
  readonly kind: "bar" | "lines" | "json";
  readonly columns: number;
  /** Milliseconds, monotonic. */
  now(): number;
}

export interface ProgressBar {
  readonly listen: ProgressListener;
  /** Clears the bar, so that other lines can follow. */
  clear(): void;
}

/** A bar on a terminal is redrawn at most ten times a second, a line written once in two. */
const barInterval = 100;
const lineInterval = 2000;

export function progressBar(output: ProgressOutput): ProgressBar {
  let label: string | undefined;
  let started = 0;
  let last = -Infinity;
  let drawn = false;
  let before: Progress | undefined;
  let begun = 0;
  const clear = (): void => {
    if (drawn) output.write("\r\u001b[K");
    drawn = false;
  };
  const listen = (progress: Progress): void => {
    const now = output.now();
    if (progress.label !== label) {
      label = progress.label;
      started = now;
      last = -Infinity;
      // The same work under another name goes on where it was: what is done already took no time here.
      const goesOn = before?.total === progress.total && before.done <= progress.done;
      begun = goesOn && before!.done < before!.total ? progress.done : 0;
    }
    before = progress;
    const finished = progress.done >= progress.total;
    if (!finished && now - last < (output.kind === "bar" ? barInterval : lineInterval)) return;
    last = now;
    // Work that reckons its own time says when it does not know it yet.
    const secondsLeft =
      "secondsLeft" in progress
        ? progress.secondsLeft
        : timeLeft(progress, (now - started) / 1000, begun);
    if (output.kind === "bar") {
      output.write(`\r${barText(progress, secondsLeft, output.columns)}\u001b[K`);
      drawn = true;
      if (finished) clear();
    } else if (output.kind === "lines") {
      output.write(`progress: ${statusText(progress, secondsLeft)}\n`);
    } else {
      const { label: progressing, done, total, figures } = progress;
      const left = secondsLeft === undefined ? undefined : Math.round(secondsLeft * 10) / 10;
      const line = { progress: progressing, done, total, secondsLeft: left, ...figures };
      output.write(`${jsonText(line)}\n`);
    }
  };
  return { listen, clear };
}

/**
 * Seconds left when work goes on as fast as it did; absent before anything is done.
 *
 * @param begun what was done when the clock started
 */
export function timeLeft(progress: Progress, elapsed: number, begun = 0): number | undefined {
  const { done, total } = progress;
  if (done <= begun) return undefined;
  return Math.max(0, (elapsed * (total - done)) / (done - begun));
}

export function barText(
  progress: Progress,
  secondsLeft: number | undefined,
  columns: number,
): string {
  const share = shareOf(progress);
  const width = 24;
  const full = Math.round(share * width);
  const text = `${visibleText(progress.label)}  ${"█".repeat(full)}${"░".repeat(width - full)} ${percentText(share)}${restText(progress, secondsLeft, traceColumns)}`;
  return text.length < columns ? text : text.slice(0, Math.max(1, columns - 1));
}

/** `denoising slices  40 %  12 s left`, for a line of its own. */
function statusText(progress: Progress, secondsLeft: number | undefined): string {
  return `${visibleText(progress.label)}  ${percentText(shareOf(progress)).trim()}${restText(progress, secondsLeft)}`;
}

const percentText = (share: number): string => `${String(Math.floor(share * 100)).padStart(3)} %`;

/** Columns of the course of the first figure. */
const traceColumns = 24;

const shareOf = ({ done, total }: Progress): number =>
  total > 0 ? Math.min(1, Math.max(0, done / total)) : 0;

/** The time left and the figures worth a glance. */
function restText(
  { figures = {}, trace = [] }: Progress,
  secondsLeft: number | undefined,
  columns = 0,
): string {
  const course = sparkline(trace, columns);
  const shown = Object.entries(figures).map(
    ([name, value], i) =>
      `  ${name} ${Number(value.toPrecision(4))}${i === 0 && course !== "" ? ` ${course}` : ""}`,
  );
  const left = secondsLeft === undefined ? "" : `  ${durationText(secondsLeft)} left`;
  return left + shown.join("");
}
