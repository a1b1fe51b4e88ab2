/** What `--method` names: a classical denoiser, a shipped model, or a model file. */
import { InputError } from "../core/errors.ts";
import { catalogue } from "../denoise/catalogue.ts";
import type { Denoiser } from "../denoise/denoiser.ts";
import { findDenoiser } from "../denoise/find-denoiser.ts";
import { taskPreserving } from "../denoise/task-projection.ts";
import { defaultModel, loadDenoisingModel, shippedModels } from "../inference/files.ts";
import type { Provider } from "../graph/lowering.ts";
import { denoiseImage } from "../inference/denoise-image.ts";

/** Where a trained network may run. */
export const providers = ["cpu", "webgpu", "cuda"] as const satisfies readonly Provider[];

export interface MethodOptions {
  /** Threads inside one operator of a network; all cores when absent. */
  readonly threads?: number;
  readonly provider?: string;
}

export interface Method {
  readonly denoiser: Denoiser;
  /** Whether a trained network does the work. */
  readonly learned: boolean;
  dispose(): Promise<void>;
}

/**
 * @param name absent for the default model
 * @throws InputError when there is no such method or model, or a provider is asked of a classical method
 */
export async function findMethod(
  name: string | undefined,
  options: MethodOptions = {},
): Promise<Method> {
  const { threads, provider } = options;
  if (name?.startsWith("task-preserving+")) {
    const inner = await findMethod(name.slice("task-preserving+".length), options);
    return { ...inner, denoiser: taskPreserving(inner.denoiser) };
  }
  const shipped = await shippedModels().catch((): string[] => []);
  if (name === undefined || shipped.includes(name) || name.endsWith(".onnx")) {
    const model = await loadDenoisingModel(name ?? defaultModel, {
      ...(threads === undefined ? {} : { threads }),
      ...(provider === undefined ? {} : { provider: providers.find((one) => one === provider) }),
    });
    return {
      denoiser: {
        name: name === undefined || shipped.includes(name) ? (name ?? defaultModel) : model.name,
        title: model.name,
        summary: "A trained network.",
        references: [],
        noise: "gaussian",
        dimensions: [2],
        parameters: {},
        reach: () => 0,
        denoise: (image, _parameters, { sigma = 0, sample, signal, onProgress } = {}) =>
          denoiseImage(image, model, { sigma, sample, signal, onProgress }),
      },
      learned: true,
      dispose: () => model.dispose(),
    };
  }
  if (!Object.hasOwn(catalogue, name.split("+").at(-1)!)) {
    throw new InputError(
      `Cannot denoise by ${name}: found no such method, wanted a trained model (${[...shipped, "a path to an .onnx file"].join(", ")}) or one of ${Object.keys(catalogue).join(", ")}`,
    );
  }
  if (provider !== undefined) {
    throw new InputError(
      `Cannot run ${name} on --provider ${provider}: found a classical method, wanted a trained model`,
    );
  }
  return { denoiser: await findDenoiser(name), learned: false, dispose: async () => {} };
}
