/**
 * Cholesky factor of a 4096×4096 float64 matrix on one thread: the WebAssembly kernel against numpy's,
 * in alternation.
 *
 *   npx tsx bench/cholesky.ts [size, 4096] [rounds, 3] [python, python3]
 */
import { execFileSync } from "node:child_process";
import { peerEnvironment } from "./peers/environment.ts";
import { streamOf } from "../src/core/random.ts";
import { cholesky, choleskySolve } from "../src/math/cholesky.ts";

const n = Number(process.argv[2] ?? 4096);
const rounds = Number(process.argv[3] ?? 3);
const python = process.argv[4] ?? "python3";

const stream = streamOf(1, "cholesky");
const a = new Float64Array(n * n);
for (let i = 0; i < n; i++) {
  for (let j = 0; j < i; j++) a[i * n + j] = a[j * n + i] = stream.uniform() - 0.5;
  a[i * n + i] = n;
}

const pythonCode = `
import time, numpy as np
n = ${n}
a = np.random.default_rng(1).uniform(-0.5, 0.5, (n, n)); a = np.tril(a, -1); a = a + a.T + n * np.eye(n)
np.linalg.cholesky(a)
t = time.perf_counter(); c = time.process_time(); np.linalg.cholesky(a)
print(time.perf_counter() - t, time.process_time() - c)
`;

function numpySeconds(): [number, number] | undefined {
  try {
    const out = execFileSync(python, ["-c", pythonCode], {
      env: peerEnvironment(1),
      encoding: "utf8",
      stdio: ["ignore", "pipe", "ignore"],
    });
    const [wall, cpu] = out.trim().split(/\s+/).map(Number);
    return [wall!, cpu!];
  } catch {
    return undefined;
  }
}

cholesky(a.slice(0, 512 * 512), 512);
for (let round = 0; round < rounds; round++) {
  const start = performance.now();
  const cpu = process.cpuUsage();
  const result = cholesky(a, n);
  const wall = (performance.now() - start) / 1e3;
  const used = process.cpuUsage(cpu);
  if (result.status !== "ok") throw new Error("unreachable: the matrix is diagonally dominant");
  const b = Float64Array.from({ length: n }, (_, i) => Math.sin(i));
  const x = choleskySolve(result.factor, b);
  let worst = 0;
  for (let i = 0; i < n; i += 97) {
    let s = -b[i]!;
    for (let j = 0; j < n; j++) s += a[i * n + j]! * x[j]!;
    worst = Math.max(worst, Math.abs(s));
  }
  const own = (used.user + used.system) / 1e6;
  console.log(
    `dprime ${n}: ${wall.toFixed(2)} s wall, ${own.toFixed(2)} s CPU, residual ${worst.toExponential(1)}`,
  );
  const numpy = numpySeconds();
  if (numpy)
    console.log(`numpy  ${n}: ${numpy[0].toFixed(2)} s wall, ${numpy[1].toFixed(2)} s CPU`);
  else if (round === 0) console.log(`Skipped: no ${python} with numpy here.`);
}
