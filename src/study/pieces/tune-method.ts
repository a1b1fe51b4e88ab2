/** Chooses a method's parameters on validation images. */
import { InputError, throwIfAborted } from "../../core/errors.ts";
import type { Image } from "../../core/image.ts";
import { findDenoiser } from "../../denoise/find-denoiser.ts";
import { plsTvSolver } from "../../denoise/variation/pls-tv-problem.ts";
import { auc } from "../../stats/auc.ts";
import { float64Of } from "../bytes.ts";
import type { MethodPlan, StudyTask } from "../description.ts";
import { drawCases } from "../measured-cases.ts";
import type { PieceContext, PieceKind } from "../piece.ts";
import { openScene, type Scene } from "../scene.ts";

export interface TuneMethodInputs {
  readonly task: StudyTask;
  readonly seed: number;
  readonly method: Extract<MethodPlan, { kind: "denoiser" | "pls-tv" }>;
  /** Validation images of each class. */
  readonly validation: number;
}

export interface TuneMethodValues {
  /** Parameter to chosen value. */
  readonly chosen: Readonly<Record<string, number>>;
  readonly tried: readonly {
    readonly parameter: string;
    readonly value: number;
    /** Root of the mean squared error over all validation images. */
    readonly rmse: number;
    readonly auc: number | null;
  }[];
}

type Tried = TuneMethodValues["tried"][number];
type Denoise = (noisy: Image) => Promise<Image> | Image;

export const tuneMethod: PieceKind = {
  version: 1,
  summary: "Tries parameters on validation images and keeps the best.",
  async run(inputs, context) {
    const { task, seed, method, validation } = inputs as unknown as TuneMethodInputs;
    const scene = await openScene(task, seed);
    const drawn = (["absent", "present"] as const).map((which) =>
      drawCases(scene, { role: "validation", which, first: 0, count: validation }),
    );
    const total =
      method.kind === "denoiser"
        ? method.tune!.values.length
        : (method.tune!.lambda?.length ?? 0) + (method.tune!.beta?.length ?? 0);
    const tried: Tried[] = [];
    const attempt = async (parameter: string, value: number, denoise: Denoise) => {
      throwIfAborted(context.signal, "tuning");
      const row = await score(drawn, { denoise, template: templateOf(context, "observer") });
      tried.push({ parameter, value, ...row });
      context.onProgress(tried.length / total);
    };
    const values: TuneMethodValues = {
      chosen:
        method.kind === "denoiser"
          ? await tuneDenoiser(scene, method, { attempt, tried })
          : await tuneTv(scene, method, { attempt, tried, context }),
      tried,
    };
    return { values: values as never };
  },
};

interface Attempts {
  readonly attempt: (parameter: string, value: number, denoise: Denoise) => Promise<void>;
  readonly tried: readonly Tried[];
}

const leastRmse = (rows: readonly Tried[]): Tried =>
  rows.reduce((best, row) => (row.rmse < best.rmse ? row : best));

async function tuneDenoiser(
  { sigma }: Scene,
  { name, options, tune }: Extract<TuneMethodInputs["method"], { kind: "denoiser" }>,
  { attempt, tried }: Attempts,
): Promise<Record<string, number>> {
  const denoiser = await findDenoiser(name);
  const { parameter, values } = tune!;
  for (const value of values) {
    const all = { ...options, [parameter]: value };
    await attempt(parameter, value, (noisy) => denoiser.denoise(noisy, all, { sigma }));
  }
  return { [parameter]: leastRmse(tried).value };
}

async function tuneTv(
  { ny, nx, sigma }: Scene,
  { lambda: given, tune }: Extract<TuneMethodInputs["method"], { kind: "pls-tv" }>,
  { attempt, tried, context }: Attempts & { readonly context: PieceContext },
): Promise<Record<string, number>> {
  const chosen: Record<string, number> = {};
  const { lambda: lambdas, beta: betas, within } = tune!;
  for (const lambda of lambdas ?? []) {
    const solver = plsTvSolver([ny, nx], { lambda });
    await attempt("lambda", lambda, (noisy) => solver.solve(noisy).image);
    solver.release();
  }
  if (lambdas !== undefined) chosen["lambda"] = leastRmse(tried).value;
  if (betas === undefined) return chosen;
  const template = templateOf(context, "template");
  if (template === undefined) {
    throw new InputError("Cannot tune β: found no template, wanted one");
  }
  const lambda = chosen["lambda"] ?? given!;
  for (const beta of betas) {
    const solver = plsTvSolver([ny, nx], { lambda, beta, template, sigma });
    await attempt("beta", beta, (noisy) => solver.solve(noisy).image);
    solver.release();
  }
  const rows = tried.filter(({ parameter }) => parameter === "beta");
  const limit = within * leastRmse(rows).rmse;
  const allowed = rows.filter(({ rmse }) => rmse <= limit);
  chosen["beta"] = allowed.reduce((best, row) => (row.auc! > best.auc! ? row : best)).value;
  return chosen;
}

function templateOf({ depends }: PieceContext, role: string): Float64Array | undefined {
  const rows = depends[role]?.blobs["rows"];
  return rows === undefined ? undefined : float64Of(rows);
}

async function score(
  drawn: readonly ReturnType<typeof drawCases>[],
  { denoise, template }: { denoise: Denoise; template: Float64Array | undefined },
): Promise<{ rmse: number; auc: number | null }> {
  let error = 0;
  let voxels = 0;
  const [absent = [], present = []] = await Promise.all(
    drawn.map(async (cases) => {
      const scores: number[] = [];
      for (const { clean, noisy } of cases) {
        const { data } = await denoise(noisy);
        let statistic = 0;
        for (let i = 0; i < data.length; i++) {
          error += (data[i]! - clean.data[i]!) ** 2;
          if (template !== undefined) statistic += template[i]! * data[i]!;
        }
        voxels += data.length;
        scores.push(statistic);
      }
      return scores;
    }),
  );
  return {
    rmse: Math.sqrt(error / voxels),
    auc: template === undefined ? null : auc({ absent, present }),
  };
}
