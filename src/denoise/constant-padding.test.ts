import { describe, expect, it } from "vitest";
import { makeImage } from "../core/image.ts";
import { streamOf } from "../core/random.ts";
import { constantPadding, joinedPadding } from "./constant-padding.ts";

const side = 64;
/** Noisy air and tissue in a circle, `value` outside of it. */
function circle(value: number, options: { radius?: number; noise?: number } = {}): Float32Array {
  const { radius = side / 2, noise = 30 } = options;
  const random = streamOf(3, "padding");
  return Float32Array.from({ length: side * side }, (_, i) => {
    const r = Math.hypot((i % side) - side / 2 + 0.5, Math.floor(i / side) - side / 2 + 0.5);
    const drawn = (random.uniform() - 0.5) * 2 * noise;
    return r > radius ? value : (r < radius / 2 ? 40 : -1000) + drawn;
  });
}
const plane = (data: Float32Array, unit: "HU" | "arbitrary" | "normalised" = "HU") =>
  makeImage(data, [side, side], { unit });
const outside = (radius = side / 2) =>
  circle(1, { radius, noise: 0 }).map((v) => (v === 1 ? 1 : 0));

describe("constantPadding", () => {
  it.each([-2048, -3024, -2000, -1500, -32768])("finds %i outside a circle", (value) => {
    expect([...constantPadding(plane(circle(value)))!]).toEqual([...outside()]);
    expect([...constantPadding(plane(circle(value), "arbitrary"))!]).toEqual([...outside()]);
  });

  it("finds it in each plane by itself, and two constants in one", () => {
    const [a, b, c] = [circle(-2048), circle(-1024), circle(-3024, { radius: 25 })];
    const volume = makeImage(Float32Array.from([...a, ...b, ...c]), [3, side, side], {
      unit: "HU",
    });
    expect([...constantPadding(volume)!]).toEqual([
      ...outside(),
      ...new Uint8Array(side * side),
      ...outside(25),
    ]);
    const two = circle(-3024).map((v, i) => (i % side < 5 ? -2000 : v));
    const mask = constantPadding(plane(two))!;
    expect([...mask]).toEqual([...outside()].map((m, i) => (i % side < 5 ? 1 : m)));
  });

  it.each([
    ["air at −1024", circle(-1024), "HU"],
    ["a noisy image", circle(0, { noise: 300 }), "HU"],
    // Metal artefacts clipped far below: the tail of other values shows what they are.
    ["a clipped tail", circle(-1000, { noise: 900 }).map((v) => Math.max(v, -1400)), "HU"],
    ["a normalised image", circle(-2048), "normalised"],
    ["a few dark pixels", circle(-1000).map((v, i) => (i < 3 ? -3000 : v)), "HU"],
    // Inside only, such as the dark core of a streak.
    ["a constant within", circle(-1000, { noise: 0 }).map((v) => (v === 40 ? -2000 : v)), "HU"],
  ] as const)("leaves %s alone", (_, data, unit) => {
    expect(constantPadding(plane(data, unit))).toBeUndefined();
  });
});

describe("joinedPadding", () => {
  it("marks what either marks", () => {
    const [a, b] = [Uint8Array.of(1, 0, 0), Uint8Array.of(0, 0, 1)];
    expect(joinedPadding(a, b)).toEqual(Uint8Array.of(1, 0, 1));
    expect(joinedPadding(undefined, b)).toBe(b);
    expect(joinedPadding(a, undefined)).toBe(a);
    expect(joinedPadding(undefined, undefined)).toBeUndefined();
  });
});
