/**
 * Clustered lumpy background [bochud1999statistical]: clusters at places of a Poisson process, each of
 * a Poisson number of blobs, normally spread about the cluster and turned alike:
 *
 *   blob(r) = a · exp(−α |R r|^β / L(R r)),  L: radius of the ellipse (L_x, L_y) in the direction of R r
 *
 * Deviations: 1. The field lives on a torus, so that it is stationary up to the border. 2. A blob is
 * cut off at half the image side.
 */
import { makeImage } from "../core/image.ts";
import { resolveParameters, type ParameterTable } from "../core/parameters.ts";
import type { Phantom } from "./phantom.ts";
import { numberRow } from "../core/parameter-rows.ts";
import { sizeRow } from "./shared-parameters.ts";

const parameters: ParameterTable = {
  size: sizeRow(128),
  clusters: numberRow("clusters", [0, 40, 1e4], "Mean number of clusters in the image"),
  blobs: numberRow("blobs", [0, 20, 1e4], "Mean number of blobs in a cluster"),
  spreadPx: numberRow("px", [0.1, 12, 1000], "Standard deviation of blobs about their cluster"),
  longPx: numberRow("px", [0.1, 5, 1000], "Long half-axis L_x of a blob"),
  shortPx: numberRow("px", [0.1, 2, 1000], "Short half-axis L_y of a blob"),
  alpha: numberRow("1", [0.01, 2.1, 100], "Fall of the blob; larger is smaller"),
  beta: numberRow("1", [0.05, 0.5, 4], "Exponent of the fall; smaller has a sharper peak"),
  amplitude: numberRow("1", [-1e6, 1, 1e6], "Height of a blob"),
};

export const clusteredLumpy: Phantom = {
  name: "clustered-lumpy",
  title: "Clustered lumpy background",
  summary: "Clusters of elongated blobs at random places: a background like mammographic tissue.",
  references: ["bochud1999statistical"],
  unit: "arbitrary",
  acquisition: "direct",
  dimensions: [2],
  labels: {},
  parameters,
  draw(stream, given) {
    const p = resolveParameters("clustered-lumpy", parameters, given);
    const size = p.size as number;
    const [lx, ly] = [p.longPx as number, p.shortPx as number];
    const [alpha, beta] = [p.alpha as number, p.beta as number];
    const amplitude = p.amplitude as number;
    const values = new Float64Array(size * size);
    // Where the slowest direction has fallen to 1e-4, or half the torus.
    const fallen = ((Math.log(1e4) * Math.max(lx, ly)) / alpha) ** (1 / beta);
    const reach = Math.min(size / 2, fallen);
    const radius = Math.ceil(reach);
    const addBlob = (cx: number, cy: number, cos: number, sin: number): void => {
      const j0 = Math.floor(cy);
      const i0 = Math.floor(cx);
      for (let j = j0 - radius; j <= j0 + radius; j++) {
        for (let i = i0 - radius; i <= i0 + radius; i++) {
          const dx = i - cx;
          const dy = j - cy;
          const r = Math.sqrt(dx * dx + dy * dy);
          if (r > reach) continue;
          const u = cos * dx + sin * dy;
          const v = cos * dy - sin * dx;
          const ellipse = r > 0 ? r / Math.sqrt((u / lx) ** 2 + (v / ly) ** 2) : lx;
          const at = mod(j, size) * size + mod(i, size);
          values[at]! += amplitude * Math.exp((-alpha * r ** beta) / ellipse);
        }
      }
    };
    const clusters = stream.poisson(p.clusters as number);
    let total = 0;
    for (let k = 0; k < clusters; k++) {
      const own = stream.child("cluster", k);
      const cx = size * own.uniform();
      const cy = size * own.uniform();
      const angle = 2 * Math.PI * own.uniform();
      const blobs = own.poisson(p.blobs as number);
      total += blobs;
      for (let n = 0; n < blobs; n++) {
        const spread = p.spreadPx as number;
        addBlob(
          cx + spread * own.normal(),
          cy + spread * own.normal(),
          Math.cos(angle),
          Math.sin(angle),
        );
      }
    }
    return {
      image: makeImage(Float32Array.from(values), [size, size]),
      truth: { clusters, blobs: total },
    };
  },
};

const mod = (i: number, n: number): number => ((i % n) + n) % n;
