/**
 * Finds the CPU provider's internal block size by trying it: 16 channels with AVX-512, 8 with
 * AVX and NEON, none where the internal operators are missing. The layout is undocumented, so it is
 * used only where a small convolution in it gives the numbers of the ordinary one.
 */
import { streamOf } from "../core/random.ts";
import { lower } from "../graph/lower.ts";
import { interpret } from "../graph/interpret.ts";
import { conv } from "../graph/ops/conv.ts";
import { input } from "../graph/ops/input.ts";
import { relu } from "../graph/ops/relu.ts";
import { encodeModel } from "../onnx/encode.ts";
import { type Backend, floats } from "./backend.ts";

const found = new WeakMap<Backend, Promise<number>>();

/** Channels per block, or 0 where the blocked layout cannot be used. Tried once per backend. */
export function blockSize(backend: Backend): Promise<number> {
  let size = found.get(backend);
  if (size === undefined) {
    size = tryBlockSizes(backend);
    found.set(backend, size);
  }
  return size;
}

async function tryBlockSizes(backend: Backend): Promise<number> {
  if (backend.name !== "onnxruntime-node") return 0;
  const channels = 16;
  const x = input("x", [1, channels, 5, 4]);
  const w = input("w", [channels, channels, 3, 3]);
  const bias = input("bias", [channels]);
  const y = conv(relu(conv(x, w, { padding: 1, bias })), w, { padding: 1 });
  const stream = streamOf(1, "block size");
  const values = {
    x: { shape: [1, channels, 5, 4], data: stream.normals(channels * 20) },
    w: { shape: [channels, channels, 3, 3], data: stream.normals(channels * channels * 9) },
    bias: { shape: [channels], data: stream.normals(channels) },
  };
  const [wanted] = interpret([y], values);
  for (const block of [16, 8]) {
    try {
      const session = await backend.open(encodeModel(lower({ y }, { block })), {
        provider: "cpu",
        threads: 1,
      });
      const held = Object.fromEntries(
        Object.entries(values).map(([name, t]) => [
          name,
          session.hold(floats(Float32Array.from(t.data), t.shape)),
        ]),
      );
      const { data } = await (await session.run(held, ["y"])).y!.read();
      await session.dispose();
      const scale = Math.max(...wanted!.data.map(Math.abs));
      // Float32 sums of 144 products twice: errors stay far below a thousandth of the largest value.
      const close = wanted!.data.every((v, i) => Math.abs(Number(data[i]) - v) < 1e-3 * scale);
      if (close) return block;
    } catch {
      // The provider has no such operators: the next size, then none.
    }
  }
  return 0;
}
