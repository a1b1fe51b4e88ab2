/** Modulation transfer function across a straight edge, as a metric: its value is the frequency of half transfer. */
import { resolveParameters } from "../core/parameters.ts";
import { edgeParameters, edgeTransfer, partsOfEdge, transferCurve } from "./edge-transfer.ts";
import type { Metric } from "./metric.ts";
import { prepare } from "./planes.ts";
import { resultOf } from "./result.ts";

export const mtf: Metric = {
  name: "mtf",
  title: "MTF f50",
  summary:
    "Transfer function across the straight, slightly tilted edge that the image or the region shows; the value is the frequency at which it falls to one half.",
  references: ["samei1998method"],
  reads: "image",
  unit: "1/mm",
  better: "neither",
  scaling: "invariant",
  reach: 0,
  smallest: 8,
  regions: [],
  parameters: edgeParameters,
  measure(image, context = {}, given = {}) {
    const variant = resolveParameters("mtf", this.parameters, given);
    const { reference: _reference, ...alone } = context;
    const { planes, settings } = prepare(image, alone, {
      metric: "mtf",
      variant,
      reads: "image",
      usesRange: false,
      averaging: "slices averaged before the edge is measured",
    });
    const found = edgeTransfer(image, planes, variant);
    if ("cause" in found) return { status: "undefined", ...found, settings };
    return resultOf(found.f50, {
      unit: "1/mm",
      settings,
      parts: partsOfEdge(found, image),
      curves: {
        transfer: transferCurve(found),
        edge: {
          x: found.edge.distance,
          y: found.edge.value,
          xLabel: "Distance (mm)",
          yLabel: image.unit,
        },
      },
      undefinedness: {
        cause: "the curve does not fall to one half below twice the Nyquist frequency",
        remedy: "use an image with smaller pixels",
      },
    });
  },
};
