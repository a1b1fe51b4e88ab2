/** Plots and pictures of a comparison, as SVG. */
import * as Plot from "@observablehq/plot";
import { makeImage } from "../../core/image.ts";
import {
  diverging,
  forestSvg,
  gray,
  plotSvg,
  renderPlane,
  type Window,
  windowFor,
} from "../../figures/index.ts";
import { seriesColours } from "../../figures/plot.ts";
import { svgBitmap, svgDocument, svgText } from "../../figures/svg.ts";
import type { ArmResult, CompareResult, CompareScene } from "./result.ts";
import type { Curve } from "./spectra.ts";

const [width, height, legendWidth] = [720, 400, 200];

/** One colour for each method, the same in all figures. */
function coloursOf(result: CompareResult): (method: string) => string {
  const names = result.methods.map((m) => m.method);
  // Grey for what is left as it is.
  const colours = ["#333333", ...seriesColours.slice(0, -1)];
  return (method) => colours[names.indexOf(method) % colours.length]!;
}

function legend(names: readonly string[], colour: (name: string) => string): unknown[] {
  return names.map((name, i) =>
    Plot.text([name.length > 28 ? `${name.slice(0, 27)}…` : name], {
      frameAnchor: "top-right",
      textAnchor: "start",
      dx: 12,
      dy: 16 * i,
      fill: colour(name),
      fontWeight: "bold",
    }),
  );
}

const shared = {
  width,
  height,
  marginLeft: 76,
  marginRight: legendWidth,
  marginTop: 24,
  marginBottom: 56,
  // Points at the ends stay clear of the axes.
  inset: 14,
} as const;

/** Labels of axes, clear of the figure's border. */
const [xAxis, yAxis] = [
  { labelAnchor: "center", labelOffset: 40 },
  { labelAnchor: "center", labelOffset: 58, grid: true },
] as const;

/** Numbers beside points are read over lines. */
const halo = { stroke: "white", strokeWidth: 4 } as const;

/** AUC of the Hotelling observer over dose, with intervals; with one dose, a line for each method. */
export function aucFigure(result: CompareResult): string {
  const { doses, arms, methods, margin } = result;
  const colour = coloursOf(result);
  const full = arms[0]!.hotelling.auc.estimate;
  if (doses.length === 1) {
    return forestSvg(
      arms.map((arm) => ({
        label: arm.method,
        value: arm.hotelling.auc.estimate,
        low: arm.hotelling.auc.lower,
        high: arm.hotelling.auc.upper,
      })),
      { xLabel: "AUC (channelised Hotelling observer)", band: { low: full - margin, high: full } },
    );
  }
  const names = methods.map((m) => m.method);
  const points = arms.map((arm) => {
    // Side by side, so that intervals do not hide one another.
    const shift = 1.012 ** (names.indexOf(arm.method) - (names.length - 1) / 2);
    const { estimate, lower, upper } = arm.hotelling.auc;
    return { x: arm.dose * shift, y: estimate, lower, upper, method: arm.method };
  });
  const least = Math.min(...points.map((p) => p.lower), full - margin);
  return plotSvg({
    ...shared,
    x: {
      type: "log",
      label: "Dose (fraction of the images' own)",
      ...xAxis,
      ticks: [...doses],
      tickFormat: (d: number) => String(d),
    },
    y: { domain: [Math.max(0, least - 0.02), 1], label: "AUC", ...yAxis },
    marks: [
      Plot.ruleY([full - margin], { stroke: "#999", strokeDasharray: "5 4" }),
      Plot.text([`full dose − ${margin}`], {
        x: Math.max(...doses),
        y: full - margin,
        textAnchor: "start",
        dx: 26,
        fill: "#666",
      }),
      Plot.ruleX(points, {
        x: "x",
        y1: "lower",
        y2: "upper",
        stroke: (p: { method: string }) => colour(p.method),
        strokeWidth: 1.5,
      }),
      Plot.line(points, {
        x: "x",
        y: "y",
        z: "method",
        stroke: (p: { method: string }) => colour(p.method),
        strokeWidth: 2,
      }),
      Plot.dot(points, {
        x: "x",
        y: "y",
        r: 3.5,
        fill: (p: { method: string }) => colour(p.method),
      }),
      ...legend(names, colour),
    ],
  });
}

/** Noise against what is left of the task: better is up and to the left. */
export function tradeOffFigure(result: CompareResult, what: "auc" | "contrast"): string {
  const { arms, methods, images } = result;
  const colour = coloursOf(result);
  const of = (arm: ArmResult) => (what === "auc" ? arm.hotelling.auc : arm.contrastKept);
  const points = arms.map((arm) => {
    const { estimate, lower, upper } = of(arm);
    return { x: arm.noise.sd, y: estimate, lower, upper, method: arm.method, dose: arm.dose };
  });
  const unit = images.unit === "arbitrary" ? "" : ` (${images.unit})`;
  return plotSvg({
    ...shared,
    insetRight: 40,
    x: { label: `Noise in the tissue${unit}`, ...xAxis, nice: true, zero: true },
    y: {
      label: what === "auc" ? "AUC" : "Contrast kept",
      ...yAxis,
      nice: true,
    },
    marks: [
      Plot.line(points, {
        x: "x",
        y: "y",
        z: "method",
        stroke: (p: { method: string }) => colour(p.method),
        strokeOpacity: 0.5,
      }),
      Plot.ruleX(points, {
        x: "x",
        y1: "lower",
        y2: "upper",
        stroke: (p: { method: string }) => colour(p.method),
      }),
      Plot.text(points, {
        x: "x",
        y: "y",
        text: (p: { dose: number }) => String(p.dose),
        dx: 8,
        dy: -9,
        ...halo,
        textAnchor: "start",
        fill: (p: { method: string }) => colour(p.method),
      }),
      Plot.dot(points, {
        x: "x",
        y: "y",
        r: 4,
        fill: (p: { method: string }) => colour(p.method),
      }),
      ...legend(
        methods.map((m) => m.method),
        colour,
      ),
    ],
  });
}

/** Curves of all methods at one dose. */
export function curvesFigure(
  result: CompareResult,
  dose: number,
  options: { readonly of: (arm: ArmResult) => Curve; readonly yLabel: string },
): string {
  const colour = coloursOf(result);
  const arms = result.arms.filter((arm) => arm.dose === dose);
  const points = arms.flatMap((arm) => {
    const { x, y } = options.of(arm);
    return x.map((f, i) => ({ x: f, y: y[i]!, method: arm.method }));
  });
  return plotSvg({
    ...shared,
    inset: 0,
    x: { label: "Spatial frequency (1/mm)", ...xAxis, nice: true },
    y: { label: options.yLabel, ...yAxis, nice: true, zero: true },
    marks: [
      Plot.line(points, {
        x: "x",
        y: "y",
        z: "method",
        stroke: (p: { method: string }) => colour(p.method),
        strokeWidth: 2,
      }),
      ...legend(
        arms.map((arm) => arm.method),
        colour,
      ),
    ],
  });
}

/** Places in a figure of hard cases. */
const shownCases = 3;

/** A window about the tissue of one place that shows signal and noise, of one width for all places. */
export function windowOf(result: CompareResult, scene: CompareScene, at: number): Window {
  const region = scene.arms[0]!.without[at]!;
  const centre = region.reduce((s, v) => s + v, 0) / region.length;
  const most = Math.max(...result.arms.map((arm) => arm.noise.sd));
  const half = Math.max(Math.abs(result.task.contrast) * 2, most * 2.5);
  return { low: centre - half, high: centre + half };
}

/** The cases that methods made hardest, at the lowest dose: a row for each, a column for each method. */
export function hardestFigure(result: CompareResult, scene: CompareScene): string {
  const lowest = Math.min(...result.doses);
  const columns = [
    { title: "full dose", arm: scene.arms[0]! },
    ...scene.arms
      .filter(
        (arm) => arm.dose === lowest && (lowest !== 1 || arm.method !== scene.arms[0]!.method),
      )
      .map((arm) => ({ title: arm.method, arm })),
  ];
  const picture = 150;
  const gap = 10;
  const rows = scene.hardest.slice(0, shownCases);
  const present = scene.cases.flatMap((c, at) => (c.present ? [{ ...c, at }] : []));
  const parts: string[] = [];
  const { side, spacing } = scene;
  const radius = ((scene.diameterMm / 2 / spacing[2]) * picture) / side;
  columns.forEach(({ title, arm }, c) => {
    const x = 110 + c * (picture + gap);
    const dose = c === 0 ? "" : `dose ${arm.dose}`;
    parts.push(
      svgText(title.length > 22 ? `${title.slice(0, 21)}…` : title, {
        x,
        y: 20,
        size: 12,
        bold: true,
      }),
    );
    parts.push(svgText(dose, { x, y: 36, size: 11 }));
    rows.forEach((i, r) => {
      const y = 44 + r * (picture + gap);
      const window = windowOf(result, scene, present[i]!.at);
      const plane = makeImage(Float32Array.from(arm.withSignal[present[i]!.at]!), [side, side]);
      parts.push(
        svgBitmap(renderPlane(plane, { window, map: gray }), {
          x,
          y,
          width: picture,
          height: picture,
        }),
      );
      parts.push(markSvg(x + picture / 2, y + picture / 2, radius));
    });
  });
  rows.forEach((i, r) => {
    const y = 44 + r * (picture + gap) + 20;
    const { slice, row, column } = present[i]!;
    parts.push(svgText(`slice ${slice}`, { x: 10, y, size: 11 }));
    parts.push(svgText(`row ${row}`, { x: 10, y: y + 15, size: 11 }));
    parts.push(svgText(`column ${column}`, { x: 10, y: y + 30, size: 11 }));
  });
  const total = 110 + columns.length * (picture + gap);
  const tall = 54 + rows.length * (picture + gap);
  return svgDocument(
    total,
    tall,
    `<rect width="${total}" height="${tall}" fill="white"/>${parts.join("")}`,
  );
}

/** Four short strokes around a signal, which leave the signal itself to be seen. */
export function markSvg(x: number, y: number, radius: number): string {
  const [from, to] = [1.25 * radius, 1.6 * radius];
  return [0, 1, 2, 3]
    .map((k) => {
      const [c, s] = [Math.cos((k * Math.PI) / 2), Math.sin((k * Math.PI) / 2)];
      return `<line x1="${x + from * c}" y1="${y + from * s}" x2="${x + to * c}" y2="${y + to * s}" stroke="#ffb000" stroke-width="2"/>`;
    })
    .join("");
}

/** Where structure appeared in the shown slice, of the arms in which it did. */
export function inventedFigure(result: CompareResult, scene: CompareScene): string | undefined {
  const arms = scene.arms.filter((arm) => arm.inventedMap !== undefined).slice(0, 4);
  if (arms.length === 0) return undefined;
  const [ny, nx] = scene.shape;
  const panel = 300;
  const tall = Math.round((panel * ny * scene.spacing[1]) / (nx * scene.spacing[2]));
  const spread = Math.max(
    ...arms.map((arm) => {
      const inside = scene.cases
        .filter((c) => c.slice === scene.shownSlice)
        .map((c) => Math.abs(arm.inventedMap![c.row * nx + c.column]!));
      return Math.max(...inside, 1e-6);
    }),
  );
  const parts = arms.flatMap((arm, i) => {
    const x = 10 + i * (panel + 10);
    const bitmap = renderPlane(makeImage(Float32Array.from(arm.inventedMap!), [ny, nx]), {
      window: { low: -spread, high: spread },
      map: diverging,
    });
    return [
      svgText(`${arm.method}, dose ${arm.dose}`, { x, y: 20, size: 12, bold: true }),
      svgBitmap(bitmap, { x, y: 30, width: panel, height: tall }),
    ];
  });
  const total = 10 + arms.length * (panel + 10);
  parts.push(
    svgText(
      `Red: variance that appeared, blue: that went; full scale ±${spread.toPrecision(2)} of the noise variance before`,
      { x: 10, y: tall + 48, size: 11 },
    ),
  );
  return svgDocument(
    total,
    tall + 60,
    `<rect width="${total}" height="${tall + 60}" fill="white"/>${parts.join("")}`,
  );
}

/** The shown slice with all places. */
export function placesFigure(scene: CompareScene): string {
  const [ny, nx] = scene.shape;
  const panel = 420;
  const scale = panel / nx;
  const tall = Math.round(scale * ny * (scene.spacing[1] / scene.spacing[2]));
  const plane = makeImage(Float32Array.from(scene.arms[0]!.shown.without), [ny, nx], {
    unit: scene.unit,
  });
  const boxes = scene.cases
    .filter((c) => c.slice === scene.shownSlice)
    .map((c) => {
      const side = scene.side * scale;
      const [x, y] = [
        10 + (c.column + 0.5) * scale - side / 2,
        30 + ((c.row + 0.5) * tall) / ny - side / 2,
      ];
      return `<rect x="${x}" y="${y}" width="${side}" height="${side}" fill="none" stroke="${c.present ? "#ffb000" : "#56b4e9"}" stroke-width="1.5"/>`;
    });
  const parts = [
    svgText(`Slice ${scene.shownSlice}: places with (orange) and without (blue) the signal`, {
      x: 10,
      y: 20,
      size: 12,
    }),
    svgBitmap(renderPlane(plane, { window: windowFor(plane) }), {
      x: 10,
      y: 30,
      width: panel,
      height: tall,
    }),
    ...boxes,
  ];
  return svgDocument(
    panel + 20,
    tall + 40,
    `<rect width="${panel + 20}" height="${tall + 40}" fill="white"/>${parts.join("")}`,
  );
}
