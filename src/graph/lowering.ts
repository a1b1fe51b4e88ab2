/** How operators write ONNX: named values and nodes, without knowing how a model is encoded. */
import type { LoweredAttribute } from "./operator.ts";

export type {
  AttributeShorthand,
  LoweredAttribute,
  Lowering,
  Provider,
} from "./operator.ts";

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
