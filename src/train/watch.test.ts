import { describe, expect, it } from "vitest";
import { RunError } from "../core/errors.ts";
import type { UpdateRow } from "../learn/trainer.ts";
import { freshWatch, type Watch, watchStep } from "./watch.ts";

const row = (loss: number, more: Partial<UpdateRow> = {}): UpdateRow => ({
  loss,
  terms: { loss },
  norms: { denoiser: 1 },
  figures: {},
  ...more,
});

const batch = { noisy: { shape: [1, 1, 1, 2], data: Float32Array.of(0, 1) } };

/** Follows losses one after the other. */
function follow(losses: readonly (number | UpdateRow)[], start: Watch = freshWatch): Watch {
  return losses.reduce<Watch>(
    (watch, loss, step) =>
      watchStep(
        watch,
        { denoiser: typeof loss === "number" ? row(loss) : loss },
        { step, name: "test", rates: { denoiser: 0.5 }, batch },
      ),
    start,
  );
}

const many = (n: number, value: (i: number) => number) =>
  Array.from({ length: n }, (_, i) => value(i));

describe("watchStep", () => {
  it("stops a loss with a floor that is fifty times its usual level, after the first steps", () => {
    expect(() => follow([...many(30, () => 1), 49])).not.toThrow();
    expect(() => follow([...many(30, () => 1), 51])).toThrow(/loss 51 at step 30, 50 times/);
    expect(() => follow([...many(10, () => 1), 1e6])).not.toThrow();
  });

  it("lets a loss of either sign pass through zero and grow slowly without end", () => {
    const critic = many(2000, (i) => 0.01 * Math.sin(i) - 1e-5 * 1.006 ** i);
    expect(() => follow(critic)).not.toThrow();
    expect(() => follow([...many(30, (i) => (-1) ** i), -1e6])).toThrow(/1000 times/);
  });

  it("names what is not finite: the data where they are to blame, else the rate", () => {
    expect(() => follow([Number.NaN])).toThrow(RunError);
    expect(() => follow([Number.NaN])).toThrow(/at step 0 with rate 0.5; lower the rate/);
    expect(() => follow([row(1, { norms: { denoiser: Infinity } })])).toThrow(/norm Infinity/);
    const bad = { clean: { shape: [2], data: Float32Array.of(1, Number.NaN) } };
    expect(() =>
      watchStep(
        freshWatch,
        { a: row(Number.NaN), b: row(1) },
        { step: 3, name: "test", rates: {}, batch: bad },
      ),
    ).toThrow(/of update a at step 3 .*the batch's clean holds 1 values that are not finite/);
  });

  it("reports a critic that tells nothing apart, once, with what to do", () => {
    const blind = row(0, { judged: { real: 0.01, generated: 0.01 } });
    const seeing = row(-0.1, { judged: { real: 0.06, generated: -0.04 } });
    expect(follow(many(49, () => 0).map(() => blind)).findings).toEqual([]);
    const { findings } = follow([seeing, ...many(120, () => 0).map(() => blind)]);
    expect(findings).toHaveLength(1);
    expect(findings[0]).toMatchObject({ name: "critic-collapse", update: "denoiser", step: 50 });
    expect(findings[0]!.remedy).toMatch(/gradient penalty/);
    const broken = [...many(40, () => 0).map(() => blind), seeing];
    expect(follow([...broken, ...broken]).findings).toEqual([]);
  });

  it("goes on from what it remembers", () => {
    const losses = many(60, (i) => 1 + Math.sin(i));
    const whole = follow(losses);
    const half = losses
      .slice(0, 30)
      .reduce<Watch>(
        (w, loss, step) =>
          watchStep(w, { denoiser: row(loss) }, { step, name: "t", rates: {}, batch }),
        freshWatch,
      );
    const kept = JSON.parse(JSON.stringify(half)) as Watch;
    const rest = losses
      .slice(30)
      .reduce<Watch>(
        (w, loss, i) =>
          watchStep(w, { denoiser: row(loss) }, { step: 30 + i, name: "t", rates: {}, batch }),
        kept,
      );
    expect(rest).toEqual(whole);
  });
});
