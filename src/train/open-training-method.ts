/** A training description with everything that it names opened and checked. */
import { InputError } from "../core/errors.ts";
import { openMember } from "../core/member.ts";
import { type ParameterValues, resolveParameters } from "../core/parameters.ts";
import type { Node } from "../graph/node.ts";
import type { Weights } from "../learn/flat-weights.ts";
import { importNetwork } from "../learn/import-network.ts";
import { catalogue as optimisers } from "../learn/optimisers/catalogue.ts";
import type { Schedule } from "../learn/schedule.ts";
import type { StepRule } from "../learn/step-rule.ts";
import { catalogue as losses } from "../losses/catalogue.ts";
import { imageLoss } from "../losses/loss.ts";
import type { Network } from "../nets/network.ts";
import { networkOf } from "../nets/open-network.ts";
import type { Batch } from "./batch.ts";
import type { TrainingConfig } from "./config.ts";
import { catalogue as methods } from "./methods/catalogue.ts";
import type { Role, TrainingMethod } from "./methods/training-method.ts";

/** A role with its network and its way of learning. */
export interface OpenedRole {
  readonly network: Network;
  readonly options: ParameterValues;
  /** Weights to start from, where they come from a file. */
  readonly weights?: Weights;
  readonly frozen: boolean;
  /** How many of the last layers move; all where absent. */
  readonly last?: number;
  readonly rule: StepRule;
  readonly schedule: Schedule;
}

export interface OpenedMethod {
  readonly method: TrainingMethod;
  readonly options: ParameterValues;
  readonly roles: Readonly<Record<string, OpenedRole>>;
  readonly loss: (prediction: Node, target: Node) => Node;
}

type RoleConfig = TrainingConfig["roles"][string];

/**
 * Opens method, networks, loss and optimisers of a description.
 *
 * @param models bytes of the ONNX files that roles start from, by role
 * @throws InputError naming what was not found or does not fit
 */
export async function openTrainingMethod(
  config: TrainingConfig,
  { models = {} }: { models?: Readonly<Record<string, Uint8Array>> } = {},
): Promise<OpenedMethod> {
  const method = await openMember(
    methods,
    config.method.name,
    `Cannot train: found no method ${config.method.name}`,
  );
  const options = resolveParameters(`method ${method.name}`, method.options, config.method.options);
  const names = Object.keys(method.roles);
  for (const name of Object.keys(config.roles)) {
    if (!names.includes(name)) {
      throw new InputError(
        `Cannot train with ${method.name}: found a role ${name}, wanted one of ${names.join(", ")}`,
      );
    }
  }
  const loss = await openLoss(config, method);
  const roles: Record<string, OpenedRole> = {};
  for (const [name, role] of Object.entries(method.roles)) {
    roles[name] = await openRole(config, { method, name, role, model: models[name] });
  }
  return { method, options, roles, loss };
}

/** @throws InputError where the method cannot learn from the values of a batch */
export function checkBatch({ method, options }: OpenedMethod, batch: Batch): void {
  const reason = method.refuses?.(batch, options);
  if (reason !== undefined) throw new InputError(`Cannot train with ${method.name}: ${reason}`);
}

/** The description's loss, or the usual one where it names none. */
async function openLoss(
  config: TrainingConfig,
  method: TrainingMethod,
): Promise<OpenedMethod["loss"]> {
  const { name = method.loss === "labels" ? "cross-entropy" : "mse", options } = config.loss;
  const loss = await openMember(losses, name, `Cannot train: found no loss ${name}`);
  const values = resolveParameters(`loss ${name}`, loss.options, options);
  if (method.loss === "images") imageLoss(loss);
  if (method.loss === "labels" && (loss.reads !== "labels" || (loss.needs ?? []).length > 0)) {
    throw new InputError(
      `Cannot train with ${method.name}: found loss ${name}, wanted one that compares labels`,
    );
  }
  return (prediction, target) => loss.build(prediction, target, values);
}

async function openRole(
  config: TrainingConfig,
  {
    method,
    name,
    role,
    model,
  }: { method: TrainingMethod; name: string; role: Role; model: Uint8Array | undefined },
): Promise<OpenedRole> {
  const own: RoleConfig = config.roles[name] ?? {};
  const isProduct = name === method.product;
  const choice = own.network ?? (isProduct ? config.network : undefined);
  if (own.from !== undefined && model === undefined) {
    throw new InputError(
      `Cannot train with ${method.name}: found no bytes of ${own.from}, from which role ${name} starts`,
    );
  }
  if (model === undefined && (choice === undefined || role.frozen)) {
    throw new InputError(
      role.frozen
        ? `Cannot train with ${method.name}: found no weights for role ${name}, which never moves, wanted roles.${name}.from`
        : `Cannot train with ${method.name}: found no network for role ${name}, wanted roles.${name}.network or roles.${name}.from`,
    );
  }
  const opened =
    model === undefined
      ? await networkOf(choice!)
      : await startingFrom(model, { name, given: own.network, from: own.from ?? "a model" });
  const gives = opened.network.gives ?? "image";
  if (gives !== role.gives) {
    throw new InputError(
      `Cannot train with ${method.name}: found network ${opened.network.name}, which gives ${gives}, as ${name}, wanted one that gives ${role.gives}`,
    );
  }
  for (const condition of role.takes ?? []) {
    if (opened.network.conditions?.[condition] === undefined) {
      throw new InputError(
        `Cannot train with ${method.name}: found network ${opened.network.name}, which takes no ${condition}, as ${name}, wanted one that does`,
      );
    }
  }
  const choiceOfOptimiser = own.optimiser ?? config.optimiser;
  const optimiser = await openMember(
    optimisers,
    choiceOfOptimiser.name,
    `Cannot train: found no optimiser ${choiceOfOptimiser.name}`,
  );
  return {
    ...opened,
    frozen: role.frozen ?? false,
    ...(own.last === undefined ? {} : { last: own.last }),
    rule: {
      optimiser,
      options: resolveParameters(
        `optimiser ${optimiser.name}`,
        optimiser.options,
        choiceOfOptimiser.options,
      ),
      clipNorm: own.clipNorm ?? config.clipNorm,
      clipValue: own.clipValue ?? config.clipValue,
      decay: own.decay ?? config.decay,
      // The average serves the network that is used; what only helps to train it needs none.
      averaging: own.averaging ?? (isProduct ? config.averaging : 0),
    },
    schedule: own.schedule ?? config.schedule,
  };
}

async function startingFrom(
  model: Uint8Array,
  { name, given, from }: { name: string; given: RoleConfig["network"]; from: string },
) {
  const { network, options, weights } = await importNetwork(model);
  if (given !== undefined) {
    const wanted = await networkOf(given);
    const same =
      wanted.network.name === network.name &&
      Object.keys(network.options).every((key) => wanted.options[key] === options[key]);
    if (!same) {
      throw new InputError(
        `Cannot start role ${name} from ${from}: found network ${network.name} ${JSON.stringify(options)}, wanted ${wanted.network.name} ${JSON.stringify(wanted.options)}`,
      );
    }
  }
  return { network, options, weights };
}
