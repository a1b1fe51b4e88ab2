import { describe, expect, it } from "vitest";
import { RunError } from "../core/errors.ts";
import { outcomeOf } from "./claim.ts";
import { gatherNumbers } from "./numbers.ts";
import { openStudy } from "./open-study.ts";
import type { PlannedPiece } from "./piece.ts";
import { planStudy } from "./plan.ts";
import { classTable, overviewTable, undefinedMetrics } from "./report-tables.ts";

/** Two methods, six test images of each class in chunks of three, two metrics. */
const study = await openStudy({
  name: "numbers",
  seed: 1,
  task: {
    object: { name: "binary-texture" },
    signal: { name: "disk", options: { radiusMm: 2, amplitude: 0.07 } },
    noise: { name: "gaussian", options: { sigma: 0.1 } },
  },
  cases: { test: 6, validation: 2, observerTraining: 2, chunk: 3 },
  templates: { signal: { kind: "signal" } },
  methods: { noisy: { kind: "noisy" }, smooth: { kind: "denoiser", name: "gaussian" } },
  observers: { matched: { kind: "template", template: "signal" } },
  metrics: { rmse: { name: "rmse" }, vif: { name: "vif", dataRange: 1, label: "VIF" } },
  statistics: { reference: "noisy" },
});

/** VIF of `smooth` is missing on the second signal-absent image of each chunk; RMSE counts up. */
async function numbersOf() {
  const plan = planStudy(study);
  const left = new Map<PlannedPiece, unknown>();
  for (const [method, { pieces, setting }] of Object.entries(plan.images)) {
    for (const [which, chunks] of Object.entries(pieces)) {
      for (const piece of chunks) {
        const gaps = `${method} ${which}` === "smooth absent";
        const metrics = { rmse: [1, 2, 3], vif: gaps ? [0.5, null, 0.7] : [0.4, 0.4, 0.4] };
        left.set(piece, { [setting]: { metrics, figures: {} } });
      }
    }
  }
  const scores = { status: "ok", present: [1, 2, 3], absent: [0, 1, 2], figures: {}, findings: [] };
  return gatherNumbers(plan, {
    values: async (piece) => piece.values.parse(left.get(piece) ?? scores),
    blob: async (_, name) => {
      throw new RunError(`Cannot read ${name}: found numbers alone`);
    },
  });
}

describe("means of a study", () => {
  it("say over how many images they run, in tables, sentences, figures and claims", async () => {
    const numbers = await numbersOf();
    expect(numbers.summary("smooth", "vif")).toMatchObject({ of: 12, counted: 10 });
    expect(numbers.summary("smooth", "vif@absent")).toMatchObject({ of: 6, counted: 4 });
    expect(numbers.valueOf("smooth", "vif@absent")).toBeCloseTo(0.6, 12);

    const overview = overviewTable(study, numbers);
    expect(overview.columns.map(({ name }) => name)).toEqual([
      "method",
      "rmse",
      "VIF",
      "images with VIF",
      "AUC matched",
    ]);
    const counts = Object.fromEntries(overview.rows.map((row) => [row[0], row[3]]));
    expect(counts).toEqual({ noisy: "12", smooth: "10 of 12" });

    const classes = classTable(study, numbers);
    const row = classes.rows.find((r) => r[0] === "smooth" && r[1] === "absent")!;
    expect(row.slice(2, 4)).toEqual([2, expect.closeTo(Math.sqrt(0.8 / 6), 12)]);
    expect(row[4]).toBeCloseTo(0.6, 12);
    expect(row[6]).toBe("4 of 6");

    expect(undefinedMetrics(study, numbers)).toEqual([
      "VIF has no finite value on some images: its means are over 10 of 12 of `smooth`, and means over different images are not to be compared.",
    ]);
    const claim = { claim: "c", figure: "f", measure: "vif", method: "smooth" } as const;
    const outcome = outcomeOf({ ...claim, kind: "exceeds", paper: 0.1 }, numbers);
    expect(outcome.why).toContain("means over 10 of 12 images of smooth");
    const whole = outcomeOf({ ...claim, kind: "exceeds", measure: "rmse", paper: 0.1 }, numbers);
    expect(whole.why).not.toContain("means over");
  });
});
