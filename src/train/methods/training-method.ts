/** What every training method is: a file of this folder exporting one such object. */
import type { ParameterTable, ParameterValues, ParameterValuesOf } from "../../core/parameters.ts";
import type { Node } from "../../graph/node.ts";
import type { Apply } from "../../learn/trainee.ts";
import type { Update } from "../../learn/update.ts";
import type { Gives } from "../../nets/network.ts";
import type { Batch, FieldName } from "../batch.ts";

/** A network that a method trains or uses. */
export interface Role {
  /** What its network makes of an image. */
  readonly gives: Gives;
  /** One line: what it is for. */
  readonly about: string;
  /** Its weights come from a file and never move. */
  readonly frozen?: boolean;
  /** Of a network that gives scores: one for each class in place of one. */
  readonly perClass?: boolean;
  /** Conditions that the method hands to its network, beside the noise level. */
  readonly takes?: readonly string[];
}

/** What a method finds beside networks and batch. */
export interface MethodContext<O> {
  /** The method's options, checked, with defaults filled in. */
  readonly options: O;
  /** The description's loss, a member of the room `losses`. */
  readonly loss: (prediction: Node, target: Node) => Node;
  /** Random numbers drawn anew for every run of an update. */
  readonly random: {
    readonly normal: (name: string, shape: readonly number[]) => Node;
    readonly uniform: (name: string, shape: readonly number[]) => Node;
  };
}

/** A method with the names of its roles, fields and options in its type. */
export interface TypedMethod<
  R extends Readonly<Record<string, Role>>,
  F extends FieldName,
  O extends ParameterTable,
> {
  /** File name, registry name and name in descriptions at once. */
  readonly name: string;
  readonly title: string;
  /** One sentence: what it learns from what. */
  readonly summary: string;
  /** Keys of docs/references.bib. */
  readonly references: readonly string[];
  readonly options: O;
  readonly roles: R;
  /** Fields of a batch that it reads. */
  readonly reads: readonly F[];
  /** Role whose network is validated, exported and used. */
  readonly product: keyof R & string;
  /** What the description's loss compares; absent where the method uses none. */
  readonly loss?: "images" | "labels";
  /** What in the values of a batch it cannot learn from, as `found …, wanted …`; asked once, of the first. */
  refuses?(batch: Batch, options: ParameterValuesOf<O>): string | undefined;
  /**
   * The updates of one step, in their order. A network may be applied in any number of them; what an update
   * does not train stands still in it, gradients passing through it unless `stopGradient` holds them up.
   */
  updates(
    networks: Readonly<Record<keyof R & string, Apply>>,
    batch: Readonly<Record<F, Node>>,
    context: MethodContext<ParameterValuesOf<O>>,
  ): readonly Update[];
}

/** A method as a member of the catalogue: which names it knows is known when it runs. */
export interface TrainingMethod
  extends Omit<
    TypedMethod<Readonly<Record<string, Role>>, FieldName, ParameterTable>,
    "updates" | "refuses"
  > {
  refuses?(batch: Batch, options: ParameterValues): string | undefined;
  updates(
    networks: Readonly<Record<string, Apply>>,
    batch: Readonly<Record<string, Node>>,
    context: MethodContext<ParameterValues>,
  ): readonly Update[];
}

/** Gives a method's file the types of its own roles, fields and options. */
export function trainingMethod<
  const R extends Readonly<Record<string, Role>>,
  const F extends FieldName,
  const O extends ParameterTable,
>(method: TypedMethod<R, F, O>): TypedMethod<R, F, O> {
  return Object.freeze(method);
}
