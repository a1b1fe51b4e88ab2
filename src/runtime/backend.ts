/** What runs a model: one interface over onnxruntime-node, onnxruntime-web and the interpreter. */
import type { ElementKind } from "../graph/node.ts";
import type { Provider } from "../graph/lowering.ts";

/** An array at the door of a program: real numbers as float32, whole numbers as int64, truth values as bytes. */
export interface Value {
  readonly kind: ElementKind;
  readonly shape: readonly number[];
  readonly data: Float32Array | BigInt64Array | Uint8Array;
}

/** A value that the backend holds, perhaps on a device; only the backend knows its inside. */
export interface Held {
  readonly shape: readonly number[];
  read(): Promise<Value>;
  dispose(): void;
}

export interface SessionOptions {
  readonly provider: Provider;
  /** Threads inside one operator; 0 lets the runtime decide (all cores). */
  readonly threads: number;
}

export interface Session {
  readonly provider: Provider;
  /** Runs the model; inputs may be held values of an earlier run. */
  run(
    inputs: Readonly<Record<string, Held>>,
    outputs: readonly string[],
  ): Promise<Readonly<Record<string, Held>>>;
  hold(value: Value): Held;
  dispose(): Promise<void>;
}

export interface Backend {
  readonly name: "onnxruntime-node" | "onnxruntime-web";
  /** Providers in the order of preference. */
  readonly providers: readonly Provider[];
  /**
   * Opens a model.
   *
   * @throws RunError naming provider and operator when the provider cannot run it
   */
  open(model: Uint8Array, options: SessionOptions): Promise<Session>;
}

/** Real numbers with their shape, as a program takes them. */
export function floats(data: Float32Array, shape: readonly number[]): Value {
  return { kind: "float", shape, data };
}

/** Whole numbers with their shape. */
export function ints(values: ArrayLike<number>, shape: readonly number[] = [values.length]): Value {
  return { kind: "int", shape, data: BigInt64Array.from(values, BigInt) };
}
