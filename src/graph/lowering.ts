/** How operators write ONNX: named values and nodes, without knowing how a model is encoded. */
import type { Node, Type } from "./node.ts";

export type LoweredAttribute =
  | { readonly type: "int"; readonly value: number }
  | { readonly type: "ints"; readonly value: readonly number[] }
  | { readonly type: "float"; readonly value: number }
  | { readonly type: "floats"; readonly value: readonly number[] }
  | { readonly type: "string"; readonly value: string }
  | { readonly type: "strings"; readonly value: readonly string[] };

export interface LoweredNode {
  readonly operator: string;
  /** Empty for standard ONNX. */
  readonly domain: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes: Readonly<Record<string, LoweredAttribute>>;
}

export interface LoweredConstant {
  readonly name: string;
  readonly kind: "float" | "int" | "bool";
  readonly shape: readonly number[];
  readonly data: Float32Array | BigInt64Array | Uint8Array;
}

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
  /** The value in blocked layout `[N, C/block, H, W, block]`, when one exists already. */
  blocked(node: Node): string | undefined;
  /** The value in blocked layout, reordered from the ordinary one when needed. */
  toBlocked(node: Node): string;
  /** Says that `node`'s value exists in blocked layout under this name; returned by `lower` in place of a value. */
  keepBlocked(node: Node, name: string): string;
  /** How many nodes and outputs read this node's value. */
  users(node: Node): number;
  /** An input of the model, declared once. */
  input(name: string, type: Type): string;
}
