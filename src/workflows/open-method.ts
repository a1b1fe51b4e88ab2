/** Denoisers by name: classical ones, shipped models and model files, wrappers included. */
import { InputError } from "../core/errors.ts";
import { nearestNames } from "../core/nearest-names.ts";
import { catalogue } from "../denoise/catalogue.ts";
import type { Denoiser } from "../denoise/denoiser.ts";
import { findDenoiser, wrappers } from "../denoise/find-denoiser.ts";
import type { Provider } from "../graph/lowering.ts";
import { defaultModel, loadDenoisingModel, shippedModels } from "../inference/files.ts";
import { learnedDenoiser } from "../inference/learned-denoiser.ts";

/** Where a trained network may run. */
export const modelProviders = ["cpu", "webgpu", "cuda"] as const satisfies readonly Provider[];

export interface MethodOptions {
  /** Threads inside one operator of a network; all cores when absent. */
  readonly threads?: number | undefined;
  /** Of trained networks alone. */
  readonly provider?: (typeof modelProviders)[number] | undefined;
}

export interface OpenMethod {
  readonly denoiser: Denoiser;
  /** Whether a trained network does the work. */
  readonly learned: boolean;
  dispose(): Promise<void>;
}

/**
 * @param name absent for the default model
 * @throws InputError when there is no such method or model, or a provider is asked of a classical method
 */
export async function openMethod(
  name: string | undefined,
  options: MethodOptions = {},
): Promise<OpenMethod> {
  const { threads, provider } = options;
  const wrapper = Object.keys(wrappers).find((one) => name?.startsWith(`${one}+`));
  if (name !== undefined && wrapper !== undefined) {
    const inner = await openMethod(name.slice(wrapper.length + 1), options);
    return { ...inner, denoiser: wrappers[wrapper]!.wrap(inner.denoiser) };
  }
  const shipped = await shippedModels().catch((): string[] => []);
  if (name === undefined || shipped.includes(name) || name.endsWith(".onnx")) {
    const model = await loadDenoisingModel(name ?? defaultModel, {
      ...(threads === undefined ? {} : { threads }),
      ...(provider === undefined ? {} : { provider }),
    });
    return {
      denoiser: learnedDenoiser(
        model,
        name !== undefined && !shipped.includes(name) ? model.name : (name ?? defaultModel),
      ),
      learned: true,
      dispose: () => model.dispose(),
    };
  }
  if (!Object.hasOwn(catalogue, name)) {
    const known = Object.keys(catalogue);
    const near = nearestNames(name, [...known, ...shipped]);
    const wanted =
      near.length > 0
        ? near.join(" or ")
        : `a trained model (${[...shipped, "a path to an .onnx file"].join(", ")}) or one of ${known.join(", ")}`;
    throw new InputError(`Cannot denoise by ${name}: found no such method, wanted ${wanted}`);
  }
  if (provider !== undefined) {
    throw new InputError(
      `Cannot run ${name} on provider ${provider}: found a classical method, wanted a trained model`,
    );
  }
  return { denoiser: await findDenoiser(name), learned: false, dispose: async () => {} };
}
