/** The part that onnxruntime-node and onnxruntime-web share: their JavaScript interface is one. */
import type { InferenceSession, Tensor } from "onnxruntime-common";
import { InputError, messageOf, RunError } from "../core/errors.ts";
import type { Provider } from "../graph/lowering.ts";
import type { Held, Session, SessionOptions, Value } from "./backend.ts";

/** What is used of either package. */
export interface Ort {
  readonly InferenceSession: {
    create(model: Uint8Array, options: InferenceSession.SessionOptions): Promise<InferenceSession>;
  };
  readonly Tensor: new (
    type: Tensor.Type,
    data: Float32Array | BigInt64Array | Uint8Array,
    dims: readonly number[],
  ) => Tensor;
}

const typeOf = { float: "float32", int: "int64", bool: "bool" } as const;
const kindOf = { float32: "float", int64: "int", bool: "bool" } as const;

class OrtHeld implements Held {
  readonly tensor: Tensor;

  constructor(tensor: Tensor) {
    this.tensor = tensor;
  }

  get shape(): readonly number[] {
    return this.tensor.dims;
  }

  async read(): Promise<Value> {
    const kind = kindOf[this.tensor.type as keyof typeof kindOf];
    const data = (await this.tensor.getData()) as Value["data"];
    return { kind, shape: this.tensor.dims, data };
  }

  dispose(): void {
    this.tensor.dispose();
  }
}

/** Opens a session of either package; failures name the provider. */
export async function openSession(
  ort: Ort,
  model: Uint8Array,
  { options, settings }: { options: SessionOptions; settings: InferenceSession.SessionOptions },
): Promise<Session> {
  let session: InferenceSession;
  try {
    session = await ort.InferenceSession.create(model, {
      graphOptimizationLevel: "all",
      executionMode: "sequential",
      // Failures come back as errors; its own lines would stand between those of the command line.
      logSeverityLevel: 4,
      ...(options.threads > 0 ? { intraOpNumThreads: options.threads } : {}),
      interOpNumThreads: 1,
      // Its plan of one large block comes on top of what the first run took: twice the memory, and no faster.
      enableMemPattern: false,
      ...settings,
    });
  } catch (cause) {
    throw new RunError(`Cannot open a model on provider ${options.provider}: ${messageOf(cause)}`, {
      cause,
    });
  }
  return ortSession(ort, session, options.provider);
}

function ortSession(ort: Ort, session: InferenceSession, provider: Provider): Session {
  let open = true;
  return {
    provider,
    async run(inputs, outputs) {
      if (!open) throw new InputError("Cannot run: found a disposed session, wanted an open one");
      const feeds: Record<string, Tensor> = {};
      for (const [name, held] of Object.entries(inputs)) feeds[name] = (held as OrtHeld).tensor;
      try {
        const results = await session.run(feeds, [...outputs]);
        return Object.fromEntries(
          Object.entries(results).map(([name, tensor]) => [name, new OrtHeld(tensor as Tensor)]),
        );
      } catch (cause) {
        throw new RunError(`Cannot run a model on provider ${provider}: ${messageOf(cause)}`, {
          cause,
        });
      }
    },
    hold: (value) => new OrtHeld(new ort.Tensor(typeOf[value.kind], value.data, value.shape)),
    async dispose() {
      if (!open) return;
      open = false;
      await session.release();
    },
  };
}
