import { describe, expect, it } from "vitest";
import { streamOf } from "../core/random.ts";
import { jndIndex, viewerNoise } from "./viewer-noise.ts";

/** Luminance of an index: the standard's other formula, fitted to the same table. */
function luminanceOf(index: number): number {
  const [a, c, e, g, m] = [-1.3011877, 8.0242636e-2, 1.3646699e-1, -2.5468404e-2, 1.3635334e-3];
  const [b, d, f, h, k] = [-2.584019e-2, -1.0320229e-1, 2.874562e-2, -3.1978977e-3, 1.2992634e-4];
  const x = Math.log(index);
  const above = a + c * x + e * x ** 2 + g * x ** 3 + m * x ** 4;
  return 10 ** (above / (1 + b * x + d * x ** 2 + f * x ** 3 + h * x ** 4 + k * x ** 5));
}

describe("a viewer's noise", () => {
  it("counts differences as the standard's inverse formula does", () => {
    expect(Math.abs(jndIndex(0.05) - 1)).toBeLessThan(0.1);
    for (const index of [10, 71, 200, 420, 640, 900]) {
      // Both formulas are fits of the table, a few thousandths of a step apart by the standard.
      expect(Math.abs(jndIndex(luminanceOf(index)) - index)).toBeLessThan(0.1);
    }
    expect(() => jndIndex(0.01)).toThrow(/found a luminance of 0.01/);
  });

  it("makes the grating of one step detectable with d' = 1", () => {
    const [windowWidth, distanceMm, displayPixelMm] = [400, 500, 0.25];
    const sd = viewerNoise(windowWidth, { distanceMm, displayPixelMm });
    const steps = jndIndex(350) - jndIndex(1);
    const degree = distanceMm * Math.tan(Math.PI / 180);
    const n = Math.round((2 * degree) / displayPixelMm);
    // ‖s‖/σ of the grating itself, pixel by pixel.
    let square = 0;
    for (let j = 0; j < n; j++) {
      for (let i = 0; i < n; i++) {
        const cycles = (4 * i * displayPixelMm) / degree;
        square += ((windowWidth / steps / 2) * Math.sin(2 * Math.PI * cycles)) ** 2;
      }
    }
    expect(Math.abs(Math.sqrt(square) / sd - 1)).toBeLessThan(0.02);
  });

  it("grows with the window, and falls with the size of a pixel on the display", () => {
    const s = streamOf(1, "viewer");
    for (let n = 0; n < 5; n++) {
      const at = { distanceMm: 300 + 400 * s.uniform(), displayPixelMm: 0.1 + s.uniform() };
      const one = viewerNoise(100, at);
      expect(viewerNoise(200, at) / one).toBeCloseTo(2, 12);
      const larger = { ...at, displayPixelMm: 2 * at.displayPixelMm };
      expect(viewerNoise(100, larger) / one).toBeCloseTo(0.5, 12);
    }
    expect(() => viewerNoise(0, { distanceMm: 1, displayPixelMm: 1 })).toThrow(/above 0/);
  });
});
