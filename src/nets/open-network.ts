/** A network by its name, with its options checked. */
import { openMember } from "../core/member.ts";
import { type ParameterValues, resolveParameters } from "../core/parameters.ts";
import { catalogue as networks } from "./catalogue.ts";
import type { Network } from "./network.ts";

export interface NetworkChoice {
  readonly name: string;
  readonly options: ParameterValues;
}

/** A network by name with its options checked and filled in. */
export async function networkOf(choice: NetworkChoice): Promise<{
  network: Network;
  options: ParameterValues;
}> {
  const network = await openMember(
    networks,
    choice.name,
    `Cannot train: found no network ${choice.name}`,
  );
  return {
    network,
    options: resolveParameters(`network ${choice.name}`, network.options, choice.options),
  };
}
