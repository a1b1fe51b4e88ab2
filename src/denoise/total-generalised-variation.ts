/**
 * Second-order total generalised variation: like total variation, but slopes cost nothing, so shading
 * does not turn into steps. See `variation/tgv-solver.ts` for the functional and its certified solution.
 *
 * α₁ = λ and α₀ = ratio · λ; λ follows from the noise level by the discrepancy principle, up to
 * `largestLambda`, unless a strength is given.
 */
import { type Image, layoutOf, withData } from "../core/image.ts";
import {
  resolveParameters,
  type ParameterTable,
  type ParameterValues,
} from "../core/parameters.ts";
import type { DenoiseContext, Denoiser } from "./denoiser.ts";
import { noiseLevelFor } from "./input.ts";
import { iterationsRow, strengthRow } from "./variation/parameters.ts";
import { discrepancyLambda, largestLambda } from "./variation/discrepancy.ts";
import { tgvSteps, tgvWorkspace } from "./variation/tgv-solver.ts";
import { inTurns } from "./turns.ts";
import { wellPosed } from "./well-posed.ts";

const parameters: ParameterTable = {
  strength: strengthRow,
  ratio: {
    type: "number",
    unit: "px",
    min: 0.1,
    max: 100,
    default: 2,
    about:
      "α₀/α₁: weight of changes of slope against steps; large values give total variation minus an affine part",
  },
  tolerance: {
    type: "number",
    unit: "λ",
    min: 1e-4,
    max: 1,
    default: 0.1,
    about:
      "bound on the RMS distance to the exact minimiser that the duality gap must certify; smaller takes longer",
  },
  maxIterations: iterationsRow(2000),
};

/** TGV of second order; see the file's header. */
export const totalGeneralisedVariation: Denoiser = wellPosed({
  name: "total-generalised-variation",
  title: "Total generalised variation (TGV²)",
  summary:
    "Keeps edges and slopes: total variation without its staircases, for planes and volumes.",
  references: ["bredies2010total", "chambolle2011first"],
  noise: "gaussian",
  dimensions: [2, 3],
  parameters,
  reach: () => "it solves one problem for the whole volume",
  async denoise(image: Image, given?: ParameterValues, context: DenoiseContext = {}) {
    const values = resolveParameters("total-generalised-variation", parameters, given);
    const sigma = noiseLevelFor("total-generalised-variation", image, context);
    const { blocks, nz, ny, nx } = layoutOf(image);
    const size = nz * ny * nx;
    const [sz, sy, sx] = image.spacing;
    const fine = Math.min(sy, sx);
    const out = new Float32Array(image.data.length);
    const shape = { nz, ny, nx };
    const weights = [fine / sx, fine / sy, fine / sz];
    const workspace = tgvWorkspace(shape);
    try {
      for (let block = 0; block < blocks; block++) {
        const f = image.data.subarray(block * size, (block + 1) * size);
        let warm = false;
        const solve = async (lambda: number, tolerance: number, most: number) => {
          const steps = tgvSteps(f, {
            shape,
            first: lambda,
            second: (values.ratio as number) * lambda,
            weights,
            tolerance,
            maxIterations: most,
            workspace,
            warm,
          });
          const { signal, onProgress } = context;
          const label = "total generalised variation";
          const solution = await inTurns(steps, { signal, onProgress, label });
          warm = true;
          return solution;
        };
        const strength = values.strength as number | undefined;
        const lambda =
          strength === undefined
            ? await searchLambda(f, { solve, sigma, weights: weights.slice(0, nz > 1 ? 3 : 2) })
            : strength * sigma;
        // At λ = 0 the minimiser is the image itself.
        out.set(
          lambda === 0
            ? f
            : (await solve(lambda, values.tolerance as number, values.maxIterations as number)).u,
          block * size,
        );
      }
    } finally {
      workspace.release();
    }
    return withData(image, out);
  },
});

/** λ by the discrepancy principle, up to the most allowed. */
async function searchLambda(
  f: Float32Array,
  problem: {
    solve: (
      lambda: number,
      tolerance: number,
      most: number,
    ) => Promise<{ readonly u: Float32Array }>;
    sigma: number;
    weights: readonly number[];
  },
): Promise<number> {
  const { solve, sigma, weights } = problem;
  if (sigma === 0) return 0;
  const found = await discrepancyLambda(
    async (lambda) => {
      const { u } = await solve(lambda, 0.15, 300);
      let sum = 0;
      for (let i = 0; i < f.length; i++) sum += (u[i]! - f[i]!) ** 2;
      return Math.sqrt(sum / f.length);
    },
    { sigma, most: largestLambda(sigma, weights), precision: 0.01, maxSolves: 12 },
  );
  return found.lambda;
}
