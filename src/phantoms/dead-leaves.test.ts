import { describe, expect, it } from "vitest";
import { streamOf } from "../core/random.ts";
import { deadLeaves, leafRadius } from "./dead-leaves.ts";

describe("dead leaves", () => {
  it("have radii of density r to the power of -3", () => {
    const stream = streamOf(1);
    const limits = { least: 2, most: 50 };
    const radii = Array.from({ length: 20_000 }, () => leafRadius(stream, limits));
    expect(Math.min(...radii)).toBeGreaterThanOrEqual(2);
    expect(Math.max(...radii)).toBeLessThanOrEqual(50);
    for (const r of [2.5, 4, 10]) {
      const above = (r ** -2 - 50 ** -2) / (2 ** -2 - 50 ** -2);
      const found = radii.filter((v) => v > r).length / radii.length;
      // 5 standard errors of a share.
      expect(Math.abs(found - above)).toBeLessThan(5 * Math.sqrt((above * (1 - above)) / 20_000));
    }
  });

  it("are flat and sharp without slope, texture, blur and shading", () => {
    const size = 96;
    const { image } = deadLeaves.draw(streamOf(2), {
      size,
      leaves: 60,
      texture: 0,
      slope: 0,
      blurPx: 0,
    });
    const data = image.data;
    let same = 0;
    for (let i = 0; i + 1 < data.length; i++) if (data[i] === data[i + 1]) same++;
    expect(same / data.length).toBeGreaterThan(0.7);
    const { image: rich } = deadLeaves.draw(streamOf(2), { size, leaves: 60 });
    expect(new Set(rich.data).size).toBeGreaterThan(data.length / 2);
  });

  it("lie in a body with nothing around it", () => {
    const size = 64;
    const { image } = deadLeaves.draw(streamOf(3), { size, outline: true, dark: 0, slope: 0 });
    const corners = [0, size - 1, size * (size - 1), size * size - 1];
    for (const corner of corners) expect(image.data[corner]).toBe(0);
    expect(image.data[(size / 2) * size + size / 2]).toBeGreaterThan(0);
    expect(image.data.every((v) => v >= 0)).toBe(true);
  });

  it("spread over decades", () => {
    const { image } = deadLeaves.draw(streamOf(4), {
      size: 96,
      decades: 3,
      texture: 0,
      slope: 0,
      dark: 0,
    });
    const logs = Array.from(image.data, (v) => Math.log10(v)).sort((a, b) => a - b);
    expect(logs[0]).toBeGreaterThanOrEqual(-3 - 1e-6);
    expect(logs.at(-1)).toBeLessThanOrEqual(0);
    expect(logs[logs.length >> 1]).toBeGreaterThan(-2.5);
    expect(logs[logs.length >> 1]).toBeLessThan(-0.5);
  });
});
