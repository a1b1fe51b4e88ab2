import { decode } from "fast-png";
import { expect, it } from "vitest";
import { makeImage } from "../core/image.ts";
import {
  bitmapPng,
  comparisonSvg,
  contactSheetSvg,
  diverging,
  forestSvg,
  gray,
  lookupTable,
  renderPlane,
  rocSvg,
  shrink,
  svgPng,
  windowFor,
} from "./index.ts";

const ramp = makeImage(Float32Array.from([-200, -160, 40, 240, 300, NaN]), [2, 3], { unit: "HU" });

it("maps the window's ends to black and white, clips outside, and marks what is no number", () => {
  const { data } = renderPlane(ramp);
  const pixel = (i: number) => Array.from(data.subarray(3 * i, 3 * i + 3));
  expect([0, 1, 2, 3, 4, 5].map(pixel)).toEqual([
    [0, 0, 0],
    [0, 0, 0],
    [128, 128, 128],
    [255, 255, 255],
    [255, 255, 255],
    [255, 0, 255],
  ]);
});

it("writes planes that an independent reading of the PNG gives back exactly", () => {
  const bitmap = renderPlane(ramp, { window: { low: -200, high: 300 } });
  const back = decode(bitmapPng(bitmap));
  expect([back.width, back.height, back.channels]).toEqual([3, 2, 3]);
  expect([...back.data]).toEqual([...bitmap.data]);
});

it("has a diverging map that is symmetric in lightness around a neutral middle", () => {
  const table = lookupTable(diverging);
  const lightness = (i: number) =>
    0.2126 * table[3 * i]! + 0.7152 * table[3 * i + 1]! + 0.0722 * table[3 * i + 2]!;
  expect(Array.from(table.subarray(3 * 127, 3 * 128)).every((v) => v > 240)).toBe(true);
  for (let i = 0; i < 127; i++) expect(lightness(i)).toBeLessThan(lightness(i + 1));
  for (let i = 129; i < 255; i++) expect(lightness(i)).toBeGreaterThan(lightness(i + 1));
  // 8-bit anchors of the two arms differ by at most a tenth of the range.
  for (let i = 0; i < 128; i++)
    expect(Math.abs(lightness(i) - lightness(255 - i))).toBeLessThan(26);
  expect(Array.from(lookupTable(gray).subarray(0, 6))).toEqual([0, 0, 0, 1, 1, 1]);
});

it("shrinks by exact block means", () => {
  const bitmap = { width: 4, height: 2, data: Uint8Array.from({ length: 24 }, (_, i) => i * 3) };
  const small = shrink(bitmap, 2);
  expect([small.width, small.height]).toEqual([2, 1]);
  // Mean of pixels (0,0), (0,1), (1,0), (1,1) of channel 0: values 0, 9, 36, 45.
  expect(small.data[0]).toBe(23);
});

it("chooses windows by unit, and percentiles where the unit says nothing", () => {
  expect(windowFor(ramp)).toEqual({ low: -160, high: 240 });
  const data = Float32Array.from({ length: 1001 }, (_, i) => i);
  expect(windowFor(makeImage(data, [1, 1001]))).toEqual({ low: 5, high: 995 });
  expect(windowFor(makeImage(new Float32Array(4).fill(7), [2, 2]))).toEqual({
    low: 6.5,
    high: 7.5,
  });
});

it("draws the comparison with all panels, and refuses images of different shapes", () => {
  const svg = comparisonSvg({ before: ramp, after: ramp }, { reference: ramp, title: "a < b & c" });
  expect(svg.match(/<image /g)).toHaveLength(8);
  expect(svg).toContain("a &lt; b &amp; c");
  const other = makeImage(new Float32Array(4), [2, 2]);
  expect(() => comparisonSvg({ before: ramp, after: other })).toThrow(
    "found shapes [2, 3] and [2, 2], wanted equal ones",
  );
});

it("spreads the planes of a contact sheet evenly, first and last included", () => {
  const volume = makeImage(new Float32Array(9 * 4), [9, 2, 2], { unit: "normalised" });
  const svg = contactSheetSvg(volume, { limit: 3 });
  expect([...svg.matchAll(/(\d+) of 9/g)].map((m) => m[1])).toEqual(["1", "5", "9"]);
});

it("plots curves at the right places of the frame", () => {
  const svg = rocSvg([
    { label: "CHO", falsePositive: [0, 0.5, 1], truePositive: [0, 0.75, 1], auc: { value: 0.8 } },
  ]);
  // Frame: x from 56 to 460, y from 436 to 16, as the margins say.
  expect(svg).toContain("M56,436L258,121L460,16");
  expect(svg).toContain("CHO  AUC 0.800");
});

it("draws text with the bundled font: the picture changes with the text", async () => {
  const row = { label: "σ ± µ ≥ č", value: 0.5, low: 0.4, high: 0.6 };
  const withText = decode(await svgPng(forestSvg([row], { reference: 0 })));
  const without = decode(await svgPng(forestSvg([{ ...row, label: "" }], { reference: 0 })));
  const dark = (picture: { data: ArrayLike<number> }) => {
    let n = 0;
    for (let i = 0; i < picture.data.length; i += 4) if (picture.data[i]! < 160) n++;
    return n;
  };
  expect(dark(withText)).toBeGreaterThan(dark(without) + 30);
});
