import { expect, it } from "vitest";
import { durationText } from "./number-text.ts";
import { barText, progressBar, timeLeft } from "./progress-bar.ts";

it("says durations as people do", () => {
  expect([0, 8.4, 59.6, 125, 3600, 11_400].map(durationText)).toEqual([
    "0 s",
    "8 s",
    "1 min 00 s",
    "2 min 05 s",
    "1 h 00 min",
    "3 h 10 min",
  ]);
});

it("extrapolates the time left from the share done", () => {
  expect(timeLeft({ done: 0, total: 10, label: "" }, 5)).toBeUndefined();
  expect(timeLeft({ done: 4, total: 10, label: "" }, 8)).toBe(12);
  expect(timeLeft({ done: 10, total: 10, label: "" }, 8)).toBe(0);
  expect(timeLeft({ done: 6, total: 10, label: "" }, 8, 6)).toBeUndefined();
  expect(timeLeft({ done: 8, total: 10, label: "" }, 8, 6)).toBe(8);
});

it("fits the width of the terminal", () => {
  const progress = { done: 1, total: 2, label: "denoising", figures: { loss: 0.123456 } };
  expect(barText(progress, 3, 200)).toBe(
    "denoising  ████████████░░░░░░░░░░░░  50 %  3 s left  loss 0.1235",
  );
  expect(barText(progress, 3, 20)).toHaveLength(19);
});

it("draws at most every tenth of a second, clears when done, and starts anew with a new label", () => {
  let written: string[] = [];
  let time = 0;
  const bar = progressBar({
    write: (text) => void written.push(text),
    kind: "bar",
    columns: 80,
    now: () => time,
  });
  for (let done = 0; done <= 100; done++) {
    bar.listen({ done, total: 100, label: "a" });
    time += 10;
  }
  // One drawing for each 100 ms, the last one, and its clearing.
  expect(written).toHaveLength(12);
  expect(written.at(-1)).toBe("\r\u001b[K");
  written = [];
  bar.listen({ done: 1, total: 2, label: "b" });
  bar.clear();
  bar.clear();
  expect(written).toHaveLength(2);
});

/** What is written of fifty steps, a tenth of a second each. */
function written(kind: "lines" | "json"): string[] {
  const out: string[] = [];
  let time = 0;
  const bar = progressBar({
    write: (text) => void out.push(text),
    kind,
    columns: 80,
    now: () => time,
  });
  for (let done = 1; done <= 50; done++) {
    bar.listen({ done, total: 50, label: "denoising\u001b[2J", figures: { loss: 0.123456 } });
    time += 100;
  }
  return out;
}

it("writes JSON lines for programs, at most one in two seconds and the last", () => {
  const lines = written("json").map((line) => JSON.parse(line) as Record<string, unknown>);
  expect(lines.map(({ done }) => done)).toEqual([1, 21, 41, 50]);
  expect(lines[1]).toEqual({
    progress: "denoising\u001b[2J",
    done: 21,
    total: 50,
    secondsLeft: 2.8,
    loss: 0.123456,
  });
});

it("writes lines for people where stderr is no terminal, with nothing that acts on one", () => {
  expect(written("lines")).toEqual([
    "progress: denoising\\x1b[2J  2 %  0 s left  loss 0.1235\n",
    "progress: denoising\\x1b[2J  42 %  3 s left  loss 0.1235\n",
    "progress: denoising\\x1b[2J  82 %  1 s left  loss 0.1235\n",
    "progress: denoising\\x1b[2J  100 %  0 s left  loss 0.1235\n",
  ]);
});

it("knows the time left where one piece of work goes on under another name", () => {
  const out: string[] = [];
  let time = 0;
  const bar = progressBar({
    write: (text) => void out.push(text),
    kind: "lines",
    columns: 80,
    now: () => time,
  });
  bar.listen({ done: 0.25, total: 1, label: "first" });
  time = 10_000;
  bar.listen({ done: 0.5, total: 1, label: "second" });
  time = 20_000;
  bar.listen({ done: 0.75, total: 1, label: "second" });
  expect(out.slice(1)).toEqual(["progress: second  50 %\n", "progress: second  75 %  10 s left\n"]);
});
