/** Feature maps of a network in a role. */
import { InputError } from "../../core/errors.ts";
import type { Node } from "../../graph/node.ts";
import type { Apply } from "../../learn/trainee.ts";

/**
 * The further results that a network names, as features of an image.
 *
 * @throws InputError when it names none
 */
export function featuresOf(network: Apply, method: string): (image: Node) => Node[] {
  return (image) => {
    const { main: _main, ...features } = network.outputs(image);
    const maps = Object.values(features);
    if (maps.length === 0) {
      throw new InputError(
        `Cannot train with ${method}: found a network that names no features, wanted one that does`,
      );
    }
    return maps;
  };
}
