/** Training on disk: descriptions, images to learn from, checkpoints and models as files. */
import { readFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { parse as parseYaml } from "yaml";
import { InputError, messageOf, throwIfAborted } from "../core/errors.ts";
import type { WorkOptions } from "../core/progress.ts";
import { openWhole } from "../files/files.ts";
import { parseTrainingConfig, type SourceConfig, type TrainingConfig } from "./config.ts";
import type { PlaneSource } from "./patches.ts";
import { phantomSources, sourceOfImage } from "./sources.ts";

/**
 * Reads a training description in JSON or YAML.
 *
 * @throws InputError when it cannot be read or a field is wrong
 */
export async function readTrainingConfig(path: string): Promise<TrainingConfig> {
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (cause) {
    throw new InputError(`Cannot read the training description ${path}: ${messageOf(cause)}`, {
      cause,
    });
  }
  let value: unknown;
  try {
    value = path.endsWith(".json") ? JSON.parse(text) : parseYaml(text);
  } catch (cause) {
    throw new InputError(`Cannot read the training description ${path}: ${messageOf(cause)}`, {
      cause,
    });
  }
  return parseTrainingConfig(value, { what: path });
}

export interface LoadOptions extends WorkOptions {
  readonly seed: number;
  readonly role: "train" | "validation";
  /** Folder that relative paths of file sources start from. */
  readonly dataFolder: string;
}

/** Images of all sources, phantoms drawn and files read. */
export async function loadSources(
  configs: readonly SourceConfig[],
  options: LoadOptions,
): Promise<PlaneSource[]> {
  const sources: PlaneSource[] = [];
  for (const [index, config] of configs.entries()) {
    throwIfAborted(options.signal, "loading training images");
    if (config.kind === "phantom") {
      sources.push(...(await phantomSources(config, { ...options, index }, options)));
      continue;
    }
    for (const path of config.paths) {
      const { images } = await openWhole(join(options.dataFolder, path));
      for (const { image } of images) {
        sources.push(
          sourceOfImage(image, {
            windows: config.windows,
            weight: config.weight / (config.paths.length * images.length),
          }),
        );
      }
    }
  }
  return sources;
}

/**
 * Bytes of the ONNX files that roles start from.
 *
 * @param dataFolder folder that relative paths start from
 * @throws InputError when one cannot be read
 */
export async function readStartingModels(
  { roles }: Pick<TrainingConfig, "roles">,
  dataFolder: string,
): Promise<Record<string, Uint8Array>> {
  const models: Record<string, Uint8Array> = {};
  for (const [role, { from }] of Object.entries(roles)) {
    if (from === undefined) continue;
    const path = resolve(dataFolder, from);
    try {
      models[role] = new Uint8Array(await readFile(path));
    } catch (cause) {
      throw new InputError(`Cannot read the model ${path} for role ${role}: ${messageOf(cause)}`, {
        cause,
      });
    }
  }
  return models;
}

/** Name of the checkpoint in an output folder. */
export const checkpointName = "checkpoint.safetensors";

/** A checkpoint's bytes, or undefined when the folder has none. */
export async function readCheckpointFile(folder: string): Promise<Uint8Array | undefined> {
  try {
    return await readFile(join(folder, checkpointName));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw new InputError(`Cannot read the checkpoint in ${folder}: ${messageOf(error)}`, {
      cause: error,
    });
  }
}
