/** Per-image adaptation of a trained network as a denoiser that takes an image of any unit. */
import { InputError, throwIfAborted } from "../core/errors.ts";
import { type Image, layoutOf, makeImage, withData } from "../core/image.ts";
import type { Denoiser } from "../denoise/denoiser.ts";
import { planeTemplates } from "../denoise/projection/templates.ts";
import { projectOntoTask, taskSpan, type TaskSpan } from "../denoise/task-projection.ts";
import { modelUnits } from "../inference/apply-model.ts";
import { padToMultiple } from "../inference/tiles.ts";
import type { CompileOptions } from "../runtime/program.ts";
import type { ImportedNetwork } from "../learn/import-network.ts";
import { adamSolver } from "./adam-solver.ts";
import { gaussNewtonSolver } from "./gauss-newton.ts";
import { linearise } from "./linearisation.ts";
import {
  type Adapted,
  adaptationGraph,
  type AdaptationGraph,
  type AdaptationWeights,
  dot,
  effectiveWeights,
  type Objective,
  squaredNorm,
} from "./problem.ts";
import { pathSolver } from "./solution-path.ts";

export interface AdaptedDenoiserOptions extends AdaptationWeights {
  readonly solver: "gauss-newton" | "adam" | "path";
  /** Steps and learning rate of Adam. */
  readonly steps?: number;
  readonly rate?: number;
  /** Which weights may change; all by default. */
  readonly adapts?: (parameterName: string) => boolean;
  /** Puts the task-preserving projection after the adaptation. */
  readonly project?: boolean;
  readonly compile?: CompileOptions;
}

/** What became of one plane. */
export interface AdaptedPlane extends Omit<Adapted, "image"> {
  /** Test statistics wᵀ· of the noisy, the plainly denoised and the adapted plane, in the image's unit. */
  readonly statistics: readonly {
    readonly noisy: number;
    readonly denoised: number;
    readonly adapted: number;
  }[];
}

export interface AdaptedDenoiser extends Denoiser {
  /** One entry for each plane denoised so far. */
  readonly planes: readonly AdaptedPlane[];
  /** What the last image would have been without adaptation. */
  readonly plain: () => Image | undefined;
}

/**
 * A denoiser that adapts the network to every plane it is given and to the templates of the call's context.
 *
 * Images pass into the model's units as in `applyModel`, templates as differences do (divided by the
 * scale alone), so that α, β and γ weigh what they weigh on normalised images.
 *
 * @throws InputError (when called) without templates, and on templates that do not fit the image
 */
export function adaptedDenoiser(
  imported: ImportedNetwork,
  options: AdaptedDenoiserOptions,
): AdaptedDenoiser {
  const planes: AdaptedPlane[] = [];
  let plain: Image | undefined;
  return {
    name: `adapted-${imported.network.name}`,
    title: "Network adapted to image and task",
    summary: "Minimises fidelity, task and drift over the weights for every plane.",
    references: ["chen2025adaptive"],
    noise: "gaussian",
    dimensions: [2],
    parameters: {},
    uses: ["templates"],
    planes,
    plain: () => plain,
    async denoise(image, _parameters, { sigma = 0, templates = [], signal, onProgress } = {}) {
      const { blocks, nz, ny, nx } = layoutOf(image);
      const area = ny * nx;
      if (templates.length === 0) {
        throw new InputError("Cannot adapt: found no template, wanted at least one");
      }
      planeTemplates("adapt", templates, { ny, nx });
      const units = modelUnits(image, sigma);
      const multiple = imported.network.multipleOf(imported.options);
      const size = { ny: roundUp(ny, multiple), nx: roundUp(nx, multiple) };
      const inUnits = templates.map((t) => embed(t, { ny, nx }, size, units.scale));
      const graph = adaptationGraph({
        ...imported,
        statistics: { kind: "linear", templates: inUnits },
        ...size,
        sigma: sigma / units.scale,
        ...(options.adapts === undefined ? {} : { adapts: options.adapts }),
      });
      const solver = await openSolver(graph, options);
      const span = options.project ? taskSpan(templates, { shape: [ny, nx] }) : undefined;
      const out = image.data.slice();
      const start = image.data.slice();
      try {
        for (let i = 0; i < blocks * nz; i++) {
          throwIfAborted(signal, "adapting");
          const noisy = image.data.subarray(i * area, (i + 1) * area);
          const given = padToMultiple(
            noisy.map((v) => (v - units.offset) / units.scale),
            { ny, nx },
            multiple,
          );
          const { base, adapted } = await solver.adapt(given.data, signal);
          const back = (data: Float32Array) =>
            crop(data, size, { ny, nx }).map((v) => v * units.scale + units.offset);
          const result = projected(back(adapted.image), noisy, span);
          out.set(result, i * area);
          start.set(back(base), i * area);
          const { image: _image, ...rest } = adapted;
          planes.push({
            ...rest,
            statistics: templates.map((t) => ({
              noisy: dot(t, noisy),
              denoised: dot(t, back(base)),
              adapted: dot(t, result),
            })),
          });
          onProgress?.({ done: i + 1, total: blocks * nz, label: "adapting" });
        }
      } finally {
        await solver.dispose();
      }
      plain = withData(image, start);
      return withData(image, out);
    },
  };
}

const roundUp = (n: number, multiple: number) => Math.ceil(n / multiple) * multiple;

interface Size {
  readonly ny: number;
  readonly nx: number;
}

/** A template on the padded plane: zero where the image was continued. */
function embed(
  template: ArrayLike<number>,
  { ny, nx }: Size,
  padded: Size,
  scale: number,
): Float64Array {
  const out = new Float64Array(padded.ny * padded.nx);
  for (let y = 0; y < ny; y++) {
    for (let x = 0; x < nx; x++) out[y * padded.nx + x] = template[y * nx + x]! / scale;
  }
  return out;
}

function crop(data: Float32Array, padded: Size, { ny, nx }: Size): Float32Array {
  const out = new Float32Array(ny * nx);
  for (let y = 0; y < ny; y++) {
    out.set(data.subarray(y * padded.nx, y * padded.nx + nx), y * nx);
  }
  return out;
}

function projected(
  denoised: Float32Array,
  noisy: Float32Array,
  span: TaskSpan | undefined,
): Float32Array {
  if (span === undefined) return denoised;
  const plane = (data: Float32Array) => makeImage(data, span.shape);
  return projectOntoTask(plane(denoised), { noisy: plane(noisy), span }).data;
}

/** The objective at θ₀, where nothing has drifted. */
function objectiveAt(
  output: Float32Array,
  {
    image,
    graph,
    options,
  }: { image: Float32Array; graph: AdaptationGraph; options: AdaptedDenoiserOptions },
): Objective {
  const { alpha, beta } = effectiveWeights(options, graph);
  const left = image.map((v, i) => v - output[i]!);
  const { statistics } = graph.spec;
  const rows = statistics.kind === "linear" ? statistics.templates : [];
  const fidelity = squaredNorm(left);
  const task = rows.reduce((sum, row) => sum + dot(row, left) ** 2, 0);
  return { fidelity, task, drift: 0, total: alpha * fidelity + beta * task };
}

interface PlaneSolver {
  adapt(
    image: Float32Array,
    signal: AbortSignal | undefined,
  ): Promise<{ base: Float32Array; adapted: Adapted }>;
  dispose(): Promise<void>;
}

async function openSolver(
  graph: AdaptationGraph,
  options: AdaptedDenoiserOptions,
): Promise<PlaneSolver> {
  const { compile = {}, steps, rate } = options;
  let current: Float32Array = new Float32Array(graph.pixels);
  const base = await linearise(graph, { image: () => current, compile });
  const plainly = async (image: Float32Array) => {
    current = image;
    return base.forward(graph.theta0);
  };
  if (options.solver === "path") {
    const solver = await pathSolver(graph, { settings: [options], compile });
    return {
      async adapt(image, signal) {
        const began = performance.now();
        const path = await solver.path(image, { signal });
        const solution = path.at(options);
        const adapted: Adapted = {
          ...solution,
          initial: objectiveAt(path.start, { image, graph, options }),
          iterations: path.size,
          status: "converged",
          milliseconds: performance.now() - began,
        };
        return { base: path.start, adapted };
      },
      dispose: async () => {
        await solver.dispose();
        await base.dispose();
      },
    };
  }
  const solver =
    options.solver === "adam"
      ? await adamSolver(graph, options, { steps, rate, compile })
      : await gaussNewtonSolver(graph, options, { compile });
  return {
    async adapt(image, signal) {
      return { base: await plainly(image), adapted: await solver.adapt(image, { signal }) };
    },
    dispose: async () => {
      await solver.dispose();
      await base.dispose();
    },
  };
}
