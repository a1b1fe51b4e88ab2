/** A batch of a training as a picture: what the network will see, with its noise, its labels and histograms. */
import * as Plot from "@observablehq/plot";
import { makeImage } from "../core/image.ts";
import { renderPlane } from "../figures/bitmap.ts";
import { diverging, viridis } from "../figures/colour-map.ts";
import { type Panel, panelsSvg } from "../figures/panels.ts";
import { plotSvg, seriesColours } from "../figures/plot.ts";
import { svgDocument } from "../figures/svg.ts";
import type { NamedArray } from "../learn/tensor-file.ts";
import type { Batch } from "../train/batch.ts";

const imageNames = ["noisy", "clean", "again", "other"] as const;
const panelWidth = 160;
const gap = 16;
const [plotWidth, plotHeight] = [560, 260];
/** Values on the axis of the histogram: a window's own, and as much again around it. */
const shownValues = [-0.5, 1.5] as const;

export interface BatchFigureOptions {
  readonly title: string;
  /** Noise levels of many patches, for a histogram. */
  readonly levels: readonly number[];
  /** Patches drawn at most. Defaults to 6. */
  readonly limit?: number;
}

/** SVG of the first patches, a row each, with histograms of the batch's values and of noise levels below. */
export function batchFigure(batch: Batch, options: BatchFigureOptions): string {
  const { title, levels, limit = 6 } = options;
  const [count = 0] = (batch.noisy ?? batch.clean ?? batch.labels)!.shape;
  const rows = Array.from({ length: Math.min(count, limit) }, (_, n) => panelsOf(batch, n));
  const columns = rows[0]!.length;
  const sheet = panelsSvg(rows.flat(), { title, columns, panelWidth });
  const plots = [valuesPlot(batch), ...(levels.length === 0 ? [] : [levelsPlot(levels)])];
  const [sheetWidth, sheetHeight] = sizeOfSvg(sheet);
  const plotsWidth = gap + plots.length * (plotWidth + gap);
  const at = (svg: string, x: number, y: number) => svg.replace("<svg ", `<svg x="${x}" y="${y}" `);
  const width = Math.max(sheetWidth, plotsWidth);
  const height = sheetHeight + plotHeight + gap;
  return svgDocument(
    width,
    height,
    [
      `<rect width="${width}" height="${height}" fill="white"/>`,
      at(sheet, 0, 0),
      ...plots.map((plot, i) => at(plot, gap + i * (plotWidth + gap), sheetHeight)),
    ].join(""),
  );
}

const sizeOfSvg = (svg: string): readonly [number, number] => {
  const [, width, height] = /width="([\d.]+)" height="([\d.]+)"/.exec(svg) ?? [];
  return [Number(width), Number(height)];
};

/** Middle plane of one image of a field, or of one of its channels. */
function planeOf({ shape, data }: NamedArray, n: number, channel?: number): Float32Array {
  const [, channels = 1, ...space] = shape;
  const [depth, area] = [space.length === 3 ? space[0]! : 1, space.at(-1)! * space.at(-2)!];
  const chosen = channel ?? Math.floor(channels / 2);
  const from = ((n * channels + chosen) * depth + Math.floor(depth / 2)) * area;
  return data.subarray(from, from + area);
}

function panelsOf(batch: Batch, n: number): Panel[] {
  const panels: Panel[] = [];
  const sigma = batch.sigma?.data[n];
  const draw = (
    values: Float32Array,
    shape: readonly number[],
    { low, high, map }: Pick<Required<Panel>["bar"], "map"> & { low: number; high: number },
  ) => renderPlane(makeImage(values, shape.slice(-2)), { window: { low, high }, map });
  const grey = (name: (typeof imageNames)[number], text: string) => {
    const field = batch[name];
    if (field === undefined) return;
    const image = makeImage(planeOf(field, n), field.shape.slice(-2));
    panels.push({ title: text, bitmap: renderPlane(image, { window: { low: 0, high: 1 } }) });
  };
  grey("noisy", sigma === undefined ? "noisy" : `noisy, σ ${Number(sigma.toPrecision(2))}`);
  grey("clean", "clean");
  if (batch.noisy !== undefined && batch.clean !== undefined) {
    const clean = planeOf(batch.clean, n);
    const noise = planeOf(batch.noisy, n).map((v, i) => v - clean[i]!);
    const most = 3 * Math.sqrt(noise.reduce((sum, v) => sum + v * v, 0) / noise.length) || 1;
    const bitmap = draw(noise, batch.noisy.shape, { low: -most, high: most, map: diverging });
    panels.push({ title: `difference, ± ${Number(most.toPrecision(2))}`, bitmap });
  }
  grey("again", "again");
  grey("other", "other");
  if (batch.labels !== undefined) {
    const { shape } = batch.labels;
    const [, classes = 1] = shape;
    const labels = new Float32Array(shape.at(-1)! * shape.at(-2)!);
    for (let k = 1; k < classes; k++) {
      planeOf(batch.labels, n, k).forEach((v, i) => (labels[i]! += k * v));
    }
    const bitmap = draw(labels, shape, { low: 0, high: Math.max(1, classes - 1), map: viridis });
    panels.push({ title: `labels, ${classes} classes`, bitmap });
  }
  if (batch.present !== undefined) {
    const last = panels.at(-1)!;
    const text = `${last.title}${batch.present.data[n] === 1 ? ", with signal" : ""}`;
    panels[panels.length - 1] = { ...last, title: text };
  }
  return panels;
}

function valuesPlot(batch: Batch): string {
  const [low, high] = shownValues;
  const bins = 80;
  const lines = imageNames.flatMap((name, i) => {
    const field = batch[name];
    if (field === undefined) return [];
    const counts = new Array<number>(bins).fill(0);
    for (const value of field.data) {
      const bin = Math.floor((bins * (value - low)) / (high - low));
      counts[Math.min(bins - 1, Math.max(0, bin))]!++;
    }
    return counts.map((count, bin) => ({
      field: name,
      colour: seriesColours[i]!,
      value: low + ((bin + 0.5) * (high - low)) / bins,
      share: count / field.data.length,
    }));
  });
  const names = [...new Map(lines.map((line) => [line.field, line])).values()];
  return plotSvg({
    width: plotWidth,
    height: plotHeight,
    x: { label: "value, the window on 0 to 1 (beyond it at the ends)", domain: [low, high] },
    y: { label: "share of pixels", grid: true },
    marks: [
      Plot.ruleX([0, 1], { stroke: "#bbb" }),
      Plot.line(lines, { x: "value", y: "share", stroke: "colour", z: "field" }),
      ...names.map(({ field, colour }, i) =>
        Plot.text([field], {
          frameAnchor: "top-right",
          dy: 14 * i,
          fill: colour,
          text: (d: string) => d,
        }),
      ),
    ],
  });
}

function levelsPlot(levels: readonly number[]): string {
  return plotSvg({
    width: plotWidth,
    height: plotHeight,
    x: { label: "σ of a patch's noise, relative to its window" },
    y: { label: `patches of ${levels.length}`, grid: true },
    marks: [
      Plot.rectY(
        levels.map((level) => ({ level })),
        {
          ...Plot.binX({ y: "count" }, { x: "level", thresholds: 30 }),
          fill: seriesColours[0]!,
        },
      ),
      Plot.ruleY([0]),
    ],
  });
}
