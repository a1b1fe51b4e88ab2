/** The contract of losses, over every member of src/losses: gradient, declared minimum, finite on extremes. */
import { describe, expect, it } from "vitest";
import { resolveParameters } from "../../src/core/parameters.ts";
import { streamOf } from "../../src/core/random.ts";
import { checkGradient } from "../../src/graph/check.ts";
import { gradient } from "../../src/graph/gradient.ts";
import { interpret } from "../../src/graph/interpret.ts";
import { input } from "../../src/graph/ops/input.ts";
import { catalogue } from "../../src/losses/catalogue.ts";

const members = await Promise.all(Object.values(catalogue).map((load) => load()));
const shape = [2, 1, 12, 13];
const count = 2 * 12 * 13;

describe.each(members)("loss $name", (loss) => {
  const options = resolveParameters(loss.name, loss.options);
  const prediction = input("prediction", shape);
  const target = input("target", shape);
  const value = loss.build(prediction, target, options);
  const draw = (label: string) => ({
    shape,
    data: streamOf(5, loss.name, label)
      .normals(count)
      .map((v) => 0.5 + 0.2 * v),
  });

  it("bears its file's name and is a scalar", () => {
    expect(catalogue).toHaveProperty(loss.name);
    expect(value.type.shape).toEqual([]);
  });

  it("has the gradient that differences give", () => {
    const check = checkGradient(value, [prediction], {
      values: { prediction: draw("p"), target: draw("t") },
    });
    // Differences of a mean over 312 pixels: gradients are of order 1e-3, the check is relative to 1.
    expect(check.error, check.where).toBeLessThan(1e-8);
  });

  it("reaches its declared minimum where both agree, and only there", () => {
    const same = draw("t");
    const at = (p: ReturnType<typeof draw>) =>
      interpret([value], { prediction: p, target: same })[0]!.data[0]!;
    expect(at(same)).toBeCloseTo(loss.minimum(options), 10);
    for (let k = 0; k < 5; k++) expect(at(draw(`p${k}`))).toBeGreaterThan(loss.minimum(options));
  });

  it("stays finite on extremes, gradient included", () => {
    const constant = (v: number) => ({ shape, data: new Float64Array(count).fill(v) });
    for (const [p, t] of [
      [0, 0],
      [1e4, -1e4],
      [1e-12, 0],
    ] as const) {
      const [v, g] = interpret([value, gradient(value, [prediction])[0]!], {
        prediction: constant(p),
        target: constant(t),
      });
      expect(Number.isFinite(v!.data[0]!)).toBe(true);
      expect(g!.data.every(Number.isFinite)).toBe(true);
    }
  });
});
