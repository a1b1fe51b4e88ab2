/** Regions about a signal: where it may lie in them, and what is refused. */
import { describe, expect, it } from "vitest";
import { InputError } from "../../core/errors.ts";
import { detection } from "./detection.ts";

const noise = { name: "gaussian", options: { sigma: 1e-6 } };
/** A flat object with one bright pixel where its signal is. */
const task = {
  kind: "detection",
  object: { name: "gaussian-field", options: { size: 48, sigma: 1e-6 } },
  noise,
  signal: {
    name: "disk",
    options: { radiusMm: 0.5, amplitude: 1 },
    places: [
      [20, 20],
      [26, 30],
    ],
  },
};

const open = (changes: object, seed = 4) =>
  detection.open(detection.schema.parse({ ...task, ...changes }), seed);

describe("a region about the signal", () => {
  const region = { side: 24, toleranceMm: 5 };

  it("holds the signal within the tolerance of its middle, in all directions alike", async () => {
    const scene = await open({ region });
    expect([scene.shape, scene.place]).toEqual([[24, 24], "same"]);
    const steps: [number, number][] = [];
    for (let index = 0; index < 120; index++) {
      const drawn = await scene.draw({ role: "test", which: "present", index });
      expect(drawn.noisy.shape).toEqual([24, 24]);
      expect(drawn.place).toEqual([11.5, 11.5]);
      const brightest = drawn.reference.data.indexOf(Math.max(...drawn.reference.data));
      steps.push([Math.floor(brightest / 24) - 11.5, (brightest % 24) - 11.5]);
    }
    const far = steps.map(([y, x]) => Math.hypot(y, x));
    // Rounding to whole pixels adds at most half a diagonal.
    expect(Math.max(...far)).toBeLessThan(5 + Math.SQRT1_2);
    // Even draws from a disk of radius 5: E r² = 12.5, each mean 0 with a standard error of 0.23.
    const mean = (of: (step: [number, number]) => number) =>
      steps.reduce((sum, step) => sum + of(step), 0) / steps.length;
    expect(Math.abs(mean(([y]) => y))).toBeLessThan(0.8);
    expect(Math.abs(mean(([, x]) => x))).toBeLessThan(0.8);
    expect(Math.abs(mean(([y, x]) => y * y + x * x) - 12.5)).toBeLessThan(2.5);
  });

  it("has the mean signal over its places, and cases without it at the same places", async () => {
    const scene = await open({ region });
    const { values, pairs } = await scene.signal!();
    expect(pairs).toBeGreaterThan(16);
    expect(values.reduce((a, b) => a + b, 0)).toBeCloseTo(1, 3);
    expect(Math.max(...values)).toBeLessThan(0.5);
    const absent = await scene.draw({ role: "test", which: "absent", index: 0 });
    expect(Math.max(...absent.reference.data)).toBeLessThan(1e-3);
  });

  it("refuses regions that leave the image, and a search beside them", async () => {
    const scene = await open({ region: { side: 44, toleranceMm: 5 } });
    const draws = Array.from({ length: 8 }, (_, index) =>
      scene.draw({ role: "test", which: "present", index }),
    );
    const refused = (await Promise.allSettled(draws)).filter(({ status }) => status === "rejected");
    expect(refused.length).toBeGreaterThan(0);
    for (const one of refused) {
      expect((one as PromiseRejectedResult).reason).toBeInstanceOf(InputError);
      expect(String((one as PromiseRejectedResult).reason)).toMatch(
        /Cannot cut a region of 44 pixels .*images of 48 x 48/,
      );
    }
    await expect(open({ region, search: { toleranceMm: 3 } })).rejects.toThrow(/task.region/);
  });
});

describe("mixed objects and further signals", () => {
  it("draws every case of one of the objects, with the signal where that object has it", async () => {
    const bright = { name: "gaussian-field", options: { size: 48, sigma: 1e-6, mean: 7 } };
    const scene = await open({
      region: { side: 16, toleranceMm: 1 },
      mixture: [{ object: bright }],
    });
    const means = new Set<number>();
    for (let index = 0; index < 24; index++) {
      const { reference } = await scene.draw({ role: "test", which: "absent", index });
      means.add(Math.round(reference.data[0]!));
    }
    expect(means.size).toBe(2);
    expect(means).toContain(7);
  });

  it("has a class of its own for each further signal, and none of a name that is taken", async () => {
    const { signal } = task;
    const strong = { ...signal, options: { ...signal.options, amplitude: 5 } };
    const scene = await open({ others: { strong } });
    expect(scene.classes).toEqual(["absent", "present", "strong"]);
    const brightest = async (which: string) =>
      Math.max(...(await scene.draw({ role: "test", which, index: 3 })).reference.data);
    expect(await brightest("present")).toBeCloseTo(1, 3);
    expect(await brightest("strong")).toBeCloseTo(5, 3);
    await expect(open({ others: { absent: signal } })).rejects.toThrow(/task.others.absent/);
  });
});
