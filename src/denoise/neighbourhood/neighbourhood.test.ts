import { describe, expect, it } from "vitest";
import { scene, sceneVolume, withGaussianNoise } from "../../../test/denoise-scene.ts";
import type { Image } from "../../core/image.ts";
import type { Block } from "../blocks.ts";
import { bilateralMeans, bilateralPlain } from "./bilateral-means.ts";
import {
  nonLocalMeansBlock,
  nonLocalMeansPlain,
  type NonLocalSettings,
} from "./non-local-means.ts";

function blockOf(image: Image): Block {
  const [nx = 1, ny = 1, nz = 1] = [...image.shape].reverse();
  return { data: image.data, nz, ny, nx };
}

function worst(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let largest = 0;
  for (let i = 0; i < a.length; i++) largest = Math.max(largest, Math.abs(a[i]! - b[i]!));
  return largest;
}

// Odd widths leave rows whose last group of four or eight is partly outside.
const blocks: [string, Block][] = [
  ["plane 13×21", blockOf(withGaussianNoise(scene(13, 21), 10, 1))],
  ["plane 24×32", blockOf(withGaussianNoise(scene(24, 32), 10, 2))],
  ["volume 4×5×7", blockOf(withGaussianNoise(sceneVolume(4, 5, 7), 10, 3))],
];

describe("bilateralMeans", () => {
  it.each(blocks)("equals the definition (%s)", (_, block) => {
    const parameters = { spatial: 1.1, spatialZ: 0.6, range: 20 };
    const task = { block, companions: [], parameters };
    // Values to 200 in float32 and weights to 3e-6: 1e-5 of the range.
    expect(worst(bilateralMeans(task), bilateralPlain(task))).toBeLessThan(2e-3);
    const guided = { ...task, companions: [block.data.map((v) => Math.sqrt(Math.abs(v)))] };
    const joint = { ...guided, parameters: { ...parameters, range: 1 } };
    expect(worst(bilateralMeans(joint), bilateralPlain(joint))).toBeLessThan(2e-3);
  });
});

describe("nonLocalMeansBlock", () => {
  const base: NonLocalSettings = {
    patch: 1,
    search: 2,
    sigma: 10,
    strength: 0.8,
    offset: 1,
    rician: false,
    self: "one",
  };
  const variants: [string, Partial<NonLocalSettings>][] = [
    ["plain", {}],
    ["wide patch, original distance", { patch: 2, search: 3, offset: 0 }],
    ["Rician", { rician: true }],
    ["largest own weight", { self: "largest" }],
  ];
  for (const [shape, block] of blocks) {
    it.each(variants)(`equals the definition (${shape}, %s)`, (_, change) => {
      const task = { block, companions: [], parameters: { ...base, ...change } };
      // Squares of values to 200 lose more digits in float32: 1e-4 of the range.
      expect(worst(nonLocalMeansBlock(task), nonLocalMeansPlain(task))).toBeLessThan(0.02);
    });
  }

  it("takes σ from a map where one is given", () => {
    const block = blocks[1]![1];
    const map = Float32Array.from(block.data, (_, i) => 5 + (10 * (i % 32)) / 32);
    const task = { block, companions: [map], parameters: base };
    expect(worst(nonLocalMeansBlock(task), nonLocalMeansPlain(task))).toBeLessThan(0.005);
  });
});
