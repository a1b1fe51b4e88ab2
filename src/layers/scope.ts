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

export interface DeclaredParameter {
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

/** Random numbers that a training step wants anew for every run. */
export interface RandomInput {
  readonly name: string;
  readonly node: Node;
  readonly shape: readonly number[];
  /** Uniform on [0, 1), or standard normal. */
  readonly kind: "uniform" | "normal";
}

export interface Scope {
  /** Whether the expression is for training (batch moments, dropout) or use (running moments, none). */
  readonly training: boolean;
  /** Declares a trained parameter. */
  parameter(name: string, shape: readonly number[], initialise: Initialiser): Node;
  /** Declares a buffer; `update` gives its next value in a training step. */
  buffer(name: string, shape: readonly number[], initialise: Initialiser): Node;
  update(name: string, next: Node): void;
  /** Random numbers of a training step, drawn by whoever runs it. */
  random(name: string, shape: readonly number[], kind: RandomInput["kind"]): Node;
  /** Names a further result beside the network's own: a map at half size, features of a layer. */
  output(name: string, node: Node): void;
  /** A scope whose names are prefixed by `name.`. */
  child(name: string | number): Scope;
}

/** What one application of a network adds. */
export interface Application {
  readonly scope: Scope;
  readonly updates: readonly BufferUpdate[];
  readonly randoms: readonly RandomInput[];
  readonly outputs: ReadonlyMap<string, Node>;
}

export interface SharedParameters {
  /** In the order in which they were first declared. */
  readonly parameters: readonly DeclaredParameter[];
  /** Begins one more application, in which a path declared before gives the same node. */
  application(): Application;
}

export interface Declarations extends Application {
  readonly parameters: readonly DeclaredParameter[];
}

export interface DeclareOptions {
  /** Whether the expression is for training: everywhere, or below the paths (`body.3.`) it is true for. */
  readonly training?: boolean | ((path: string) => boolean);
}

/** Starts a set of declarations for a network that is applied once. */
export function declare(options: DeclareOptions = {}): Declarations {
  const shared = shareParameters(options);
  return { parameters: shared.parameters, ...shared.application() };
}

/** Starts a set of declarations for a network that is applied any number of times with one set of weights. */
export function shareParameters({ training = false }: DeclareOptions = {}): SharedParameters {
  const parameters: DeclaredParameter[] = [];
  const known = new Map<string, DeclaredParameter>();
  const trains = typeof training === "function" ? training : () => training;
  let applications = 0;
  const share = (
    path: string,
    shape: readonly number[],
    { initialise, trainable }: Pick<DeclaredParameter, "initialise" | "trainable">,
  ): Node => {
    const old = known.get(path);
    if (old === undefined) {
      const node = input(path, shape);
      const fresh = { name: path, shape, node, initialise, trainable };
      known.set(path, fresh);
      parameters.push(fresh);
      return node;
    }
    if (old.shape.join() !== shape.join()) {
      throw new InputError(
        `Cannot share parameter ${path}: found shape [${shape.join(", ")}] in a further application, wanted [${old.shape.join(", ")}] as in the first`,
      );
    }
    return old.node;
  };
  return {
    parameters,
    application() {
      const number = applications++;
      const updates: BufferUpdate[] = [];
      const randoms: RandomInput[] = [];
      const outputs = new Map<string, Node>();
      const names = new Set<string>();
      const once = (path: string) => {
        if (names.has(path)) {
          throw new InputError(`Cannot declare parameter ${path}: found it declared already`);
        }
        names.add(path);
        return path;
      };
      const scopeAt = (prefix: string): Scope => ({
        training: trains(prefix),
        parameter: (name, shape, initialise) =>
          share(once(prefix + name), shape, { initialise, trainable: true }),
        buffer: (name, shape, initialise) =>
          share(once(prefix + name), shape, { initialise, trainable: false }),
        update: (name, next) => {
          updates.push({ name: prefix + name, next });
        },
        random(name, shape, kind) {
          const path = `${once(prefix + name)}${number === 0 ? "" : ` of application ${number}`}`;
          const node = input(path, shape);
          randoms.push({ name: path, node, shape, kind });
          return node;
        },
        output: (name, node) => {
          outputs.set(once(prefix + name), node);
        },
        child: (name) => scopeAt(`${prefix}${name}.`),
      });
      return { scope: scopeAt(""), updates, randoms, outputs };
    },
  };
}

/** First values of parameters; each draws from its own stream, so adding one changes no other. */
export function initialValues(
  parameters: readonly DeclaredParameter[],
  stream: Stream,
): Map<string, Float32Array> {
  return new Map(
    parameters.map(({ name, shape, initialise }) => [name, initialise(shape, stream.child(name))]),
  );
}

/** Number of trained weights. */
export function countWeights(parameters: readonly DeclaredParameter[]): number {
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
