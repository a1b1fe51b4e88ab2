/**
 * A network with the weights that it learns, as a function: applied as often as a training likes, with one
 * set of weights.
 */
import type { Dim } from "../graph/dimension.ts";
import { type Node, shapeOf } from "../graph/node.ts";
import {
  type Application,
  type DeclaredParameter,
  type Scope,
  shareParameters,
} from "../layers/scope.ts";

/** Named expressions that a network takes beside its image: a noise level, a code. */
export type Conditions = Readonly<Record<string, Node>>;

/** Builds a network's expression of `x`; parameters are declared in the scope. */
export type Build = (
  x: Node,
  context: { readonly scope: Scope; readonly conditions: Conditions },
) => Node;

/** A network as a function of expressions. */
export interface Apply {
  (x: Node, conditions?: Conditions): Node;
  /** The result as `main`, with the further results that the network names, such as maps at half size. */
  outputs(x: Node, conditions?: Conditions): Readonly<Record<string, Node>>;
}

export interface TraineeOptions {
  readonly build: Build;
  /** Whether its weights never move; it is then built as for use (running moments, no dropout). */
  readonly frozen?: boolean;
  /** Names of the weights that move; all by default. A layer of which none moves is built as for use. */
  readonly trains?: ReadonlySet<string>;
}

/** One application of a trainee with what it declared. */
export interface TraineeApplication extends Omit<Application, "scope"> {
  /** Shape of what the network was applied to. */
  readonly shape: readonly Dim[];
  /** All results; a loss that reads one of them has made use of this application. */
  readonly results: readonly Node[];
}

export interface Trainee {
  readonly apply: Apply;
  readonly applications: readonly TraineeApplication[];
  /** All that has been declared so far, in order. */
  readonly parameters: readonly DeclaredParameter[];
  /** Weights that move. */
  readonly trained: readonly DeclaredParameter[];
  /** Weights that do not. */
  readonly fixed: readonly DeclaredParameter[];
  /** Running statistics. */
  readonly buffers: readonly DeclaredParameter[];
  /** Whether anything of it moves. */
  readonly frozen: boolean;
}

/** Makes a trainee. Its parameters are known once it has been applied. */
export function traineeOf({ build, frozen = false, trains }: TraineeOptions): Trainee {
  const moves = (name: string) => !frozen && (trains?.has(name) ?? true);
  const names = [...(trains ?? [])];
  const shared = shareParameters({
    training: (path) =>
      !frozen && (trains === undefined || names.some((name) => name.startsWith(path))),
  });
  const { parameters } = shared;
  const applications: TraineeApplication[] = [];
  const outputs = (x: Node, conditions: Conditions = {}) => {
    const { scope, ...declared } = shared.application();
    const main = build(x, { scope, conditions });
    applications.push({
      ...declared,
      shape: shapeOf(x),
      results: [main, ...declared.outputs.values()],
    });
    return Object.freeze({ main, ...Object.fromEntries(declared.outputs) });
  };
  const apply = Object.assign(
    (x: Node, conditions?: Conditions): Node => outputs(x, conditions)["main"]!,
    { outputs },
  );
  return {
    apply: Object.freeze(apply),
    applications,
    parameters,
    get trained() {
      return parameters.filter((p) => p.trainable && moves(p.name));
    },
    get fixed() {
      return parameters.filter((p) => p.trainable && !moves(p.name));
    },
    get buffers() {
      return parameters.filter((p) => !p.trainable);
    },
    frozen,
  };
}
