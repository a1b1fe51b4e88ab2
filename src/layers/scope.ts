/**
 * Parameters of a network: declared while its expression is built, named by path, each with the
 * recipe for its first value.
 */
import { InputError } from "../core/errors.ts";
import { sizeOf } from "../core/image.ts";
import type { Stream } from "../core/random.ts";
import type { Node } from "../graph/node.ts";
import { input } from "../graph/ops/input.ts";

/** Draws first values for a parameter of the given shape. */
export type Initialiser = (shape: readonly number[], stream: Stream) => Float32Array;

export interface Parameter {
  /** Path such as `body.3.weight`. */
  readonly name: string;
  readonly shape: readonly number[];
  readonly node: Node;
  readonly initialise: Initialiser;
  /** Whether training changes it by its gradient; running statistics are not trained so. */
  readonly trainable: boolean;
}

/** A value that a training step carries along without a gradient, such as a running mean. */
export interface BufferUpdate {
  readonly name: string;
  readonly next: Node;
}

export interface Scope {
  /** Whether the expression is for training (batch moments) or use (running moments). */
  readonly training: boolean;
  /** Declares a trained parameter. */
  parameter(name: string, shape: readonly number[], initialise: Initialiser): Node;
  /** Declares a buffer; `update` gives its next value in a training step. */
  buffer(name: string, shape: readonly number[], initialise: Initialiser): Node;
  update(name: string, next: Node): void;
  /** A scope whose names are prefixed by `name.`. */
  child(name: string | number): Scope;
}

export interface Declarations {
  readonly scope: Scope;
  readonly parameters: readonly Parameter[];
  readonly updates: readonly BufferUpdate[];
}

/** Starts a set of declarations. */
export function declare({ training = false }: { training?: boolean } = {}): Declarations {
  const parameters: Parameter[] = [];
  const updates: BufferUpdate[] = [];
  const names = new Set<string>();
  const add = (
    path: string,
    shape: readonly number[],
    { initialise, trainable }: Pick<Parameter, "initialise" | "trainable">,
  ): Node => {
    if (names.has(path)) {
      throw new InputError(`Cannot declare parameter ${path}: found it declared already`);
    }
    names.add(path);
    const node = input(path, shape);
    parameters.push({ name: path, shape, node, initialise, trainable });
    return node;
  };
  const scopeAt = (prefix: string): Scope => ({
    training,
    parameter: (name, shape, initialise) =>
      add(prefix + name, shape, { initialise, trainable: true }),
    buffer: (name, shape, initialise) =>
      add(prefix + name, shape, { initialise, trainable: false }),
    update: (name, next) => {
      updates.push({ name: prefix + name, next });
    },
    child: (name) => scopeAt(`${prefix}${name}.`),
  });
  return { scope: scopeAt(""), parameters, updates };
}

/** First values of parameters; each draws from its own stream, so adding one changes no other. */
export function initialValues(
  parameters: readonly Parameter[],
  stream: Stream,
): Map<string, Float32Array> {
  return new Map(
    parameters.map(({ name, shape, initialise }) => [name, initialise(shape, stream.child(name))]),
  );
}

/** Number of trained weights. */
export function countWeights(parameters: readonly Parameter[]): number {
  return parameters.reduce((n, p) => n + (p.trainable ? sizeOf(p.shape) : 0), 0);
}

/** All elements equal. */
export const fill =
  (value: number): Initialiser =>
  (shape) =>
    new Float32Array(sizeOf(shape)).fill(value);

/**
 * Normal with variance gain² / fan-in, fan-in being the product of all sizes but the first
 * [he2015prelu].
 */
export const heNormal =
  (gain = Math.SQRT2): Initialiser =>
  (shape, stream) => {
    const deviation = gain / Math.sqrt(sizeOf(shape.slice(1)));
    return Float32Array.from({ length: sizeOf(shape) }, () => deviation * stream.normal());
  };
