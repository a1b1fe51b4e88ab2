import { describe, expect, it } from "vitest";
import { makeImage } from "../core/image.ts";
import { streamOf } from "../core/random.ts";
import { lcdCtCases, readLcdCtSlice, writeLcdCtSlice } from "./lcd-ct.ts";

const stream = streamOf(4, "lcd");
const image = makeImage(
  Float32Array.from({ length: 64 * 64 }, (_, i) => {
    const inside = Math.hypot((i % 64) - 32, Math.floor(i / 64) - 32) < 25;
    return Math.round((inside ? 10 : -1000) + 20 * stream.normal()) + 0;
  }),
  [64, 64],
  { unit: "HU" },
);

describe("slices", () => {
  it("come back in HU from either encoding, which nothing names", () => {
    const little = writeLcdCtSlice(image);
    const big = new Uint8Array(little.length);
    const view = new DataView(big.buffer);
    image.data.forEach((v, i) => view.setUint16(2 * i, v + 1000 + 32768, false));
    for (const [bytes, encoding] of [
      [little, "int16-little"],
      [big, "uint16-big-offset"],
    ] as const) {
      const read = readLcdCtSlice(bytes);
      expect(read.encoding).toBe(encoding);
      expect(read.image.data).toEqual(image.data);
      expect(read.image.unit).toBe("HU");
    }
  });

  it("refuse files that are no square or no CT", () => {
    expect(() => readLcdCtSlice(new Uint8Array(100))).toThrow(/square of 16-bit pixels/);
    const noise = Uint8Array.from({ length: 8192 }, () => stream.integer(256));
    expect(() => readLcdCtSlice(noise)).toThrow(/far from CT numbers/);
  });
});

it("finds cases in the layout and passes over the rest", () => {
  const cases = lcdCtCases([
    "fbp/dose_100/signal_present/signal_present_002.raw",
    "fbp/dose_010/signal_absent/signal_absent_010.raw",
    "fbp/dose_010/signal_absent/signal_absent_009.raw",
    "fbp/dose_010/signal_absent/signal_absent.mhd",
    "fbp/ground_truth.raw",
  ]);
  expect(cases.map((c) => [c.dose, c.signalPresent, c.realisation])).toEqual([
    [0.1, false, 9],
    [0.1, false, 10],
    [1, true, 2],
  ]);
});
