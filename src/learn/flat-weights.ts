/** All weights of a network as one flat vector, and back: a few large arrays in place of hundreds. */
import { InputError } from "../core/errors.ts";
import { sizeOf } from "../core/image.ts";
import type { Node } from "../graph/node.ts";
import { concat } from "../graph/ops/concat.ts";
import { reshape } from "../graph/ops/reshape.ts";
import { sliceAxis } from "../graph/ops/slice.ts";
import type { DeclaredParameter } from "../layers/scope.ts";

/** Weights by parameter name, running moments included. */
export type Weights = ReadonlyMap<string, Float32Array>;

/** Total length of the flat vector. */
export function flatLength(parameters: readonly DeclaredParameter[]): number {
  return parameters.reduce((n, p) => n + sizeOf(p.shape), 0);
}

/** Each parameter's node paired with its piece of the vector, for `substitute`. */
export function piecesOf(vector: Node, parameters: readonly DeclaredParameter[]): Map<Node, Node> {
  const pieces = new Map<Node, Node>();
  let start = 0;
  for (const { node, shape } of parameters) {
    const count = sizeOf(shape);
    pieces.set(node, reshape(sliceAxis(vector, 0, { start, count }), shape));
    start += count;
  }
  return pieces;
}

/** Nodes of the parameters' shapes, in their order, as one vector. */
export function joinNodes(nodes: readonly Node[], parameters: readonly DeclaredParameter[]): Node {
  return concat(
    nodes.map((node, i) => reshape(node, [sizeOf(parameters[i]!.shape)])),
    0,
  );
}

/** Values by name as one vector. */
export function joinValues(
  values: ReadonlyMap<string, Float32Array>,
  parameters: readonly DeclaredParameter[],
): Float32Array {
  const vector = new Float32Array(flatLength(parameters));
  let start = 0;
  for (const { name, shape } of parameters) {
    const value = values.get(name);
    if (value?.length !== sizeOf(shape)) {
      throw new InputError(
        `Cannot use weights: found ${value === undefined ? "none" : `${value.length} numbers`} for ${name}, wanted ${sizeOf(shape)}`,
      );
    }
    vector.set(value, start);
    start += value.length;
  }
  return vector;
}

/** The vector's pieces by name. */
export function splitValues(
  vector: Float32Array,
  parameters: readonly DeclaredParameter[],
): Map<string, Float32Array> {
  const values = new Map<string, Float32Array>();
  let start = 0;
  for (const { name, shape } of parameters) {
    values.set(name, vector.slice(start, start + sizeOf(shape)));
    start += sizeOf(shape);
  }
  return values;
}
