import { describe, expect, it } from "vitest";
import fc from "fast-check";
import type { Vector } from "./plane.ts";
import { evenGrid, resampledSlices, slicesOfGrid } from "./resample.ts";
import { type Placed, stacksOf } from "./stack.ts";

const at = (position: Vector, i: number): Placed<number> => ({
  value: i,
  instance: i,
  plane: { rowDirection: [1, 0, 0], columnDirection: [0, 1, 0], position },
});
const axial = (heights: readonly number[]) => stacksOf(heights.map((z, i) => at([0, 0, z], i)));
const heightsOf = (heights: readonly number[]) =>
  axial(heights).stacks.map(({ slices }) => slices.map(({ plane }) => plane.position[2]));

describe("stacksOf", () => {
  it("parts slices at their gaps, whatever is missing and wherever", () => {
    expect(heightsOf([0, 1, 2, 4, 5, 6])).toEqual([
      [0, 1, 2],
      [4, 5, 6],
    ]);
    expect(heightsOf([0, 2, 3, 4])).toEqual([[0], [2, 3, 4]]);
    expect(heightsOf([0, 1, 2, 4])).toEqual([[0, 1, 2], [4]]);
    expect(heightsOf([0, 1, 2, 3, 40, 41, 42, 100])).toEqual([[0, 1, 2, 3], [40, 41, 42], [100]]);
    expect(axial([0, 1, 2, 4, 5, 9]).findings).toEqual([
      "gap: 4 slices are missing (between slices 3 and 4, between slices 5 and 6)",
    ]);
  });

  it("finds one gap among a thousand thin slices, where the mean hardly differs", () => {
    const heights = Array.from({ length: 1000 }, (_, i) => 0.1 * (i < 500 ? i : i + 1));
    const { stacks } = axial(heights);
    expect(stacks.map(({ slices }) => slices.length)).toEqual([500, 500]);
    for (const { step } of stacks) expect(step).toBeCloseTo(0.1, 9);
  });

  it("parts where the distance changes, the shared slice to the longer part", () => {
    const { stacks, findings } = axial([0, 2.5, 5, 7.5, 10, 15, 20, 25]);
    expect(stacks.map(({ step, slices }) => [step, slices.length])).toEqual([
      [2.5, 5],
      [5, 3],
    ]);
    expect(findings.join()).toContain("missing");
  });

  it("takes positions rounded in the file for even ones", () => {
    for (const step of [0.625, 1.25, 0.7, 3.3]) {
      const rounded = Array.from({ length: 200 }, (_, i) => Math.round(step * i * 10) / 10);
      const { stacks, findings } = axial(rounded);
      expect(stacks).toHaveLength(1);
      expect(stacks[0]!.step).toBeCloseTo(step, 2);
      expect(findings).toEqual([]);
    }
  });

  it("puts every slice within a tenth of a millimetre of its true place, whatever the places", () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: 0.3, max: 9, noNaN: true }), { minLength: 1, maxLength: 40 }),
        (steps) => {
          let z = 0;
          const heights = [0, ...steps.map((step) => (z += step))];
          const { stacks } = axial(heights);
          const seen: number[] = [];
          for (const { slices, step, direction } of stacks) {
            const [first] = slices;
            for (const [k, slice] of slices.entries()) {
              const placed = first!.plane.position[2] + k * step * direction[2];
              expect(Math.abs(placed - slice.plane.position[2])).toBeLessThanOrEqual(0.1 + 1e-9);
              seen.push(slice.value);
            }
          }
          expect(seen).toEqual(heights.map((_, i) => i));
        },
      ),
      { numRuns: 200 },
    );
  });

  it("follows a tilt by the places, and slices that jump in their plane apart", () => {
    const tilted = stacksOf([0, 1, 2, 3].map((k) => at([0, 0.2 * k, 2 * k], k)));
    expect(tilted.stacks).toHaveLength(1);
    expect(tilted.stacks[0]!.step).toBeCloseTo(Math.hypot(0.2, 2), 9);
    expect(tilted.stacks[0]!.direction[1]).toBeCloseTo(0.2 / Math.hypot(0.2, 2), 9);
    expect(tilted.stacks[0]!.findings.join()).toMatch(/gantry tilt: .* 5.71°/);
    // A quarter of a degree is two millimetres at the end of a long stack.
    const little = stacksOf(
      Array.from({ length: 200 }, (_, k) => at([0, 0.01 * k, 2.5 * k] as const, k)),
    );
    expect(little.stacks[0]!.direction[1]).toBeCloseTo(0.01 / Math.hypot(0.01, 2.5), 9);
    const jump = stacksOf([0, 1, 2, 3, 4, 5].map((k) => at([k < 3 ? 0 : 7, 0, k], k)));
    expect(jump.stacks.map(({ slices }) => slices.length)).toEqual([3, 3]);
    expect(jump.findings).toEqual([
      "the slices do not stand in a line: some are shifted in their plane",
    ]);
  });

  it("joins repeats of all places as volumes in time, gaps or not", () => {
    const twice = [0, 1, 3, 4].flatMap((z, i) => [at([0, 0, z], i), at([0, 0, z], i + 100)]);
    const { stacks, duplicates } = stacksOf(twice);
    expect(duplicates).toEqual([]);
    expect(
      stacks.map(({ volumes, slices }) => [volumes, slices.map(({ value }) => value)]),
    ).toEqual([
      [2, [0, 1, 100, 101]],
      [2, [2, 3, 102, 103]],
    ]);
  });
});

describe("an even grid", () => {
  it("keeps slices that lie on it, and interpolates between the others", () => {
    const grid = evenGrid([0, 1, 2, 4, 5], 1);
    expect(grid).toMatchObject({ step: 1, planes: 6, at: [0, 1, 2, 4, 5] });
    const data = Float32Array.of(0, 10, 1, 11, 2, 12, 6, 16, 7, 17);
    const done = resampledSlices({ data }, grid, 1);
    expect([...done.data]).toEqual([0, 10, 1, 11, 2, 12, 4, 14, 6, 16, 7, 17]);
    expect(slicesOfGrid(done.data, grid, 1)).toEqual(data);
  });

  it("reproduces what is linear along the slices exactly, wherever these are", () => {
    const along = [0, 0.7, 1.9, 4.4, 5, 7.5];
    const grid = evenGrid(along, 1.2);
    const data = Float32Array.from(along, (z) => 3 * z - 2);
    const { data: out } = resampledSlices({ data }, grid, 1);
    for (const [k, v] of out.entries()) expect(v).toBeCloseTo(3 * k * grid.step - 2, 5);
    expect((grid.planes - 1) * grid.step).toBeCloseTo(7.5, 12);
    expect(() => slicesOfGrid(out, grid, 1)).toThrow(/between its planes/);
  });

  it("holds no measurement between slices of which one holds none", () => {
    const grid = evenGrid([0, 2], 1);
    const slices = {
      data: Float32Array.of(5, -2000, 7, 9),
      padded: Uint8Array.of(0, 1, 0, 0),
    };
    const done = resampledSlices(slices, grid, 1);
    expect([...done.data]).toEqual([5, -2000, 6, -2000, 7, 9]);
    expect([...done.padded!]).toEqual([0, 1, 0, 1, 0, 0]);
  });
});
