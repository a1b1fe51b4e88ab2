import { makeImage } from "../core/image.ts";
import { resolveParameters, type ParameterTable } from "../core/parameters.ts";
import { latticeNoise } from "./lattice-noise.ts";
import { makeCanvas } from "./painter.ts";
import type { Phantom } from "./phantom.ts";
import { numberRow, wholeRow } from "../core/parameter-rows.ts";
import { sizeRow } from "./shared-parameters.ts";
import { ellipsoid, type Box } from "./solids.ts";

const parameters: ParameterTable = {
  size: sizeRow(256),
  fovMm: numberRow("mm", [5, 50, 300], "Width and depth of the map"),
  cysts: wholeRow("cysts", [0, 3, 20], "Echo-free round regions"),
  bright: wholeRow("regions", [0, 2, 20], "Round regions of higher echogenicity"),
  brightDb: numberRow(
    "dB",
    [-60, 8, 60],
    "Echogenicity of those regions against their surroundings",
  ),
  points: wholeRow("points", [0, 4, 50], "Strong point reflectors, for the point-spread function"),
  radiusMm: numberRow("mm", [0.5, 4, 40], "Radius of cysts and bright regions"),
  gives: {
    type: "choice",
    choices: ["scatterers", "echogenicity"],
    default: "scatterers",
    about:
      "One drawn set of scatterers, or their variance, from which an ultrasound system draws them",
  },
};

const labels = { 1: "tissue", 2: "layer", 3: "cyst", 4: "bright", 5: "point" } as const;

/**
 * Scatterer strengths seen by an ultrasound beam from above (first row at the skin): zero-mean normal
 * numbers, one for each pixel, whose variance is the echogenicity. Fully developed speckle follows
 * when the point-spread function covers many of them.
 */
export const ultrasoundScatterers: Phantom = {
  name: "ultrasound-scatterers",
  title: "Ultrasound scatterer map",
  summary:
    "Random scatterers with layers, cysts, bright regions and point targets; imaging it with an ultrasound system makes speckle physically.",
  references: [],
  unit: "arbitrary",
  acquisition: "ultrasound-bmode",
  dimensions: [2],
  labels,
  parameters,
  draw(stream, given) {
    const p = resolveParameters("ultrasound-scatterers", parameters, given);
    const size = p.size as number;
    const pixel = (p.fovMm as number) / size;
    const fov = p.fovMm as number;
    const half = ((size - 1) * pixel) / 2;
    const canvas = makeCanvas(
      { shape: [1, size, size], spacing: [1, pixel, pixel], origin: [-half, pixel / 2, 0] },
      1,
    );
    canvas.labels.fill(1);
    const s = stream.child("shapes");
    const wave = latticeNoise(stream.child("layers"), { pitch: fov / 4 });
    const everywhere: Box = [-1e4, 1e4, -1e4, 1e4, -1, 1];
    let depth = 0.06 * fov;
    for (let n = 0; n < 2; n++) {
      const top = depth;
      const thick = fov * (0.03 + 0.04 * s.uniform());
      const gain = 10 ** ((-6 + 14 * s.uniform()) / 10);
      canvas.paint(
        {
          box: everywhere,
          distance: (x, y) =>
            Math.abs(y - top - thick / 2 - 0.02 * fov * wave(x, n * fov, 0)) - thick / 2,
        },
        gain,
        2,
      );
      depth += thick + fov * 0.02;
    }
    const r = p.radiusMm as number;
    const rounds = (count: number, echogenicity: number, label: number): number[] => {
      const centres: number[] = [];
      for (let n = 0; n < count; n++) {
        const x = (fov - 3 * r) * (s.uniform() - 0.5);
        const y = depth + r + (fov - depth - 2.5 * r) * s.uniform();
        const size3 = r * (0.7 + 0.6 * s.uniform());
        centres.push(x, y);
        canvas.paint(
          ellipsoid({ centre: [x, y, 0], radii: [size3, size3, 1e4] }),
          echogenicity,
          label,
        );
      }
      return centres;
    };
    const brightCentres = rounds(p.bright as number, 10 ** ((p.brightDb as number) / 10), 4);
    const cystCentres = rounds(p.cysts as number, 0, 3);
    const normals = stream.child("scatterers").normals(size * size);
    const drawn = p.gives === "scatterers";
    const values = Float32Array.from(normals, (g, i) => {
      const echogenicity = Math.max(0, canvas.values[i]!);
      return drawn ? g * Math.sqrt(echogenicity) : echogenicity;
    });
    for (let n = 0; n < (p.points as number); n++) {
      const i = Math.round(size * (0.15 + 0.7 * s.uniform()));
      const j = Math.round(size * (0.15 + 0.75 * s.uniform()));
      const at = Math.min(values.length - 1, j * size + i);
      values[at] = drawn ? 60 : 60 ** 2;
      canvas.labels[at] = 5;
    }
    const { labels: labelImage } = canvas.toImages("arbitrary");
    return {
      image: makeImage(values, [size, size], {
        spacing: [1, pixel, pixel],
        origin: [-half, pixel / 2, 0],
      }),
      labels: labelImage,
      truth: { cystCentresMm: cystCentres, brightCentresMm: brightCentres },
    };
  },
};
