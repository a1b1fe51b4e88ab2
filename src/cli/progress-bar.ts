/** The progress bar with time left, or JSON lines where nobody watches. */
import type { Progress, ProgressListener } from "../core/progress.ts";

export interface ProgressOutput {
  write(text: string): void;
  readonly isTerminal: boolean;
  readonly columns: number;
  /** Milliseconds, monotonic. */
  now(): number;
}

export interface ProgressBar {
  readonly listen: ProgressListener;
  /** Clears the bar, so that other lines can follow. */
  clear(): void;
}

/** A bar on a terminal is redrawn at most ten times a second, a JSON line written once in two. */
const barInterval = 100;
const lineInterval = 2000;

export function progressBar(output: ProgressOutput): ProgressBar {
  let label: string | undefined;
  let started = 0;
  let last = -Infinity;
  let drawn = false;
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
    }
    const finished = progress.done >= progress.total;
    if (!finished && now - last < (output.isTerminal ? barInterval : lineInterval)) return;
    last = now;
    // Work that reckons its own time says when it does not know it yet.
    const secondsLeft =
      "secondsLeft" in progress ? progress.secondsLeft : timeLeft(progress, (now - started) / 1000);
    if (output.isTerminal) {
      output.write(`\r${barText(progress, secondsLeft, output.columns)}\u001b[K`);
      drawn = true;
      if (finished) clear();
    } else {
      output.write(
        `${JSON.stringify({ progress: progress.label, done: progress.done, total: progress.total, secondsLeft: secondsLeft === undefined ? undefined : Math.round(secondsLeft * 10) / 10, ...progress.figures })}\n`,
      );
    }
  };
  return { listen, clear };
}

/** Seconds left when work goes on as fast as it did; absent before anything is done. */
export function timeLeft(progress: Progress, elapsed: number): number | undefined {
  if (progress.done <= 0) return undefined;
  return Math.max(0, (elapsed * (progress.total - progress.done)) / progress.done);
}

export function barText(
  progress: Progress,
  secondsLeft: number | undefined,
  columns: number,
): string {
  const share = progress.total > 0 ? Math.min(1, Math.max(0, progress.done / progress.total)) : 0;
  const width = 24;
  const full = Math.round(share * width);
  const figures = Object.entries(progress.figures ?? {})
    .map(([name, value]) => `  ${name} ${Number(value.toPrecision(4))}`)
    .join("");
  const left = secondsLeft === undefined ? "" : `  ${durationText(secondsLeft)} left`;
  const text = `${progress.label}  ${"█".repeat(full)}${"░".repeat(width - full)} ${String(Math.floor(share * 100)).padStart(3)} %${left}${figures}`;
  return text.length < columns ? text : text.slice(0, Math.max(1, columns - 1));
}

/** `8 s`, `2 min 05 s`, `3 h 10 min`. */
export function durationText(seconds: number): string {
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  const two = (n: number): string => String(n).padStart(2, "0");
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${two(whole % 60)} s`;
  return `${Math.floor(whole / 3600)} h ${two(Math.floor((whole % 3600) / 60))} min`;
}
