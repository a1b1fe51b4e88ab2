/** Cutting patches in a worker thread: samples as what passes to it, and opened there. */
import { openMember } from "../../core/member.ts";
import { catalogue as noiseModels } from "../../noise/catalogue.ts";
import type { NoiseModel } from "../../noise/noise-model.ts";
import type { BatchSource } from "../batch.ts";
import { drawInThread, sharedFloats } from "../draw-in-thread.ts";
import { cutBatches, type CutOptions, type CutSamples } from "./cut-batches.ts";
import { type PlaneField, planeFields, type Sample } from "./sample.ts";
import { keptPlanes, scanMemory } from "./scan-memory.ts";

/** A sample without functions: planes that are kept on the disk are named, others shared. */
interface PortableSample extends Omit<Sample, "planes" | "noise"> {
  readonly fields: readonly PlaneField[];
  readonly planes?: Sample["planes"];
  readonly noise?: {
    readonly name: string;
    readonly options: NonNullable<Sample["noise"]>["options"];
  };
}

interface CuttingTask {
  readonly samples: readonly PortableSample[];
  readonly others: readonly PortableSample[];
  readonly options: CutOptions & { readonly seed: number; readonly count: number };
  /** Bytes of kept scans that the thread may hold. */
  readonly memory: number;
}

function portable({ planes, noise, ...sample }: Sample): PortableSample {
  const fields = planeFields.filter((field) => Object.hasOwn(planes, field));
  return {
    ...sample,
    fields,
    ...(sample.kept === undefined
      ? {
          planes: Object.fromEntries(
            fields.map((field) => [field, planes[field]!.map(sharedFloats)]),
          ),
        }
      : {}),
    ...(noise === undefined ? {} : { noise: { name: noise.model.name, options: noise.options } }),
  };
}

/**
 * What the thread opens.
 *
 * @worker
 */
export async function openCutting(task: CuttingTask): Promise<BatchSource> {
  const memory = scanMemory(task.memory);
  const opened = async (list: readonly PortableSample[]): Promise<Sample[]> => {
    const samples: Sample[] = [];
    for (const { fields, planes, noise, ...sample } of list) {
      const area = sample.ny * sample.nx;
      samples.push({
        ...sample,
        planes: planes ?? keptPlanes(sample.kept!, { fields, area, memory }),
        ...(noise === undefined
          ? {}
          : {
              noise: {
                model: await openMember<NoiseModel>(noiseModels, noise.name, "Cannot add noise"),
                options: noise.options,
              },
            }),
      });
    }
    return samples;
  };
  const from = { samples: await opened(task.samples), others: await opened(task.others) };
  return cutBatches(from, task.options);
}

/** `cutBatches` in a thread of its own. */
export function cutInThread(
  { samples, others = [] }: CutSamples,
  { memory, ...options }: CuttingTask["options"] & { readonly memory: number },
): ReturnType<typeof drawInThread> {
  return drawInThread(cutBatches({ samples, others }, options), {
    module: import.meta.url,
    name: "openCutting",
    given: { samples: samples.map(portable), others: others.map(portable), options, memory },
  });
}
