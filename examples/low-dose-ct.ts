/**
 * Figures of docs/low-dose-ct.md.
 *
 *   npx tsx examples/low-dose-ct.ts
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { makeImage, type Image } from "../src/core/image.ts";
import { streamOf } from "../src/core/random.ts";
import { panelsSvg, plotSvg, renderPlane, svgPng } from "../src/figures/index.ts";
import { abdomen } from "../src/phantoms/index.ts";
import {
  attenuation,
  attenuationToHounsfield,
  filteredBackprojection,
  hounsfieldToAttenuation,
  insertLowDose,
  measureLineIntegrals,
  pediatricScanner,
  planarProjector,
} from "../src/physics/index.ts";

const folder = join(import.meta.dirname, "..", "docs", "figures", "low-dose-ct");
mkdirSync(folder, { recursive: true });
const footnote = "npx tsx examples/low-dose-ct.ts";
const write = async (name: string, svg: string): Promise<void> => {
  writeFileSync(join(folder, `${name}.png`), await svgPng(svg));
  console.log(`${name}.png`);
};
const panel = (
  title: string,
  image: Image,
  window: { low: number; high: number },
  unit: string,
) => ({
  title: `${title} (${unit})`,
  bitmap: renderPlane(image, { window }),
});

const size = 256;
const object = abdomen.draw(streamOf(3), { size, zMm: 25, lesions: 4 }).image;
const pixel = object.spacing[2];
const grid = { nx: size, ny: size, pixelMm: [pixel, pixel], centreMm: [0, 0] } as const;
const geometry = pediatricScanner;
const { views } = geometry;
const { channels } = geometry.detector;
const perMm = attenuation("water", 70);
const sinogramImage = (values: Float32Array): Image => makeImage(values, [views, channels]);
const soft = { low: -120, high: 240 };

// 1–3: HU → attenuation → line integrals.
const mu = makeImage(hounsfieldToAttenuation(object.data, perMm), [size, size], { unit: "1/mm" });
const p = planarProjector(geometry, grid).apply(mu.data);
const counts = p.map((v) => 3e6 * Math.exp(-v));
await write(
  "steps",
  panelsSvg(
    [
      panel("Object", object, soft, "HU"),
      panel("Attenuation", mu, { low: 0.016, high: 0.024 }, "1/mm"),
      panel("Line integrals", sinogramImage(p), { low: 0, high: 9 }, "1"),
      panel(
        "Expected quanta, log scale",
        sinogramImage(counts.map(Math.log10)),
        { low: 2, high: 6.5 },
        "lg quanta",
      ),
    ],
    { columns: 4, panelWidth: 256, footnote },
  ),
);

// 4–6: counts at three doses → logarithm → filtered backprojection → HU.
const shares = new Float64Array(channels).fill(1);
const scan = (dose: number, seed: number): Image => {
  const { values } = measureLineIntegrals(p, {
    exposure: { photons: 3e6, dose, electronicSd: 20, floorCounts: 0.5 },
    shares,
    stream: streamOf(seed, "scan"),
  });
  const image = filteredBackprojection(values, { geometry, grid, kernel: "hann" });
  return makeImage(attenuationToHounsfield(image, perMm), [size, size], {
    spacing: object.spacing,
    unit: "HU",
  });
};
const full = scan(1, 1);
const inserted = (
  await insertLowDose(full, { dose: 0.25, stream: streamOf(7), parameters: { electronicSd: 20 } })
).image;
await write(
  "doses",
  panelsSvg(
    [
      panel("Full dose", full, soft, "HU"),
      panel("25 %, scanned", scan(0.25, 2), soft, "HU"),
      panel("25 %, inserted into full dose", inserted, soft, "HU"),
      panel("5 %, scanned", scan(0.05, 3), soft, "HU"),
    ],
    { columns: 4, panelWidth: 256, footnote },
  ),
);

// Noise against dose, with and without electronic noise, in the liver.
const rows: { dose: number; variance: number; noise: string }[] = [];
for (const electronicSd of [0, 40]) {
  for (const dose of [1, 0.5, 0.25, 0.1, 0.05, 0.025]) {
    const noisy = measureLineIntegrals(p, {
      exposure: { photons: 3e6, dose, electronicSd, floorCounts: 0.5 },
      shares,
      stream: streamOf(11, "curve", electronicSd),
    }).values.map((v, i) => v - p[i]!);
    const image = filteredBackprojection(noisy, { geometry, grid, kernel: "hann" });
    let square = 0;
    let count = 0;
    for (let j = 100; j < 150; j++) {
      for (let i = 60; i < 110; i++) {
        square += (image[j * size + i]! * (1000 / perMm)) ** 2;
        count++;
      }
    }
    rows.push({
      dose,
      variance: square / count,
      noise: electronicSd === 0 ? "quanta alone" : "with electronic noise",
    });
  }
}
const { line, dot } = await import("@observablehq/plot");
await write(
  "dose-curve",
  plotSvg({
    x: { type: "log", label: "dose (fraction)" },
    y: { type: "log", label: "noise variance in the liver (HU²)" },
    color: { legend: false },
    marks: [
      line(rows, { x: "dose", y: "variance", stroke: "noise" }),
      dot(rows, { x: "dose", y: "variance", stroke: "noise" }),
    ],
  }),
);
