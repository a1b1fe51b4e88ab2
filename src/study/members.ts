/** Checks a description's names and options against the rooms that hold them, before anything runs. */
import { InputError, messageOf } from "../core/errors.ts";
import { type Members, openMember } from "../core/member.ts";
import { type ParameterTable, resolveParameters } from "../core/parameters.ts";
import { findDenoiser } from "../denoise/find-denoiser.ts";
import { catalogue as losses } from "../losses/catalogue.ts";
import { catalogue as metrics } from "../metrics/catalogue.ts";
import { catalogue as observers } from "../observers/catalogue.ts";
import { catalogue as optimisers } from "../learn/optimisers/catalogue.ts";
import { networkOf } from "../nets/open-network.ts";
import type { Study } from "./description.ts";

type Given = Readonly<Record<string, unknown>>;

/** @throws InputError naming the field, what was found and what was wanted */
export async function checkMembers(study: Study): Promise<void> {
  for (const [id, plan] of Object.entries(study.networks)) {
    await at(`networks.${id}.network`, () => networkOf(plan.network));
    await member(`networks.${id}.loss`, plan.loss, losses);
    await member(`networks.${id}.optimiser`, plan.optimiser, optimisers);
  }
  for (const [id, plan] of Object.entries(study.methods)) {
    if (plan.kind !== "denoiser") continue;
    await at(`methods.${id}`, async () => {
      const { parameters } = await findDenoiser(plan.name);
      const tried = plan.tune === undefined ? {} : { [plan.tune.parameter]: plan.tune.values[0] };
      resolveParameters(plan.name, parameters, { ...plan.options, ...tried });
    });
  }
  for (const [id, plan] of Object.entries(study.observers)) {
    if (plan.kind === "trained") await member(`observers.${id}`, plan, observers);
  }
  for (const [id, plan] of Object.entries(study.metrics)) {
    await member(`metrics.${id}`, plan, metrics);
  }
}

async function at(field: string, check: () => Promise<unknown>): Promise<void> {
  try {
    await check();
  } catch (cause) {
    if (!(cause instanceof InputError)) throw cause;
    throw new InputError(`Cannot use the study: ${field}: ${messageOf(cause)}`, { cause });
  }
}

async function member(
  field: string,
  { name, options }: { readonly name: string; readonly options: Given },
  catalogue: Members<object>,
): Promise<void> {
  const found = await openMember(
    catalogue,
    name,
    `Cannot use the study: ${field}.name: found ${name}`,
  );
  const { parameters = {}, options: table = parameters } = found as {
    parameters?: ParameterTable;
    options?: ParameterTable;
  };
  await at(`${field}.options`, async () => resolveParameters(name, table, options));
}
