/** Models on disk: the shipped ones by name, others by path. */
import { readFile, readdir } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { sha256 } from "../core/checksum.ts";
import { InputError, messageOf } from "../core/errors.ts";
import { parseTrainedOn, type TrainedOn } from "../denoise/trained-on.ts";
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

const modelPath = (nameOrPath: string): string =>
  nameOrPath.endsWith(".onnx") ? nameOrPath : `${modelsFolder}${nameOrPath}.onnx`;

/**
 * Bytes of a model by the name of a shipped one or the path of an .onnx file.
 *
 * @throws InputError when there is no such model
 */
export async function readModel(nameOrPath: string = defaultModel): Promise<Uint8Array> {
  const isPath = nameOrPath.endsWith(".onnx");
  try {
    return new Uint8Array(await readFile(modelPath(nameOrPath)));
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

/** A shipped model that has a card. */
export interface ShippedCard {
  readonly name: string;
  readonly trainedOn: TrainedOn;
}

/** The shipped models with what their cards say that they were trained on. */
export async function shippedCards(): Promise<ShippedCard[]> {
  const names = await shippedModels().catch((): string[] => []);
  const cards = names.map(async (name) => {
    const card = await readModelCard(name, await readModel(name));
    return card === undefined ? [] : [{ name, trainedOn: card.trainedOn }];
  });
  return (await Promise.all(cards)).flat();
}

/** What a model's card says; further fields are read by whoever wants them. */
export interface ModelCard {
  readonly trainedOn: TrainedOn;
  readonly [field: string]: unknown;
}

/**
 * The card that lies beside a model: `NAME.json` beside `NAME.onnx`, or `card.json`. One that names another file's
 * checksum is another model's.
 *
 * @param bytes the model's
 * @returns undefined where there is none of this file
 * @throws InputError on a card whose ranges are wrong
 */
export async function readModelCard(
  nameOrPath: string,
  bytes: Uint8Array,
): Promise<ModelCard | undefined> {
  const path = modelPath(nameOrPath);
  const sum = sha256(bytes);
  for (const name of [`${basename(path, ".onnx")}.json`, "card.json"]) {
    const place = join(dirname(path), name);
    const text = await readFile(place, "utf8").catch(() => undefined);
    const card = text === undefined ? undefined : recordOf(text);
    if (card === undefined || card["sha256"] !== sum) continue;
    return { ...card, trainedOn: parseTrainedOn(card["trainedOn"], `the card ${place}`) };
  }
  return undefined;
}

function recordOf(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? { ...value } : undefined;
  } catch {
    return undefined;
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
  const bytes = await readModel(nameOrPath);
  const card = await readModelCard(nameOrPath, bytes);
  return openDenoisingModel(bytes, {
    name: nameOrPath,
    ...(card === undefined ? {} : { trainedOn: card.trainedOn }),
    ...options,
  });
}
