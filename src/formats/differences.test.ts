import { describe, expect, it } from "vitest";
import { toFloat32 } from "../codecs/elements.ts";
import { makeImage } from "../core/image.ts";
import type { Stored } from "../core/stored.ts";
import { differencesBetween } from "./differences.ts";

const stored = (change: Partial<Stored> = {}): Stored => ({
  data: Int16Array.of(1, 2, 3, 4),
  type: "int16",
  shape: [2, 2],
  components: 1,
  kind: "scalar",
  slope: 1,
  intercept: 0,
  ...change,
});
const one = (
  options: Parameters<typeof makeImage>[2] = {},
  elements = stored(),
  facts: Record<string, string> = {},
) => ({
  name: "",
  image: makeImage(toFloat32(elements, options.axes ?? "yx"), elements.shape, options),
  stored: elements,
  facts,
});

describe("differencesBetween", () => {
  const place = {
    spacing: [3, 2, 1],
    origin: [1, 2, 3],
    direction: [0, 1, 0, 1, 0, 0, 0, 0, 1],
  } as const;

  it("finds none in the same image, whatever type its elements have", async () => {
    expect(await differencesBetween(one(place), one(place))).toEqual([]);
    const float = stored({ data: Float64Array.of(1, 2, 3, 4), type: "float64" });
    expect(await differencesBetween(one(place), one(place, float))).toEqual([]);
    const halves = stored({ data: Int16Array.of(2, 4, 6, 8), slope: 0.5 });
    expect(await differencesBetween(one(), one({}, halves))).toEqual([]);
    const nan = stored({ data: Float32Array.of(1, NaN, Infinity, -0), type: "float32" });
    expect(await differencesBetween(one({}, nan), one({}, nan))).toEqual([]);
    // More than the image has is no loss.
    expect(
      await differencesBetween(one({}), one({ unit: "HU" }, stored(), { date: "today" })),
    ).toEqual([]);
  });

  it("names every part that is not read back", async () => {
    const whole = { ...place, unit: "HU" } as const;
    const elements = stored({ bits: 12, padding: -2000 });
    expect(
      await differencesBetween(one(whole, elements, { "slice timing": "ascending" }), one()),
    ).toEqual([
      "significant bits: 12",
      "which stored value means padding: -2000",
      "spacing: 3 × 2 × 1 mm (z, y, x)",
      "orientation: origin 1, 2, 3 mm, direction 0, 1, 0, 1, 0, 0, 0, 0, 1",
      "unit: HU",
      "slice timing: ascending",
    ]);
    expect(await differencesBetween(one(place), one({ ...place, origin: [1, 2, 4] }))).toEqual([
      "origin: 1, 2, 3 mm",
    ]);
    expect(
      await differencesBetween(one({ spacing: [1, 1, 1] }), one({ spacing: [1, 1, 1.001] })),
    ).toEqual(["spacing: 1 × 1 × 1 mm (z, y, x)"]);
    expect(await differencesBetween(one(), one(place))).toEqual([
      "that the spacing is not known: it is read back as 1 mm",
      "that the orientation is not known: it is read back as axial from the origin of the patient",
    ]);
  });

  it("counts values that changed, in full precision", async () => {
    const exact = stored({ data: Float64Array.of(1, 0.1, 3, 1e9 + 0.5), type: "float64" });
    const single = stored({ data: Float32Array.of(1, 0.1, 3, 1e9 + 0.5), type: "float32" });
    expect(await differencesBetween(one({}, exact), one({}, single))).toEqual([
      "precision: 2 of 4 values differ, by up to 0.5",
    ]);
    const big = (last: bigint) =>
      stored({ data: BigInt64Array.of(1n, 2n, 3n, last), type: "int64" });
    const [a, b] = [2n ** 53n, 2n ** 53n + 1n];
    expect(await differencesBetween(one({}, big(b)), one({}, big(a)))).toHaveLength(1);
    const float = stored({ data: Float64Array.of(1, 2, 3, Number(b)), type: "float64" });
    expect(await differencesBetween(one({}, big(b)), one({}, float))).toHaveLength(1);
    expect(await differencesBetween(one({}, big(a)), one({}, float))).toEqual([]);
  });

  it("sees components through either order, and axes and time by name", async () => {
    const shape = [2, 1, 2];
    const pixels = { shape: [1, 2], components: 2, kind: "complex", type: "float32" } as const;
    const data = Float32Array.of(1, 3, 2, 4);
    const planar = stored({
      data: Float32Array.of(1, 2, 3, 4),
      shape,
      type: "float32",
      kind: "vector",
    });
    const inter = stored({ ...pixels, data });
    const image = makeImage(Float32Array.of(1, 2, 3, 4), shape, { axes: "cyx" });
    const read = { name: "", image, stored: inter, facts: {} };
    expect(await differencesBetween(read, { ...read, stored: planar })).toEqual([
      "components: complex (read back as vector)",
    ]);
    const series = makeImage(new Float32Array(4), [2, 1, 2], { axes: "tyx", timeStep: 2.5 });
    const flat = { name: "", image: series, stored: stored({ shape }), facts: {} };
    const stack = makeImage(new Float32Array(4), [2, 1, 2]);
    expect(await differencesBetween(flat, { ...flat, image: stack })).toEqual([
      "axes: t2 y1 x2 (read back as z2 y1 x2)",
      "time between frames: 2.5 s",
    ]);
  });
});
