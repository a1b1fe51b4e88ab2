/**
 * The types of expressions: nodes, the operators that they apply, and what operators write ONNX through.
 * Each speaks of the others, so they share a file.
 */
import type { Dim } from "./dimension.ts";
import type { Tensor } from "./tensor.ts";

/** Element kinds: real numbers (float32 at run time, float64 in the interpreter), truth values, whole numbers. */
export type ElementKind = "float" | "bool" | "int";

export interface Type {
  readonly kind: ElementKind;
  readonly shape: readonly Dim[];
}

export type Attributes = Readonly<Record<string, unknown>>;

/** One operator: its four facets in one object. */
export interface Operator<A extends Attributes = Attributes> {
  /** File name in `graph/ops/` and name in messages. */
  readonly name: string;
  /** Type of the result; throws InputError when the inputs do not fit. */
  infer(inputs: readonly Type[], attributes: A): Type;
  /** Gradients with respect to each input, `undefined` where there is none; absent for operators that are constant almost everywhere. */
  gradient?(node: Node<A>, outer: Node): readonly (Node | undefined)[];
  /** Adds ONNX nodes that compute this one, and returns the name of the result. */
  lower(lowering: Lowering, node: Node<A>): string;
  /** The definition, in float64. */
  evaluate(inputs: readonly Tensor[], attributes: A): Tensor;
}

export interface Node<A extends Attributes = Attributes> {
  readonly id: number;
  readonly operator: Operator<A>;
  readonly inputs: readonly Node[];
  readonly attributes: A;
  readonly type: Type;
}

export type LoweredAttribute =
  | { readonly type: "int"; readonly value: number }
  | { readonly type: "ints"; readonly value: readonly number[] }
  | { readonly type: "float"; readonly value: number }
  | { readonly type: "floats"; readonly value: readonly number[] }
  | { readonly type: "string"; readonly value: string }
  | { readonly type: "strings"; readonly value: readonly string[] };

/** Which execution provider the program is for; decides between equivalent lowerings. */
export type Provider = "cpu" | "webgpu" | "wasm" | "cuda";

/** Number arrays become `ints` when all entries are whole unless wrapped by `floats`. */
export type AttributeShorthand = number | readonly number[] | string | LoweredAttribute;

export interface Lowering {
  readonly provider: Provider;
  /**
   * Channels per block of ONNX Runtime's internal layout (16 or 8) when the program may use it, 0
   * otherwise. Never set for a model that leaves the process.
   */
  readonly block: number;
  /** Name of a node's value in the ordinary layout, lowering it first when needed. */
  value(node: Node): string;
  /** Adds one ONNX node and returns the name of its first output. */
  add(
    operator: string,
    inputs: readonly string[],
    attributes?: Readonly<Record<string, AttributeShorthand>>,
    options?: { readonly domain?: string },
  ): string;
  /** A constant; equal constants share one name, those given a name keep it. */
  ints(values: readonly number[], shape?: readonly number[]): string;
  floats(values: ArrayLike<number>, shape: readonly number[], name?: string): string;
  bools(values: readonly boolean[], shape: readonly number[]): string;
  /** Adds one ONNX node with several outputs and returns their names. */
  addMany(
    operator: string,
    inputs: readonly string[],
    attributes: Readonly<Record<string, AttributeShorthand>>,
    options: { readonly outputs: number },
  ): readonly string[];
  /** Lowers an expression of nodes that are lowered already, and returns the name of its value. */
  expression(node: Node): string;
  /**
   * The value in blocked layout `[N, C/block, H, W, block]`, under the name of shape `[N, C, H, W]`, when one exists
   * already; that of a volume `[N, C, D, H, W]` is the one of its planes `[N·D, C, H, W]`.
   */
  blocked(node: Node): string | undefined;
  /** The value in blocked layout, reordered from the ordinary one when needed. */
  toBlocked(node: Node): string;
  /** Says that `node`'s value exists in blocked layout under this name; returned by `lower` in place of a value. */
  keepBlocked(node: Node, name: string): string;
  /** A volume's planes `[N·D, C, H, W]` in ordinary layout; of planar images the value itself. */
  planes(node: Node): string;
  /** Says that a volume's value exists as planes under this name; returned by `lower` in place of a value. */
  keepPlanes(node: Node, name: string): string;
  /**
   * A value unchanged, but not before everything small that is computed from `node` (a kernel's gradient, a sum) is
   * there. Giving the next step's kernel so makes the runtime drop `node`'s value in time.
   *
   * @param shape of the value
   */
  after(node: Node, value: string, shape: readonly number[]): string;
  /** How many nodes and outputs read this node's value. */
  users(node: Node): number;
  /** An input of the model, declared once. */
  input(name: string, type: Type): string;
}
