import { describe, expect, it } from "vitest";
import { rateAt } from "./schedule.ts";

describe("rateAt", () => {
  it("warms up, steps and follows a cosine", () => {
    expect(rateAt({ kind: "constant", rate: 2, warmup: 4 }, 0, 10)).toBeCloseTo(0.5);
    expect(rateAt({ kind: "constant", rate: 2, warmup: 4 }, 7, 10)).toBe(2);
    const step = { kind: "step", rate: 1, milestones: [3, 6], factor: 0.1 } as const;
    expect([2, 3, 6].map((s) => rateAt(step, s, 10))).toEqual([1, 0.1, 0.010000000000000002]);
    const cosine = { kind: "cosine", rate: 1, final: 0.2 } as const;
    expect(rateAt(cosine, 0, 11)).toBe(1);
    expect(rateAt(cosine, 5, 11)).toBeCloseTo(0.6);
    expect(rateAt(cosine, 10, 11)).toBeCloseTo(0.2);
  });
});
