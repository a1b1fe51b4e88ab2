/** A chunk of cases through a method that needs no adaptation: noisy, classical, network, projected. */
import { throwIfAborted } from "../../core/errors.ts";
import type { Image } from "../../core/image.ts";
import { findDenoiser } from "../../denoise/find-denoiser.ts";
import { plsTvSolver } from "../../denoise/variation/pls-tv-problem.ts";
import { projectOntoTask, taskSpan } from "../../denoise/task-projection.ts";
import { float32Of, float64Of } from "../bytes.ts";
import type { MetricPlan, SingleMethod, StudyTask } from "../description.ts";
import { type CaseRange, drawCases, measure, piecesOutput, planeOf } from "../measured-cases.ts";
import { decodeNetwork, openNetwork } from "../network-file.ts";
import type { PieceContext, PieceKind } from "../piece.ts";
import { openScene, type Scene } from "../scene.ts";
import type { TuneMethodValues } from "./tune-method.ts";

export interface DenoiseCasesInputs {
  readonly task: StudyTask;
  readonly seed: number;
  readonly method: Exclude<SingleMethod, { kind: "adapted" }>;
  readonly cases: CaseRange;
  readonly metrics: Readonly<Record<string, MetricPlan>>;
  /** Projected methods: which of the base piece's images are meant. */
  readonly base?: string;
}

/** Key of the only setting in this piece's blobs and values. */
export const onlySetting = "all";

type Depends = PieceContext["depends"];

export const denoiseCases: PieceKind = {
  version: 1,
  summary: "Denoises a chunk of cases and measures them against the truth.",
  async run(inputs, { depends, signal, onProgress }) {
    const given = inputs as unknown as DenoiseCasesInputs;
    const scene = await openScene(given.task, given.seed);
    const drawn = drawCases(scene, given.cases);
    const method = await openMethod(scene, given, depends);
    const images: Image[] = [];
    try {
      for (let i = 0; i < drawn.length; i++) {
        throwIfAborted(signal, "denoising");
        images.push(await method.denoise(drawn[i]!.noisy, i));
        onProgress((i + 1) / drawn.length);
      }
    } finally {
      await method.dispose();
    }
    const pairs = images.map((result, i) => ({ clean: drawn[i]!.clean, result }));
    const measured = { metrics: await measure(pairs, given.metrics), figures: {} };
    return piecesOutput({ [onlySetting]: { images: images.map(({ data }) => data), measured } });
  },
};

interface OpenMethod {
  denoise(noisy: Image, index: number): Promise<Image> | Image;
  dispose(): Promise<void> | void;
}

async function openMethod(
  scene: Scene,
  { method, base }: DenoiseCasesInputs,
  depends: Depends,
): Promise<OpenMethod> {
  const nothing = () => undefined;
  const shape = [scene.ny, scene.nx];
  const chosen = (depends["tuned"]?.values as TuneMethodValues | undefined)?.chosen ?? {};
  switch (method.kind) {
    case "noisy":
      return { denoise: (noisy) => noisy, dispose: nothing };
    case "denoiser": {
      const denoiser = await findDenoiser(method.name);
      const options = { ...method.options, ...chosen };
      return {
        denoise: (noisy) => denoiser.denoise(noisy, options, { sigma: scene.sigma }),
        dispose: nothing,
      };
    }
    case "pls-tv": {
      const template = depends["template"]?.blobs["rows"];
      const solver = plsTvSolver(shape, {
        lambda: chosen["lambda"] ?? method.lambda!,
        ...(template === undefined
          ? {}
          : {
              beta: chosen["beta"] ?? method.beta,
              template: float64Of(template),
              sigma: scene.sigma,
            }),
      });
      return { denoise: (noisy) => solver.solve(noisy).image, dispose: () => solver.release() };
    }
    case "network": {
      const trained = await decodeNetwork(depends["network"]!.blobs["network"]!);
      const network = await openNetwork(trained, scene);
      return {
        denoise: async (noisy) => planeOf(await network.denoise(noisy.data), scene),
        dispose: () => network.dispose(),
      };
    }
    case "projected": {
      const span = taskSpan(templateRows(depends, scene), { shape });
      const size = scene.ny * scene.nx;
      const denoised = float32Of(depends["base"]!.blobs[base ?? onlySetting]!);
      return {
        denoise: (noisy, i) =>
          projectOntoTask(planeOf(denoised.slice(i * size, (i + 1) * size), scene), {
            noisy,
            span,
          }),
        dispose: nothing,
      };
    }
  }
}

/** Templates of all pieces named `template …`, one after the other. */
export function templateRows(depends: Depends, { signal }: Scene): Float64Array[] {
  return Object.entries(depends)
    .filter(([role]) => role.startsWith("template "))
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(([, { blobs }]) => {
      const rows = float64Of(blobs["rows"]!);
      return Array.from({ length: rows.length / signal.length }, (_, k) =>
        rows.slice(k * signal.length, (k + 1) * signal.length),
      );
    });
}
