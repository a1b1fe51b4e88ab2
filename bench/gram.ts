/**
 * Sum of outer products Σ x xᵀ of 64×64 images: what a Hotelling template from very many images is made
 * of. Times, on one thread each and in alternation: the WebAssembly kernel (float64, and float32 products), ONNX Runtime's
 * Gemm (float32 products of blocks on and below the diagonal, summed in float64, and float64), and numpy
 * (float64 and float32, which both use a symmetric rank-k update). CPU time, so that a busy machine matters less.
 *
 *   npx tsx bench/gram.ts [images per chunk, 1024] [rounds, 3] [python, python3]
 */
import { execFileSync } from "node:child_process";
import { InferenceSession, Tensor } from "onnxruntime-node";
import { peerEnvironment } from "./peers/environment.ts";
import { streamOf } from "../src/core/random.ts";
import { openGram } from "../src/math/gram.ts";

const side = 4096;
const images = 380_000;
const chunk = Number(process.argv[2] ?? 1024);
const rounds = Number(process.argv[3] ?? 3);
const python = process.argv[4] ?? "python3";
const blockSize = 512;

/** Just enough protobuf for a model of one Gemm with transA: field keys and lengths below 128 twice. */
function gemmModel(kind: "float" | "double", rows: number, a: number, b: number): Uint8Array {
  const text = (s: string) => [...Buffer.from(s)];
  const varint = (n: number): number[] => (n < 128 ? [n] : [(n & 127) | 128, ...varint(n >>> 7)]);
  const bytes = (field: number, body: number[]) => [
    ...varint(field * 8 + 2),
    ...varint(body.length),
    ...body,
  ];
  const int = (field: number, n: number) => [...varint(field * 8), ...varint(n)];
  const dimension = (n: number) => bytes(1, int(1, n));
  const value = (name: string, shape: number[]) => [
    ...bytes(1, text(name)),
    ...bytes(
      2,
      bytes(1, [...int(1, kind === "float" ? 1 : 11), ...bytes(2, shape.flatMap(dimension))]),
    ),
  ];
  const attribute = [...bytes(1, text("transA")), ...int(3, 1), ...int(20, 2)];
  const node = [
    ...bytes(1, text("a")),
    ...bytes(1, text("b")),
    ...bytes(2, text("y")),
    ...bytes(4, text("Gemm")),
    ...bytes(5, attribute),
  ];
  const graph = [
    ...bytes(1, node),
    ...bytes(2, text("g")),
    ...bytes(11, value("a", [rows, a])),
    ...bytes(11, value("b", [rows, b])),
    ...bytes(12, value("y", [a, b])),
  ];
  return Uint8Array.from([...int(1, 8), ...bytes(7, graph), ...bytes(8, int(2, 17))]);
}

async function cpuSeconds(work: () => Promise<void> | void): Promise<number> {
  const start = process.cpuUsage();
  await work();
  const used = process.cpuUsage(start);
  return (used.user + used.system) / 1e6;
}

async function openGemm(kind: "float" | "double", rows: number, a: number, b: number) {
  return InferenceSession.create(gemmModel(kind, rows, a, b), {
    intraOpNumThreads: 1,
    interOpNumThreads: 1,
  });
}

const rows = streamOf(1, "gram").normals(chunk * side);
const single = Float32Array.from(rows);

const pythonCode = `
import sys, time, numpy as np
n, m, rounds = ${side}, ${chunk}, 1
x = np.random.default_rng(1).standard_normal((m, n))
for name in ("float64", "float32"):
    y = x.astype(name)
    y.T @ y
    t = time.process_time(); y.T @ y; print(time.process_time() - t)
`;

function numpySeconds(): [number, number] | undefined {
  try {
    const out = execFileSync(python, ["-c", pythonCode], {
      env: peerEnvironment(1),
      encoding: "utf8",
      stdio: ["ignore", "pipe", "ignore"],
    });
    const [a, b] = out.trim().split(/\s+/).map(Number);
    return [a!, b!];
  } catch {
    return undefined;
  }
}

const blocks = side / blockSize;
const gemm32 = await openGemm("float", chunk, blockSize, blockSize);
const gemm64 = await openGemm("double", chunk, blockSize, blockSize);
const columnBlocks32 = Array.from({ length: blocks }, () => new Float32Array(chunk * blockSize));
const columnBlocks64 = Array.from({ length: blocks }, () => new Float64Array(chunk * blockSize));
const sum = new Float64Array(side * side);

async function byGemm(kind: "float32" | "float64"): Promise<void> {
  const parts = kind === "float32" ? columnBlocks32 : columnBlocks64;
  const from = kind === "float32" ? single : rows;
  for (let b = 0; b < blocks; b++) {
    for (let r = 0; r < chunk; r++) {
      parts[b]!.set(
        from.subarray(r * side + b * blockSize, r * side + (b + 1) * blockSize),
        r * blockSize,
      );
    }
  }
  const session = kind === "float32" ? gemm32 : gemm64;
  const tensors = parts.map((p) => new Tensor(kind, p as Float32Array, [chunk, blockSize]));
  for (let i = 0; i < blocks; i++) {
    for (let j = 0; j <= i; j++) {
      const { y } = await session.run({ a: tensors[i]!, b: tensors[j]! });
      const product = y!.data as Float32Array | Float64Array;
      for (let r = 0; r < blockSize; r++) {
        const at = (i * blockSize + r) * side + j * blockSize;
        for (let c = 0; c < blockSize; c++) sum[at + c]! += product[r * blockSize + c]!;
      }
    }
  }
}

const kernel = openGram(side);
const rough = openGram(side, { products: "float32" });
const methods: { name: string; run: () => Promise<void> | void }[] = [
  { name: "dprime kernel, float64 sums of float32 images", run: () => kernel.add(single) },
  { name: "dprime kernel, float32 products", run: () => rough.add(single) },
  { name: "ONNX Runtime Gemm, float32 products", run: () => byGemm("float32") },
  { name: "ONNX Runtime Gemm, float64", run: () => byGemm("float64") },
];
const times = new Map<string, number[]>();
const note = (name: string, t: number) => times.set(name, [...(times.get(name) ?? []), t]);
for (const { run } of methods) await run();
for (let round = 0; round < rounds; round++) {
  for (const { name, run } of methods) note(name, await cpuSeconds(run));
  const numpy = numpySeconds();
  if (numpy) {
    note("numpy, float64", numpy[0]);
    note("numpy, float32", numpy[1]);
  } else if (round === 0) console.log(`Skipped: no ${python} with numpy here.`);
}
const work = side * side * chunk;
console.log(
  `${chunk} images of 64×64, one thread, ${rounds} rounds; work n²m = ${(work / 1e9).toFixed(1)} GFLOP`,
);
for (const [name, list] of times) {
  const sorted = [...list].sort((a, b) => a - b);
  const best = sorted[0]!;
  const spread = `${best.toFixed(2)}–${sorted[sorted.length - 1]!.toFixed(2)} s`;
  console.log(
    `${name.padEnd(48)} ${spread.padEnd(14)} ${(work / best / 1e9).toFixed(1)} GFLOP/s; ${images.toLocaleString("en")} images: ${((best * images) / chunk).toFixed(0)} s`,
  );
}
