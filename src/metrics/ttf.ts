/** Task transfer function along the radius of a disk, as a metric: its value is the frequency of half transfer. */
import { makeImage } from "../core/image.ts";
import { resolveParameters } from "../core/parameters.ts";
import type { Metric } from "./metric.ts";
import { prepare } from "./planes.ts";
import { resultOf } from "./result.ts";
import { transferFromDisk } from "./transfer.ts";
import { standingOut } from "./edge-transfer.ts";

export const ttf: Metric = {
  name: "ttf",
  title: "TTF f50",
  summary:
    "Transfer function from the edge of a disk that the mask covers; the value is the frequency at which it falls to one half, for this contrast and noise.",
  references: ["richard2012towards"],
  reads: "image",
  unit: "1/mm",
  better: "neither",
  scaling: "invariant",
  reach: Infinity,
  smallest: 8,
  regions: ["mask"],
  parameters: {
    reach: {
      type: "number",
      unit: "1",
      min: 0.1,
      max: 1,
      default: 0.8,
      about: "half-width of the edge profile in radii of the disk; nothing else may lie within it",
    },
    bin: {
      type: "number",
      unit: "px",
      min: 0.05,
      max: 2,
      default: 0.2,
      about: "width of a bin of the edge profile; wider ones need fewer pixels",
    },
  },
  measure(image, context = {}, given = {}) {
    const variant = resolveParameters("ttf", this.parameters, given);
    const { reference: _reference, ...alone } = context;
    const { planes, settings } = prepare(image, alone, {
      metric: "ttf",
      variant,
      reads: "image",
      usesRange: false,
      averaging: "slices averaged before the edge is measured",
    });
    const undefinedness = {
      cause:
        "the curve does not fall to one half below the highest frequency, or no mask was given",
      remedy: "give the disk as the region, in pixels or mm, and use an image with smaller pixels",
    };
    const first = planes[0];
    if (!first?.mask) return { status: "undefined", ...undefinedness, settings };
    const { ny, nx } = first;
    const mean = new Float32Array(ny * nx);
    for (const { values } of planes) {
      for (let i = 0; i < mean.length; i++) mean[i] = mean[i]! + values[i]! / planes.length;
    }
    let [count, x, y] = [0, 0, 0];
    first.mask.forEach((inside, i) => {
      if (inside === 0) return;
      count++;
      x += i % nx;
      y += Math.floor(i / nx);
    });
    const [, dy, dx] = image.spacing;
    const radius = Math.sqrt((count * dx * dy) / Math.PI);
    const reach = (variant.reach as number) * radius;
    const found = standingOut(
      () =>
        transferFromDisk(makeImage(mean, [ny, nx], { spacing: [1, dy, dx] }), {
          x: x / count,
          y: y / count,
          radius,
          reach,
          bin: (variant.bin as number) * Math.min(dx, dy),
        }),
      {
        // The ring that the profile runs over.
        samples: (4 * Math.PI * radius * reach) / (dx * dy),
        noEdge: "give a disk that stands out of its surroundings, or average more images of it",
        noSamples: "give a larger disk, a shorter reach or a wider bin",
      },
    );
    if ("cause" in found) return { status: "undefined", ...found, settings };
    return resultOf(found.f50, {
      unit: "1/mm",
      settings,
      parts: {
        "f10 (1/mm)": found.f10,
        contrast: found.contrast,
        noise: found.noise,
        "radius (mm)": radius,
      },
      curves: {
        transfer: {
          x: found.frequency,
          y: found.transfer,
          xLabel: "Frequency (1/mm)",
          yLabel: "Transfer",
        },
      },
      undefinedness,
    });
  },
};
