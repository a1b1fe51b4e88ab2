/** Checks a description's names and options against the rooms that hold them, before anything runs. */
import { InputError, messageOf } from "../core/errors.ts";
import { type Members, openMember } from "../core/member.ts";
import { type ParameterTable, resolveParameters } from "../core/parameters.ts";
import { catalogue as optimisers } from "../learn/optimisers/catalogue.ts";
import { catalogue as losses } from "../losses/catalogue.ts";
import { catalogue as metrics } from "../metrics/catalogue.ts";
import { networkOf } from "../nets/open-network.ts";
import type { MetricPlan } from "./measured-cases.ts";
import type { NetworkPlan } from "./network-plan.ts";

type Given = Readonly<Record<string, unknown>>;

/** @throws InputError naming the field, what was found and what was wanted */
export async function checkMembers(study: {
  readonly networks: Readonly<Record<string, NetworkPlan>>;
  readonly metrics: Readonly<Record<string, MetricPlan>>;
}): Promise<void> {
  for (const [id, plan] of Object.entries(study.networks)) {
    const place = `networks.${id}`;
    await at(`${place}.network`, () => networkOf(plan.network));
    await checkMember(`${place}.loss`, plan.loss, losses);
    await checkMember(`${place}.optimiser`, plan.optimiser, optimisers);
    if (plan.window !== undefined && plan.window.high <= plan.window.low) {
      throw new InputError(
        `${place}.window: found ${plan.window.low} to ${plan.window.high}, wanted low below high`,
      );
    }
  }
  for (const [id, plan] of Object.entries(study.metrics)) {
    await checkMember(`metrics.${id}`, plan, metrics);
  }
}

async function at(field: string, check: () => unknown): Promise<void> {
  try {
    await check();
  } catch (cause) {
    if (!(cause instanceof InputError)) throw cause;
    throw new InputError(`${field}: ${messageOf(cause)}`, { cause });
  }
}

/** @throws InputError naming the field */
export async function checkMember(
  field: string,
  { name, options }: { readonly name: string; readonly options: Given },
  catalogue: Members<object>,
): Promise<void> {
  const found = await openMember<{ parameters?: ParameterTable; options?: ParameterTable }>(
    catalogue,
    name,
    `${field}.name: found ${name}`,
  );
  const table = found.options ?? found.parameters ?? {};
  await at(`${field}.options`, () => resolveParameters(name, table, options));
}
