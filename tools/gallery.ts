/**
 * The picture of docs/gallery.md: one drawn abdomen with white noise, and what the methods make of it.
 *
 *   npm run gallery
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { layoutOf, type Image, makeImage, withData } from "../src/core/image.ts";
import { streamOf } from "../src/core/random.ts";
import { panelsSvg, renderPlane, svgPng } from "../src/figures/index.ts";
import { abdomen } from "../src/phantoms/abdomen.ts";
import { denoise } from "../src/workflows/denoise.ts";

const methods = [
  "gaussian",
  "median",
  "wiener",
  "bilateral",
  "perona-malik",
  "total-variation",
  "wavelet-shrinkage",
  "non-local-means",
  "bm3d",
  "drunet-light",
];

const sigma = 25;
const window = { low: -110, high: 190 };
const object = abdomen.draw(streamOf(3), { size: 320, zMm: 25, lesions: 4 }).image;

/** A region with liver, vessels, bone and fat. */
function regionOf(image: Image, side = 128): Image {
  const { ny, nx } = layoutOf(image);
  const [top, left] = [Math.floor(ny * 0.3), Math.floor(nx * 0.14)];
  const data = new Float32Array(side * side);
  for (let y = 0; y < side; y++) {
    data.set(image.data.subarray((top + y) * nx + left, (top + y) * nx + left + side), y * side);
  }
  return makeImage(data, [side, side], { spacing: image.spacing, unit: image.unit });
}

const stream = streamOf(5, "gallery");
const noisy = withData(
  object,
  object.data.map((v) => v + sigma * stream.normal()),
);
const bitmapOf = (image: Image) => renderPlane(regionOf(image), { window });
const rmse = (image: Image): string => {
  const [a, b] = [regionOf(image).data, regionOf(object).data];
  return `${Math.sqrt(a.reduce((s, v, i) => s + (v - b[i]!) ** 2, 0) / a.length).toFixed(1)} HU`;
};
const panels = [
  { title: "truth", bitmap: bitmapOf(object) },
  { title: `noisy, ${rmse(noisy)}`, bitmap: bitmapOf(noisy) },
];
for (const method of methods) {
  const { image } = await denoise(noisy, { method, sigma });
  panels.push({ title: `${method}, ${rmse(image)}`, bitmap: bitmapOf(image) });
  console.log(method, rmse(image));
}
const folder = join(import.meta.dirname, "..", "docs", "figures");
mkdirSync(folder, { recursive: true });
const svg = panelsSvg(panels, { columns: 4, panelWidth: 230, footnote: "npm run gallery" });
writeFileSync(join(folder, "gallery.png"), await svgPng(svg));
process.exit(0);
