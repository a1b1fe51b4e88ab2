import { expect, it } from "vitest";
import { streamOf } from "../../core/random.ts";
import { normalCdf } from "../../math/normal.ts";
import { compareDeLong } from "../../stats/compare.ts";
import { scores } from "./scores.ts";

const stream = streamOf(2, "scores");
const answer = (distance: number) => ({
  status: "ok" as const,
  absent: Array.from({ length: 4000 }, () => stream.normal()),
  present: Array.from({ length: 4000 }, () => distance + stream.normal()),
  figures: {},
  findings: [],
});
const answers = { noisy: answer(1), half: answer(0.5), none: answer(0) };
const analysis = scores.analyse({
  observer: "reader",
  about: "A reader.",
  answers,
  main: new Set(Object.keys(answers)),
  panels: [],
  reference: "noisy",
  level: 0.95,
  adjust: "holm",
  seed: 1,
});

it("states the efficiency (d′/d′)² of normal scores", () => {
  const table = analysis.sections[0]!.tables![0]!;
  const column = table.columns.findIndex(({ name }) => name === "efficiency to noisy");
  const values = Object.fromEntries(table.rows.map((row) => [row[0], row[column]]));
  expect(values["noisy"]).toBeCloseTo(1, 10);
  // d′ ½ against 1; 4000 of each leave a standard error of 0.025.
  expect(Math.abs((values["half"] as number) - 0.25)).toBeLessThan(0.08);
  expect(analysis.measures["half"]!["auc:reader"]!.value).toBeCloseTo(
    normalCdf(0.5 / Math.SQRT2),
    1,
  );
});

it("compares any two methods as DeLong does, and says nothing of measures that it does not have", () => {
  const pair = { measure: "auc:reader", method: "half", reference: "none" };
  const { estimate, interval } = compareDeLong(answers.half, answers.none, { level: 0.95 });
  expect(analysis.difference!(pair)).toMatchObject({
    estimate,
    lower: interval.lower,
    upper: interval.upper,
  });
  expect(analysis.difference!({ ...pair, measure: "lroc:reader" })).toBeUndefined();
  expect(analysis.difference!({ ...pair, measure: "auc:other" })).toBeUndefined();
  const itself = { ...pair, reference: "half" };
  expect(analysis.difference!(itself)).toEqual({ estimate: 0, lower: 0, upper: 0 });
  const { interval: own } = analysis.measures["half"]!["auc:reader"]!;
  expect(own!.lower).toBeLessThan(own!.upper);
});
