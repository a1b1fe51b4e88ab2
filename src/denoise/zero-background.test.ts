import { describe, expect, it } from "vitest";
import { scene, withRicianNoise } from "../../test/denoise-scene.ts";
import { makeImage, withData } from "../core/image.ts";
import { zeroBackground } from "./zero-background.ts";

const inside = (i: number) => Math.hypot((i % 64) - 32, Math.floor(i / 64) - 32) < 20;
const noisy = withRicianNoise(scene(64), 8, 1);

describe("background of zeros", () => {
  it("is what joins the border, and not a hole in the object", () => {
    const hole = 32 * 64 + 30;
    const stripped = withData(
      noisy,
      noisy.data.map((v, i) => (inside(i) && i !== hole && i !== hole + 1 ? v : 0)),
    );
    const mask = zeroBackground(stripped)!;
    mask.forEach((mark, i) => expect(mark).toBe(inside(i) ? 0 : 1));
  });

  it("is judged plane by plane; a plane of zeros beside others is background whole", () => {
    const data = new Float32Array(3 * 64 * 64);
    noisy.data.forEach((v, i) => (data[64 * 64 + i] = inside(i) ? v : 0));
    const mask = zeroBackground(makeImage(data, [3, 64, 64]))!;
    expect(mask.subarray(0, 64 * 64)).not.toContain(0);
    expect(mask.subarray(64 * 64, 2 * 64 * 64)).toContain(0);
    expect(zeroBackground(makeImage(new Float32Array(64 * 64), [64, 64]))).toBeUndefined();
  });

  it("is not dark noise of whole numbers, not water, and not between negative values", () => {
    const dark = withRicianNoise(withData(noisy, new Float32Array(64 * 64)), 0.4, 2);
    const whole = withData(dark, dark.data.map(Math.round));
    expect(whole.data.filter((v) => v === 0).length).toBeGreaterThan(1000);
    expect(zeroBackground(whole)).toBeUndefined();
    const half = Float32Array.from({ length: 64 * 64 }, (_, i) => (i % 64 < 20 ? 0 : 10 + (i % 7)));
    expect(zeroBackground(makeImage(half, [64, 64]))).toBeDefined();
    expect(zeroBackground(makeImage(half, [64, 64], { unit: "HU" }))).toBeUndefined();
    half[4000] = -1;
    expect(zeroBackground(makeImage(half, [64, 64]))).toBeUndefined();
  });
});
