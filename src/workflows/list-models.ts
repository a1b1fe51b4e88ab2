/** The models that ship, with what their cards say. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Members } from "../core/member.ts";
import { modelsFolder, shippedModels } from "../inference/files.ts";

export interface ShippedModel {
  readonly name: string;
  readonly title: string;
  readonly summary: string;
  readonly network: string;
  readonly weights: number;
  /** Mean over validation images, in dB. */
  readonly validationPsnr?: number;
}

interface Card {
  readonly network: { readonly name: string };
  readonly weights: number;
  readonly validation?: { readonly psnr?: number };
  readonly description: {
    readonly noise: { readonly low: number; readonly high: number };
    readonly sources: readonly { readonly name?: string; readonly paths?: readonly string[] }[];
  };
}

/** Members by name, each with its card. */
export async function modelMembers(): Promise<Members<ShippedModel>> {
  const names = await shippedModels();
  return Object.fromEntries(names.map((name) => [name, () => modelOf(name)]));
}

async function modelOf(name: string): Promise<ShippedModel> {
  const card = JSON.parse(await readFile(join(modelsFolder, `${name}.json`), "utf8")) as Card;
  const { network, weights, validation, description } = card;
  const { low, high } = description.noise;
  const drawn = [...new Set(description.sources.flatMap((source) => source.name ?? []))];
  const files = description.sources.some((source) => source.paths !== undefined);
  return {
    name,
    title: `${network.name} with ${weights} weights`,
    summary: `Gaussian noise from ${low} to ${high} of the display window; trained on ${[...drawn, ...(files ? ["real images"] : [])].join(", ")}.`,
    network: network.name,
    weights,
    ...(validation?.psnr === undefined ? {} : { validationPsnr: validation.psnr }),
  };
}
