/** Templates of linear observers, and sets of channels, for the study's task. */
import { laguerreGauss } from "../../observers/channels/laguerre-gauss.ts";
import { fourierDetectability, hotellingFourier } from "../../observers/fourier-template.ts";
import { hotellingOfMoments, streamingMoments } from "../../observers/moments.ts";
import { runtimeSums } from "../../observers/runtime-sums.ts";
import { InputError, RunError, throwIfAborted } from "../../core/errors.ts";
import { bytesOf } from "../bytes.ts";
import type { StudyTask, TemplatePlan } from "../description.ts";
import type { PieceKind } from "../piece.ts";
import { openScene, type Scene } from "../scene.ts";

export interface MakeTemplateInputs {
  readonly task: StudyTask;
  readonly seed: number;
  readonly plan: TemplatePlan;
}

export interface MakeTemplateValues {
  /** Number of templates in the blob `rows` (float64). */
  readonly rows: number;
  /** ‖K w − s‖/‖s‖ of the linear system that gave the template. */
  readonly residual: number | null;
  /** d' of the template in the noisy population, where that is known. */
  readonly detectability: number | null;
  /** Images that it was estimated from. */
  readonly images: number;
}

/** Images drawn before they are summed. */
const batch = 512;

export const makeTemplate: PieceKind = {
  version: 1,
  summary: "Computes a template or a set of channels for the task.",
  async run(inputs, { signal, onProgress }) {
    const { task, seed, plan } = inputs as unknown as MakeTemplateInputs;
    const scene = await openScene(task, seed);
    const made = await make(scene, plan, { signal, onProgress });
    const population = scene.population();
    const values: MakeTemplateValues = {
      rows: made.rows.length,
      residual: made.residual ?? null,
      images: made.images ?? 0,
      detectability:
        population === undefined || made.rows.length !== 1
          ? null
          : fourierDetectability(made.rows[0]!, {
              signal: scene.signal,
              powerSpectrum: population.spectrum,
              sigma: scene.sigma,
              shape: [scene.ny, scene.nx],
            }),
    };
    const rows = new Float64Array(made.rows.length * scene.signal.length);
    made.rows.forEach((row, k) => rows.set(row, k * scene.signal.length));
    return { values: values as never, blobs: { rows: bytesOf(rows) } };
  },
};

interface Made {
  readonly rows: readonly Float64Array[];
  readonly residual?: number;
  readonly images?: number;
}

async function make(
  scene: Scene,
  plan: TemplatePlan,
  work: { signal: AbortSignal; onProgress: (share: number) => void },
): Promise<Made> {
  const { ny, nx, sigma } = scene;
  const shape = [ny, nx];
  if (plan.kind === "signal") return { rows: [scene.signal] };
  if (plan.kind === "laguerre-gauss") {
    const set = laguerreGauss(shape, {
      count: plan.channels,
      width: plan.widthPx,
      centre: centreOfMass(scene),
    });
    return {
      rows: Array.from({ length: set.count }, (_, k) =>
        set.rows.slice(k * set.size, (k + 1) * set.size),
      ),
    };
  }
  if (plan.kind === "hotelling-population") {
    const population = scene.population();
    if (population === undefined) {
      throw new InputError(
        "Cannot compute the population Hotelling template: found an object without a closed form, wanted binary-texture or lumpy; use hotelling-images",
      );
    }
    const { template } = hotellingFourier({
      signal: scene.signal,
      powerSpectrum: population.spectrum,
      sigma,
      shape,
    });
    return { rows: [template] };
  }
  const sums = await runtimeSums(ny * nx, { batch, threads: 1 });
  try {
    const moments = streamingMoments(ny * nx, { sums });
    for (const which of ["absent", "present"] as const) {
      for (let start = 0; start < plan.images; start += batch) {
        const count = Math.min(batch, plan.images - start);
        const rows = new Float32Array(count * ny * nx);
        for (let i = 0; i < count; i++) {
          throwIfAborted(work.signal, "estimating a Hotelling template");
          rows.set(scene.draw("template", which, start + i).noisy.data, i * ny * nx);
        }
        await moments.add(rows, which === "present");
        const before = which === "absent" ? 0 : plan.images;
        work.onProgress((before + start + count) / (2 * plan.images + 1));
      }
    }
    const solved = hotellingOfMoments(await moments.result());
    if (solved.status !== "ok") {
      throw new RunError(`Cannot compute a Hotelling template: ${solved.cause}; ${solved.remedy}`);
    }
    return { rows: [solved.template], residual: solved.residual, images: 2 * plan.images };
  } finally {
    await sums.dispose();
  }
}

/** Place of the signal, in pixels, rows first. */
function centreOfMass({ signal, ny, nx }: Scene): [number, number] {
  let [total, y, x] = [0, 0, 0];
  for (let i = 0; i < ny * nx; i++) {
    const weight = Math.abs(signal[i]!);
    total += weight;
    y += weight * Math.floor(i / nx);
    x += weight * (i % nx);
  }
  return [y / total, x / total];
}
