import { makeImage } from "../core/image.ts";
import { resolveParameters, type ParameterTable } from "../core/parameters.ts";
import type { Phantom } from "./phantom.ts";
import { numberRow, wholeRow } from "../core/parameter-rows.ts";
import { sizeRow } from "./shared-parameters.ts";
import { drawThorax } from "./thorax.ts";

/** Linear attenuation of water in 1/mm at the mean energy of a chest beam of 120 kV. */
const waterPerMm = 0.0193;

const parameters: ParameterTable = {
  size: sizeRow(160),
  depthSamples: wholeRow("1", [16, 56, 512], "Steps from front to back; more is truer and slower"),
  fatMm: numberRow(
    "mm",
    [2, undefined, 80],
    "Mean thickness of the fat under the skin; drawn when absent",
  ),
  nodules: wholeRow("nodules", [0, 0, 30], "Round nodules in the lungs"),
  noduleRadiusMm: numberRow("mm", [0.5, 6, 30], "Radius of the nodules"),
};

/**
 * Line integrals ∫μ dy through the thorax phantom from front to back, parallel beam, patient's left on
 * the right of the image and the head on top. Dimensionless: an X-ray acquisition turns them into
 * counts N₀·exp(−p).
 */
export const chestRadiograph: Phantom = {
  name: "chest-radiograph",
  title: "Chest radiograph",
  summary:
    "Attenuation line integrals through the thorax phantom, front to back: the object of a projection X-ray acquisition.",
  references: [],
  unit: "arbitrary",
  acquisition: "xray-projection",
  dimensions: [2],
  labels: {},
  parameters,
  draw(stream, given) {
    const p = resolveParameters("chest-radiograph", parameters, given);
    const size = p.size as number;
    const depth = p.depthSamples as number;
    let pixel = 1;
    let step = 1;
    const { canvas, nodules, fatMm } = drawThorax(stream, {
      fatMm: p.fatMm as number | undefined,
      texture: 0.5,
      nodules: { count: p.nodules as number, radiusMm: p.noduleRadiusMm as number, valueHU: 30 },
      gridOf: (extent, shiftY) => {
        pixel = (2 * (extent[0] + 6)) / size;
        step = (2 * (extent[1] + 4)) / depth;
        return {
          shape: [size, depth, size],
          spacing: [pixel, step, pixel],
          origin: [
            (-(size - 1) * pixel) / 2,
            shiftY - ((depth - 1) * step) / 2,
            -20 - ((size - 1) * pixel) / 2,
          ],
        };
      },
    });
    const values = new Float32Array(size * size);
    for (let k = 0; k < size; k++) {
      for (let j = 0; j < depth; j++) {
        for (let i = 0; i < size; i++) {
          const hu = canvas.values[(k * depth + j) * size + i]!;
          // The head stands on top: rows run downwards, z upwards.
          values[(size - 1 - k) * size + i]! += waterPerMm * step * Math.max(0, 1 + hu / 1000);
        }
      }
    }
    return {
      image: makeImage(values, [size, size], { spacing: [1, pixel, pixel] }),
      truth: { fatMm, nodules: nodules.length, noduleCentresMm: nodules.flat() },
    };
  },
};
