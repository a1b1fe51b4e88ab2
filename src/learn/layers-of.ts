/** Parameters grouped into layers, for training some of them alone. */
import { InputError } from "../core/errors.ts";
import type { DeclaredParameter } from "../layers/scope.ts";

/**
 * Parameters in layers: a kernel (two axes or more) begins a layer, and the vectors declared after it (bias,
 * scale, shift, running statistics) belong to it.
 */
export function layersOf(
  parameters: readonly Pick<DeclaredParameter, "name" | "shape">[],
): (readonly string[])[] {
  const layers: string[][] = [];
  for (const { name, shape } of parameters) {
    if (layers.length === 0 || shape.length > 1) layers.push([]);
    layers[layers.length - 1]!.push(name);
  }
  return layers;
}

/**
 * Names of the parameters of the last `count` layers.
 *
 * @throws InputError when there are fewer
 */
export function lastLayers(
  parameters: readonly Pick<DeclaredParameter, "name" | "shape">[],
  { count, owner }: { count: number; owner: string },
): ReadonlySet<string> {
  const layers = layersOf(parameters);
  if (count > layers.length) {
    throw new InputError(
      `Cannot train the last ${count} layers of ${owner}: found ${layers.length} layers`,
    );
  }
  return new Set(layers.slice(layers.length - count).flat());
}
