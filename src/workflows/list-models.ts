/** The models that ship, with what their cards say. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Members } from "../core/member.ts";
import type { DataConfig } from "../train/data/description.ts";
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
    readonly noise?: { readonly low: number; readonly high: number };
    readonly sources?: readonly { readonly name?: string; readonly paths?: readonly string[] }[];
    readonly data?: DataConfig;
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
  return {
    name,
    title: `${network.name} with ${weights} weights`,
    summary: summaryOf(description),
    network: network.name,
    weights,
    ...(validation?.psnr === undefined ? {} : { validationPsnr: validation.psnr }),
  };
}

function summaryOf({ noise, sources = [], data }: Card["description"]): string {
  const names = new Set(sources.flatMap((source) => source.name ?? []));
  for (const source of data?.sources ?? []) {
    if (source.kind !== "simulated") {
      names.add("real images");
      continue;
    }
    const { object, acquisition } = source;
    names.add(acquisition === undefined ? object.name : `${object.name}+${acquisition.name}`);
  }
  if (sources.some((source) => source.paths !== undefined)) names.add("real images");
  const level = data?.level;
  const levels =
    noise !== undefined
      ? `Gaussian noise from ${noise.low} to ${noise.high}`
      : level === undefined
        ? "The images' own noise"
        : typeof level === "number"
          ? `Noise of ${level}`
          : `Noise from ${level.from} to ${level.to}`;
  return `${levels}${levels.startsWith("The") ? "" : " of the display window"}; trained on ${[...names].join(", ")}.`;
}
