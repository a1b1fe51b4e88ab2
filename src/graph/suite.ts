/**
 * What an operator file tells its contract suite: how to draw inputs, and how to build the
 * expression under test. The suite finds every file in `ops/` and needs no list.
 */
import type { Stream } from "../core/random.ts";
import type { ElementKind, Node } from "./node.ts";

export interface SampleInput {
  readonly shape: readonly number[];
  /** Real inputs are uniform on [low, high], whole ones too; defaults −2, 2. */
  readonly low?: number;
  readonly high?: number;
  readonly kind?: ElementKind;
  /** Whole values, so that ties happen. */
  readonly whole?: boolean;
}

export interface Sample {
  readonly inputs: readonly SampleInput[];
  build(inputs: readonly Node[]): Node;
}

export interface Suite {
  /** Draws shapes and attributes; called with many streams. */
  sample(stream: Stream): Sample;
  /** Whether gradients are checked: `twice` also checks the gradient's own gradient. */
  readonly differentiable: "twice" | "once" | "no";
  /** Relative tolerance of ONNX Runtime's float32 against the interpreter, with its reason. */
  readonly tolerance?: { readonly value: number; readonly reason: string };
  /** Providers that cannot run the operator at all, each with its reason. */
  readonly unsupported?: Readonly<Record<string, string>>;
}

/** A shape of the given rank (or a random one from 1 to 4) with sizes from 1 to 5. */
export function sampleShape(stream: Stream, rank?: number): number[] {
  return Array.from({ length: rank ?? 1 + stream.integer(4) }, () => 1 + stream.integer(5));
}

/** A shape that broadcasts to the given one: some axes 1, some leading axes dropped. */
export function sampleBroadcastable(stream: Stream, shape: readonly number[]): number[] {
  const kept = shape.map((size) => (stream.uniform() < 0.3 ? 1 : size));
  return stream.uniform() < 0.3 ? kept.slice(stream.integer(shape.length)) : kept;
}
