import { describe, expect, it } from "vitest";
import { type ArmResult, untreated } from "./result.ts";
import { methodResults, verdictOf } from "./verdict.ts";

const exact = (estimate: number, half = 0) => ({
  estimate,
  lower: estimate - half,
  upper: estimate + half,
});

/** One method at one dose whose AUC is `loss` below the untreated full dose's. */
function arm(method: string, dose: number, loss: number, more: Partial<ArmResult> = {}): ArmResult {
  const both = (f: ReturnType<typeof exact>) => ({ hotelling: f, eye: f });
  return {
    method,
    dose,
    doseFrom: "given",
    hotelling: { dPrime: exact(2), auc: exact(0.9 - loss, 0.02) },
    eye: { dPrime: exact(2), auc: exact(0.9 - loss, 0.02) },
    gain: both(exact(0, 0.01)),
    againstFull: both(exact(-loss, 0.01)),
    contrastKept: exact(1),
    noise: { sd: 10, curve: { x: [], y: [] }, peak: 0, mean: 0 },
    transfer: { curve: { x: [], y: [] }, f50: 0, edgeF50: NaN },
    bias: exact(0),
    promised: 2,
    invented: { octaves: [] },
    seconds: 1,
    ...more,
  };
}

function verdict(arms: readonly ArmResult[]): string {
  const methods = [...new Set(arms.map((a) => a.method))];
  return verdictOf({
    task: {
      preset: "",
      shape: "disk",
      diameterMm: 6,
      contrast: -10,
      contrastSigma: 1,
      tissue: { low: 0, high: 1 },
      side: 21,
      resolution: { f50: 1, from: "given", edges: 0 },
      references: [],
    },
    images: { shape: [1, 1], spacing: [1, 1, 1], unit: "HU", noise: 10 },
    arms,
    methods: methodResults(arms, { margin: 0.05, methods }),
    doses: [...new Set(arms.map((a) => a.dose))],
    margin: 0.05,
    plan: {
      cases: 100,
      slices: 10,
      available: 100,
      pilotAuc: 0.9,
      wanted: 0.05,
      reached: 0.05,
      by: "interval",
      seconds: 1,
    },
  });
}

describe("the verdict", () => {
  it("names the method that allows a lower dose", () => {
    const text = verdict([
      arm(untreated, 1, 0),
      arm("good", 1, -0.01),
      arm(untreated, 0.5, 0.1),
      arm("good", 0.5, 0.01),
    ]);
    expect(text).toMatch(/dose of 1 with no denoising, 0\.5 with good/);
    expect(text).toMatch(/good allows 0\.5 of the dose, where the images as they are allow 1/);
  });

  it("says that no method helps, where none is proven to", () => {
    const text = verdict([
      arm(untreated, 1, 0),
      arm("smooth", 1, 0.02),
      arm(untreated, 0.5, 0.1),
      arm("smooth", 0.5, 0.12),
    ]);
    expect(text).toMatch(/No method is proven to allow a lower dose/);
  });

  it("says that the task is too easy, where every dose is enough without denoising", () => {
    const text = verdict([
      arm(untreated, 1, 0),
      arm("smooth", 1, 0),
      arm(untreated, 0.5, 0),
      arm("smooth", 0.5, 0),
    ]);
    expect(text).toMatch(/Even the lowest dose looked at is enough/);
    expect(text).not.toMatch(/No method is proven/);
  });

  it("does not recommend a method that takes the contrast, and warns of it", () => {
    const text = verdict([
      arm(untreated, 1, 0),
      arm("eraser", 1, 0, { contrastKept: exact(0.3, 0.02) }),
      arm(untreated, 0.5, 0.1),
      arm("eraser", 0.5, 0, { contrastKept: exact(0.2, 0.02) }),
    ]);
    expect(text).not.toMatch(/eraser allows/);
    expect(text).toMatch(/Beware: eraser takes contrast at dose 0\.5: 20 % \(18 to 22 %\)/);
  });
});
