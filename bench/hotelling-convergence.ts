/**
 * Draws docs/figures/hotelling-convergence.svg: detectability in the population of Hotelling templates
 * learned from more and more images of the binary texture, against the exact Fourier-domain value.
 *
 *   npx tsx bench/hotelling-convergence.ts [--size 24] [--most 40] [--seed 1]
 *
 * `most` is the largest number of images in units of the number of pixels.
 */
import * as Plot from "@observablehq/plot";
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { streamOf } from "../src/core/random.ts";
import { plotSvg, seriesColours } from "../src/figures/plot.ts";
import { titleMark } from "../src/figures/roc.ts";
import { casesOfRows } from "../src/observers/cases.ts";
import { fourierDetectability, hotellingFourier } from "../src/observers/fourier-template.ts";
import { hotellingOfMoments, streamingMoments } from "../src/observers/moments.ts";
import { centredRows, solveRidge } from "../src/observers/sample-covariance.ts";
import { binaryTexture, binaryTexturePopulation } from "../src/phantoms/binary-texture.ts";

const { values } = parseArgs({
  options: {
    size: { type: "string", default: "24" },
    most: { type: "string", default: "40" },
    seed: { type: "string", default: "1" },
  },
});
const size = Number(values.size);
const seed = Number(values.seed);
const p = size * size;
const sigma = 0.1;
const middle = size / 2;
const signal = Float64Array.from({ length: p }, (_, i) =>
  Math.hypot((i % size) - middle, Math.floor(i / size) - middle) <= 2 ? 0.07 : 0,
);
const population = binaryTexturePopulation({ size });
const task = { signal, powerSpectrum: population.spectrum, sigma, shape: [size, size] };
const best = hotellingFourier(task).detectability;

interface Point {
  readonly images: number;
  readonly detectability: number;
  readonly method: string;
}
const points: Point[] = [];
const names = {
  sample: "sample covariance, noisy images",
  theory: "Gaussian theory, √((f − p + 2)/(f + 1))",
  known: "known noise part, noise-free backgrounds",
};
const moments = streamingMoments(p);
let drawn = 0;
const ratios = [1.2, 1.5, 2, 3, 5, 8, 12, 20, 40, 80].filter((r) => r <= Number(values.most));
for (const ratio of ratios) {
  const wanted = 2 * Math.round((ratio * p) / 2);
  for (const present of [false, true]) {
    const rows = new Float32Array(((wanted - drawn) / 2) * p);
    for (let k = 0; k < rows.length / p; k++) {
      const s = streamOf(seed, "convergence", drawn / 2 + k, present ? 1 : 0);
      const { data } = binaryTexture.draw(s.child("background"), { size }).image;
      for (let i = 0; i < p; i++)
        rows[k * p + i] = data[i]! + sigma * s.normal() + (present ? signal[i]! : 0);
    }
    await moments.add(rows, present);
  }
  drawn = wanted;
  const h = hotellingOfMoments(await moments.result(), { signal });
  if (h.status === "ok")
    points.push({
      images: drawn,
      detectability: fourierDetectability(h.template, task),
      method: names.sample,
    });
  const f = drawn - 2;
  points.push({
    images: drawn,
    detectability: best * Math.sqrt((f - p + 2) / (f + 1)),
    method: names.theory,
  });
}
for (const count of [Math.round(p / 8), Math.round(p / 4), Math.round(p / 2), p, 2 * p, 4 * p]) {
  const rows = new Float32Array(count * p);
  for (let k = 0; k < count; k++)
    rows.set(binaryTexture.draw(streamOf(seed, "backgrounds", k), { size }).image.data, k * p);
  const solved = solveRidge(centredRows([casesOfRows(rows, { shape: [size, size] })]), signal, {
    ridge: sigma ** 2,
    gain: 1,
  });
  if (solved.status === "ok")
    points.push({
      images: count,
      detectability: fourierDetectability(solved.x, task),
      method: names.known,
    });
}
for (const point of points)
  console.log(`${point.method}\t${point.images}\t${point.detectability.toFixed(4)}`);
console.log(`population\t∞\t${best.toFixed(4)}`);
const methods = Object.values(names);
const svg = plotSvg({
  width: 640,
  height: 400,
  marginTop: 40,
  marginLeft: 56,
  marginBottom: 44,
  x: { type: "log", label: "Images", labelAnchor: "center", grid: true },
  y: {
    label: "d' of the template in the population",
    labelAnchor: "center",
    grid: true,
    domain: [0, Math.ceil(best * 11) / 10],
  },
  marks: [
    Plot.ruleY([best], { stroke: "#333", strokeDasharray: "4 4" }),
    ...methods.flatMap((method, i) => [
      Plot.line(
        points.filter((q) => q.method === method),
        {
          x: "images",
          y: "detectability",
          stroke: seriesColours[i]!,
          sort: "images",
          strokeDasharray: method === names.theory ? "2 3" : "none",
        },
      ),
      ...(method === names.theory
        ? []
        : [
            Plot.dot(
              points.filter((q) => q.method === method),
              { x: "images", y: "detectability", fill: seriesColours[i]! },
            ),
          ]),
      Plot.text([method], {
        frameAnchor: "bottom-right",
        dx: -8,
        dy: -10 - 16 * (methods.length - 1 - i),
        fill: seriesColours[i]!,
        fontSize: 12,
        stroke: "white",
        strokeWidth: 4,
      }),
    ]),
    Plot.text([`population, d' = ${best.toFixed(3)}`], {
      frameAnchor: "top-left",
      dx: 8,
      dy: 4,
      fill: "#333",
      fontSize: 12,
      stroke: "white",
      strokeWidth: 4,
    }),
    titleMark(`Hotelling observer on the binary texture, ${size}×${size} pixels`),
  ],
});
const path = join(
  dirname(fileURLToPath(import.meta.url)),
  "..",
  "docs",
  "figures",
  "hotelling-convergence.svg",
);
mkdirSync(dirname(path), { recursive: true });
writeFileSync(path, svg);
console.log(`wrote docs/figures/hotelling-convergence.svg`);
