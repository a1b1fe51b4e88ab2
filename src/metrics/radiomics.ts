/** Radiomic features of a region, as a metric: one feature is its value, all of them are its parts. */
import { withData } from "../core/image.ts";
import { resolveParameters } from "../core/parameters.ts";
import type { Metric } from "./metric.ts";
import { prepare } from "./planes.ts";
import { coOccurrenceOf } from "./radiomics/co-occurrence.ts";
import { firstOrder } from "./radiomics/first-order.ts";
import { levelsOf } from "./radiomics/levels.ts";
import { runLengthOf } from "./radiomics/run-length.ts";
import { sizeZoneOf } from "./radiomics/size-zone.ts";
import { resultOf } from "./result.ts";

export const radiomics: Metric = {
  name: "radiomics",
  title: "Radiomic features",
  summary:
    "First-order, co-occurrence, run-length and size-zone features of the region; the value is the joint entropy of co-occurring levels, the others are parts.",
  references: ["zwanenburg2020image"],
  reads: "image",
  unit: "bit",
  better: "neither",
  scaling: "invariant",
  reach: 0,
  smallest: 2,
  regions: [],
  concordance: true,
  parameters: {
    bins: {
      type: "integer",
      unit: "1",
      min: 2,
      max: 4096,
      default: 32,
      about: "grey levels between the region's extremes; unused with a bin width",
    },
    "bin-width": {
      type: "number",
      unit: "intensity",
      min: 0,
      max: 1e6,
      default: 0,
      about: "fixed width of a grey level in the image's unit, as CT allows; 0 for a fixed number",
    },
  },
  measure(image, context = {}, given = {}) {
    const variant = resolveParameters("radiomics", this.parameters, given);
    const { reference: _reference, ...alone } = context;
    const { settings } = prepare(image, alone, {
      metric: "radiomics",
      variant,
      reads: "image",
      usesRange: false,
      averaging: "features of the whole volume",
    });
    const { window } = settings;
    const seen =
      settings.clip === "window" && window
        ? withData(
            image,
            image.data.map((v) => Math.min(window.high, Math.max(window.low, v))),
          )
        : image;
    const width = variant["bin-width"] as number;
    const options = {
      ...(context.mask ? { mask: context.mask } : {}),
      ...(width > 0 ? { binWidth: width } : { bins: variant.bins as number }),
    };
    const levels = levelsOf(seen, options);
    const families = {
      "first-order": firstOrder(seen, options),
      "co-occurrence": coOccurrenceOf(levels),
      "run-length": runLengthOf(levels),
      "size-zone": sizeZoneOf(levels),
    };
    const parts = Object.fromEntries(
      Object.entries(families).flatMap(([family, features]) =>
        Object.entries(features).map(([name, value]) => [`${family} ${name}`, value]),
      ),
    );
    return resultOf(parts["co-occurrence jointEntropy"] ?? NaN, {
      unit: "bit",
      settings,
      parts,
      undefinedness: { cause: "no voxel counts", remedy: "widen the mask" },
    });
  },
};
