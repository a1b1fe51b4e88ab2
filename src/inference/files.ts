/** Models on disk: the shipped ones by name, others by path. */
import { readFile, readdir } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { InputError, messageOf } from "../core/errors.ts";
import {
  type DenoisingModel,
  openDenoisingModel,
  type OpenModelOptions,
} from "./denoising-model.ts";

/** Folder of the shipped models, the same from source and from the built package. */
export const modelsFolder = fileURLToPath(new URL("../../models/", import.meta.url));

/** The denoiser that is used when none is named. */
export const defaultModel = "drunet-light";

/** Names of shipped models. */
export async function shippedModels(): Promise<string[]> {
  const names = await readdir(modelsFolder);
  return names
    .filter((name) => name.endsWith(".onnx"))
    .map((name) => name.slice(0, -5))
    .sort();
}

/**
 * Bytes of a model by the name of a shipped one or the path of an .onnx file.
 *
 * @throws InputError when there is no such model
 */
export async function readModel(nameOrPath: string = defaultModel): Promise<Uint8Array> {
  const isPath = nameOrPath.endsWith(".onnx");
  const path = isPath ? nameOrPath : `${modelsFolder}${nameOrPath}.onnx`;
  try {
    return new Uint8Array(await readFile(path));
  } catch (cause) {
    const known = await shippedModels().catch(() => []);
    throw new InputError(
      isPath
        ? `Cannot open the model ${nameOrPath}: ${messageOf(cause)}`
        : `Cannot open the model ${nameOrPath}: found no such model, wanted ${known.join(", ") || "a path to an .onnx file"}`,
      { cause },
    );
  }
}

/**
 * Opens a model by the name of a shipped one or the path of an .onnx file.
 *
 * @throws InputError when there is no such model, or it is no denoiser
 */
export async function loadDenoisingModel(
  nameOrPath: string = defaultModel,
  options: OpenModelOptions = {},
): Promise<DenoisingModel> {
  return openDenoisingModel(await readModel(nameOrPath), { name: nameOrPath, ...options });
}
