/** Validation of a network in training, on images that it never learns from. */
import { InputError } from "../core/errors.ts";
import { openMember } from "../core/member.ts";
import type { ParameterValues } from "../core/parameters.ts";
import type { Weights } from "../learn/flat-weights.ts";
import { buildOf, conditionShapes, openNetwork } from "../learn/open-network.ts";
import type { OpenedNetwork } from "../learn/open-network.ts";
import type { Network } from "../nets/network.ts";
import type { CompileOptions } from "../runtime/program.ts";
import type { Batch, FieldName, ValidationSource } from "./batch.ts";
import type { SampleGroup } from "./samples.ts";
import { catalogue as validations } from "./validations/catalogue.ts";
import type { Judged, Validation } from "./validations/validation.ts";

export interface ValidationResult {
  /** Mean over the groups. */
  readonly value: number;
  /** Value of each group, such as a noise level. */
  readonly groups: Readonly<Record<string, number>>;
}

export interface Validator {
  readonly validation: Validation;
  validate(weights: Weights): Promise<ValidationResult>;
  /** What the network makes of the first images of every group. */
  sample(weights: Weights, count: number): Promise<SampleGroup[]>;
  /** Whether a value is better than another. */
  better(value: number, than: number): boolean;
  dispose(): Promise<void>;
}

/** Images run at a time. */
const most = 16;

/**
 * Opens a validation for a network.
 *
 * @throws InputError on a name that there is not, or a network that it cannot judge
 */
export async function openValidator(
  name: string,
  {
    network,
    options,
    source,
    compile,
  }: {
    network: Network;
    options: ParameterValues;
    source: ValidationSource;
    compile: CompileOptions;
  },
): Promise<Validator> {
  const validation = await openMember(
    validations,
    name,
    `Cannot validate: found no validation ${name}`,
  );
  const gives = network.gives ?? "image";
  if (!validation.gives.includes(gives)) {
    throw new InputError(
      `Cannot validate ${network.name} by ${name}: found a network that gives ${gives}, wanted one that gives ${validation.gives.join(" or ")}`,
    );
  }
  const sign = validation.better === "higher" ? 1 : -1;
  const step = Math.min(most, source.count);
  let opened: OpenedNetwork | undefined;
  const run = async (batch: Batch, weights: Weights) => {
    const image = field(batch, "noisy", name);
    if (opened === undefined) {
      const shape = [step, ...image.shape.slice(1)];
      opened = await openNetwork(
        {
          build: buildOf(network, options),
          weights,
          shape,
          conditions: conditionShapes(network, { options, shape }),
        },
        compile,
      );
    }
    return opened.run(
      image.data,
      network.takesSigma ? { sigma: field(batch, "sigma", name).data } : {},
    );
  };
  return {
    validation,
    async validate(weights) {
      opened?.setWeights(weights);
      const groups: Record<string, number> = {};
      for (const group of source.groups) {
        const parts: Judged[] = [];
        for (let start = 0; start < source.count; start += step) {
          const batch = await source.draw(group, {
            start,
            count: Math.min(step, source.count - start),
          });
          for (const read of validation.reads) field(batch, read, name);
          parts.push({ result: await run(batch, weights), batch });
        }
        groups[group] = validation.value(parts);
      }
      const values = Object.values(groups);
      return { value: values.reduce((s, v) => s + v, 0) / values.length, groups };
    },
    async sample(weights, wanted) {
      opened?.setWeights(weights);
      const count = Math.min(wanted, source.count);
      const groups: SampleGroup[] = [];
      for (const name of source.groups) {
        const batch = await source.draw(name, { start: 0, count });
        const truth = gives === "labels" ? batch.labels : batch.clean;
        const result = await run(batch, weights);
        groups.push({
          name,
          noisy: field(batch, "noisy", name),
          result,
          ...(truth === undefined ? {} : { truth }),
        });
      }
      return groups;
    },
    better: (value, than) => sign * value > sign * than,
    dispose: async () => opened?.dispose(),
  };
}

function field(batch: Batch, name: FieldName, validation: string) {
  const found = batch[name];
  if (found === undefined) {
    throw new InputError(
      `Cannot validate by ${validation}: found validation images without ${name}, wanted it`,
    );
  }
  return found;
}
