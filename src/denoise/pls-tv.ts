/**
 * Penalised least squares with a total-variation penalty, and its task-based form [chen2025taskbased]:
 *
 *   min over f of ‖g − f‖² + λ TV(f) + β (wᵀg − wᵀf)² / (2 wᵀ K_n w)
 *
 * plane by plane, with one template w of what is looked for and white noise, wᵀK_n w = σ² ‖w‖². β has the
 * square of the image's unit. Without a template the last term is absent and this is `total-variation` on planes, at half its λ.
 */
import { InputError } from "../core/errors.ts";
import { type Image, layoutOf, makeImage, withData } from "../core/image.ts";
import {
  resolveParameters,
  type ParameterTable,
  type ParameterValues,
} from "../core/parameters.ts";
import type { DenoiseContext, Denoiser } from "./denoiser.ts";
import { noiseLevelFor } from "./input.ts";
import { planeTemplates } from "./projection/templates.ts";
import { denoiseByTotalVariation } from "./total-variation.ts";
import { iterationsRow, strengthRow } from "./variation/parameters.ts";
import { taskTerm } from "./variation/pls-tv-problem.ts";
import { tvSteps } from "./variation/solver.ts";
import { inTurns } from "./turns.ts";
import { wellPosed } from "./well-posed.ts";

const parameters: ParameterTable = {
  strength: strengthRow,
  beta: {
    type: "number",
    unit: "image unit²",
    min: 0,
    max: 1e12,
    default: 1000,
    about:
      "weight of the task: how dearly a change of the template's response is paid for; needs a template",
  },
  tolerance: {
    type: "number",
    unit: "λ",
    min: 2e-3,
    max: 1,
    default: 0.01,
    about: "bound on the RMS distance to the exact minimiser that the duality gap must certify",
  },
  maxIterations: iterationsRow(5000),
};

/** Task-based PLS-TV; see the file's header. */
export const plsTv: Denoiser = wellPosed({
  name: "pls-tv",
  title: "PLS-TV, plain and task-based",
  summary:
    "Total variation with a term that keeps the response of a template: the model-based way to spare a known signal.",
  references: ["chen2025taskbased", "rudin1992nonlinear"],
  noise: "gaussian",
  dimensions: [2],
  parameters,
  uses: ["templates"],
  reach: () => 0,
  async denoise(image: Image, given?: ParameterValues, context: DenoiseContext = {}) {
    const values = resolveParameters("pls-tv", parameters, given);
    const sigma = noiseLevelFor("pls-tv", image, context);
    const { blocks, nz, ny, nx } = layoutOf(image);
    const templates = planeTemplates("denoise by pls-tv", context.templates ?? [], { ny, nx });
    if (templates.length > 1) {
      throw new InputError(
        `Cannot denoise by pls-tv: found ${templates.length} templates, wanted one; task-preserving+pls-tv takes any number`,
      );
    }
    const [template] = templates;
    const shared = {
      tolerance: values.tolerance as number,
      maxIterations: values.maxIterations as number,
    };
    const out = image.data.slice();
    const area = ny * nx;
    const { signal, onProgress } = context;
    const [, sy, sx] = image.spacing;
    for (let i = 0; i < blocks * nz && sigma > 0; i++) {
      const g = image.data.subarray(i * area, (i + 1) * area);
      const plane = makeImage(g, [ny, nx], { spacing: image.spacing });
      const plain = await denoiseByTotalVariation(plane, {
        ...shared,
        sigma,
        ...(values.strength === undefined
          ? {}
          : { lambda: ((values.strength as number) * sigma) / 2 }),
        signal,
        onProgress,
      });
      if (template === undefined || values.beta === 0) {
        out.set(plain.image.data, i * area);
        continue;
      }
      const steps = tvSteps(g, {
        ...shared,
        shape: { channels: 1, nz: 1, ny, nx, directions: 2 },
        weights: [Math.min(sy, sx) / sx, Math.min(sy, sx) / sy, 1],
        lambda: plain.lambdas[0]!,
        rankOne: taskTerm({ beta: values.beta as number, template, sigma }, area),
      });
      const { u } = await inTurns(steps, { signal, onProgress, label: "task-based PLS-TV" });
      out.set(u, i * area);
    }
    return withData(image, out);
  },
});
