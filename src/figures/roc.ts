/** Receiver operating characteristic curves. */
import * as Plot from "@observablehq/plot";
import { InputError } from "../core/errors.ts";
import { plotSvg, seriesColours } from "./plot.ts";

export interface RocSeries {
  readonly label: string;
  /** False positive fractions, rising, of the same length as `truePositive`. */
  readonly falsePositive: ArrayLike<number>;
  readonly truePositive: ArrayLike<number>;
  /** Area under the curve with its interval, for the label. */
  readonly auc?: { readonly value: number; readonly low?: number; readonly high?: number };
}

export interface RocOptions {
  readonly title?: string;
  /** Side of the square in pixels. Defaults to 480. */
  readonly size?: number;
}

/** SVG of one or more ROC curves with the chance line and a legend inside the frame. */
export function rocSvg(curves: readonly RocSeries[], options: RocOptions = {}): string {
  if (curves.length === 0) {
    throw new InputError("Cannot draw ROC curves: found none, wanted at least one");
  }
  for (const { label, falsePositive, truePositive } of curves) {
    if (falsePositive.length !== truePositive.length) {
      throw new InputError(
        `Cannot draw the ROC curve of ${label}: found ${falsePositive.length} and ${truePositive.length} fractions, wanted as many of both`,
      );
    }
  }
  const size = options.size ?? 480;
  const colourOf = (i: number): string => seriesColours[i % seriesColours.length]!;
  return plotSvg({
    width: size,
    height: size,
    marginLeft: 56,
    marginBottom: 44,
    marginTop: options.title === undefined ? 16 : 40,
    x: { domain: [0, 1], label: "False positive fraction", labelAnchor: "center", grid: true },
    y: { domain: [0, 1], label: "True positive fraction", labelAnchor: "center", grid: true },
    marks: [
      Plot.frame({ stroke: "#999" }),
      Plot.line(
        [
          [0, 0],
          [1, 1],
        ],
        { stroke: "#999", strokeDasharray: "4 4" },
      ),
      ...curves.map(({ falsePositive, truePositive }, i) =>
        Plot.line(
          Array.from(falsePositive, (x, k): [number, number] => [x, truePositive[k]!]),
          { stroke: colourOf(i), strokeWidth: 2 },
        ),
      ),
      ...curves.map((curve, i) =>
        Plot.text([curveLabel(curve)], {
          x: [0.97],
          y: [0.04 + 0.055 * (curves.length - 1 - i)],
          textAnchor: "end",
          fontSize: 12,
          fill: colourOf(i),
          stroke: "white",
          strokeWidth: 4,
        }),
      ),
      ...(options.title === undefined ? [] : [titleMark(options.title)]),
    ],
  });
}

/** A plot's title as a mark: Plot itself writes titles as HTML. */
export function titleMark(title: string): object {
  return Plot.text([title], {
    frameAnchor: "top-left",
    dy: -30,
    fontSize: 14,
    fontWeight: "bold",
    fill: "#222",
  });
}

function curveLabel({ label, auc }: RocSeries): string {
  if (auc === undefined) return label;
  const interval =
    auc.low === undefined || auc.high === undefined
      ? ""
      : ` (${auc.low.toFixed(3)} to ${auc.high.toFixed(3)})`;
  return `${label}  AUC ${auc.value.toFixed(3)}${interval}`;
}
