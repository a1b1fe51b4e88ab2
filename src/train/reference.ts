/**
 * What a validation gives without the network: of the noisy images as they are, and of classical denoisers with the
 * parameters that suit these very images best. So a curve says how much was learned, not only that it rises.
 */
import { throwIfAborted } from "../core/errors.ts";
import { makeImage, sizeOf } from "../core/image.ts";
import { openMember } from "../core/member.ts";
import type { ParameterValues } from "../core/parameters.ts";
import type { WorkOptions } from "../core/progress.ts";
import { catalogue as denoisers } from "../denoise/catalogue.ts";
import type { Denoiser } from "../denoise/denoiser.ts";
import type { NamedArray } from "../learn/tensor-file.ts";
import type { Batch, ValidationSource } from "./batch.ts";
import type { ValidationResult } from "./validation.ts";
import type { Validation } from "./validations/validation.ts";

export interface ClassicalReference extends ValidationResult {
  readonly method: string;
  /** The best parameters for each group. */
  readonly parameters: Readonly<Record<string, ParameterValues>>;
}

export interface Reference {
  /** The network's input as it is. */
  readonly noisy: ValidationResult;
  /** The best first. */
  readonly classical: readonly ClassicalReference[];
}

/** One of each family, with the values that its strength is chosen from; the noise level is told to all. */
const candidates: readonly { readonly name: string; readonly grid: readonly ParameterValues[] }[] =
  [
    { name: "gaussian", grid: [0.4, 0.6, 0.8, 1, 1.4, 2].map((width) => ({ width })) },
    {
      name: "total-variation",
      grid: [0.3, 0.5, 0.7, 1, 1.4].map((strength) => ({ strength })),
    },
    {
      name: "non-local-means",
      grid: [0.5, 0.65, 0.8, 1].map((strength) => ({ strength })),
    },
    { name: "bm3d", grid: [2.2, 2.7, 3.2].map((threshold) => ({ threshold })) },
  ];

/** Images of a group on which parameters are chosen; values are over all. */
const chosenOn = 6;
/** Images drawn at a time. */
const most = 16;

/**
 * The values of a validation without the network. Classical methods are left out where the images are stacks of
 * neighbouring planes or come without a noise level.
 *
 * @throws CancelledError
 */
export async function referenceOf(
  source: ValidationSource,
  validation: Validation,
  { signal, onProgress }: WorkOptions = {},
): Promise<Reference | undefined> {
  if (!validation.gives.includes("image")) return undefined;
  const groups = await Promise.all(
    source.groups.map(async (group) => ({ group, batches: await batchesOf(source, group) })),
  );
  const [first] = groups[0]?.batches ?? [];
  if (first?.noisy === undefined || validation.reads.some((name) => first[name] === undefined)) {
    return undefined;
  }
  const noisy = pooled(
    groups.map(({ group, batches }) => [
      group,
      validation.value(batches.map((batch) => ({ result: batch.noisy!, batch }))),
    ]),
  );
  if (first.sigma === undefined || first.noisy.shape[1] !== 1) return { noisy, classical: [] };
  const sign = validation.better === "higher" ? 1 : -1;
  const classical: ClassicalReference[] = [];
  const total = candidates.length * groups.length;
  for (const [c, { name, grid }] of candidates.entries()) {
    const method: Denoiser = await openMember<Denoiser>(denoisers, name, "Cannot compare");
    const values: [string, number][] = [];
    const parameters: Record<string, ParameterValues> = {};
    for (const [g, { group, batches }] of groups.entries()) {
      const judge = async (on: readonly Batch[], own: ParameterValues) => {
        const parts = [];
        for (const batch of on) {
          parts.push({ result: await denoised(method, batch, { parameters: own, signal }), batch });
        }
        return validation.value(parts);
      };
      const few = [firstOf(batches[0]!, chosenOn)];
      let best: { value: number; own: ParameterValues } | undefined;
      for (const own of grid) {
        const value = await judge(few, own);
        if (best === undefined || sign * value > sign * best.value) best = { value, own };
      }
      parameters[group] = best!.own;
      values.push([group, await judge(batches, best!.own)]);
      const done = c * groups.length + g + 1;
      onProgress?.({ done, total, label: "measuring classical denoisers" });
    }
    classical.push({ method: name, ...pooled(values), parameters });
  }
  return { noisy, classical: classical.sort((a, b) => sign * (b.value - a.value)) };
}

async function batchesOf(source: ValidationSource, group: string): Promise<Batch[]> {
  const batches: Batch[] = [];
  for (let start = 0; start < source.count; start += most) {
    const count = Math.min(most, source.count - start);
    batches.push(await source.draw(group, { start, count }));
  }
  return batches;
}

function pooled(values: readonly (readonly [string, number])[]): ValidationResult {
  return {
    value: values.reduce((sum, [, v]) => sum + v, 0) / values.length,
    groups: Object.fromEntries(values),
  };
}

/** The first images of a batch. */
function firstOf(batch: Batch, count: number): Batch {
  const cut = ({ shape, data }: NamedArray): NamedArray => {
    const [all = 1, ...rest] = shape;
    const kept = Math.min(count, all);
    return { shape: [kept, ...rest], data: data.subarray(0, kept * sizeOf(rest)) };
  };
  return Object.fromEntries(Object.entries(batch).map(([name, array]) => [name, cut(array)]));
}

async function denoised(
  method: Denoiser,
  batch: Batch,
  { parameters, signal }: { parameters: ParameterValues; signal: AbortSignal | undefined },
): Promise<NamedArray> {
  const { shape, data } = batch.noisy!;
  const [count = 1, , ...space] = shape;
  const size = sizeOf(space);
  const out = new Float32Array(data.length);
  for (let n = 0; n < count; n++) {
    throwIfAborted(signal, "measuring classical denoisers");
    const part = data.slice(n * size, (n + 1) * size);
    const sigma = batch.sigma!.data[n]!;
    if (!(sigma > 0)) {
      out.set(part, n * size);
      continue;
    }
    const image = makeImage(part, space, { unit: "normalised" });
    const result = await method.denoise(image, parameters, {
      sigma,
      ...(signal === undefined ? {} : { signal }),
    });
    out.set(result.data, n * size);
  }
  return { shape, data: out };
}
