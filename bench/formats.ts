/**
 * Reading and writing a volume in every format that holds it, against nibabel and NumPy where they are
 * installed, and a large NIfTI slab by slab. Rounds alternate; medians with the range.
 *
 *   npx tsx bench/formats.ts [planes, 100] [rounds, 5] [gigabytes, 1]
 */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { open } from "node:fs/promises";
import { cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { peerEnvironment } from "./peers/environment.ts";
import { makeImage } from "../src/core/image.ts";
import { streamOf } from "../src/core/random.ts";
import { processSlabs } from "../src/files/files-slabs.ts";
import { openFile, saveImage } from "../src/files/files.ts";
import { niftiHeaderOf } from "../src/formats/nifti-new-header.ts";
import { niftiHeaderToBytes } from "../src/formats/nifti-header.ts";

const planes = Number(process.argv[2] ?? 100);
const rounds = Number(process.argv[3] ?? 5);
const gigabytes = Number(process.argv[4] ?? 1);
const folder = mkdtempSync(join(tmpdir(), "dprime-bench-"));
const stream = streamOf(1, "bench-formats");
const data = new Float32Array(planes * 512 * 512);
for (let i = 0; i < data.length; i++) {
  // Smooth anatomy with some 20 HU of noise: what compression meets in practice.
  data[i] = Math.round(
    100 * Math.sin(i / 4000) +
      10 * (stream.uniform() + stream.uniform() + stream.uniform() + stream.uniform() - 2) * 3.5,
  );
}
const image = makeImage(data, [planes, 512, 512], { spacing: [1, 0.7, 0.7], unit: "HU" });

const median = (times: readonly number[]) => {
  const sorted = [...times].sort((a, b) => a - b);
  const text = (v: number) => v.toFixed(0).padStart(6);
  return `${text(sorted[Math.floor(sorted.length / 2)]!)} ms (${sorted[0]!.toFixed(0)} to ${sorted.at(-1)!.toFixed(0)})`;
};

async function timed(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await work();
  return performance.now() - start;
}

console.log(`${cpus()[0]!.model}, ${cpus().length} cores, Node ${process.version}`);
console.log(`${planes} × 512 × 512 int16, ${rounds} rounds`);
try {
  const names = ["v.nii", "v.nii.gz", "v.nrrd", "v.mha", "v.npy", "v.npz", "v.tif"];
  const times = new Map(
    names.map((name) => [name, { read: [] as number[], write: [] as number[] }]),
  );
  for (let round = 0; round < rounds; round++) {
    for (const name of names) {
      const path = join(folder, name);
      times.get(name)!.write.push(await timed(() => saveImage(path, image, { type: "int16" })));
      times.get(name)!.read.push(await timed(() => openFile(path)));
    }
  }
  for (const name of names) {
    const { read, write } = times.get(name)!;
    const size = (statSync(join(folder, name)).size / 2 ** 20).toFixed(1);
    console.log(
      `${name.padEnd(9)} ${size.padStart(6)} MiB  read ${median(read)}  write ${median(write)}`,
    );
  }
  const script = `
import time, numpy as np, nibabel
for name in ("v.nii", "v.nii.gz", "v.npy"):
    for _ in range(${rounds}):
        start = time.perf_counter()
        path = ${JSON.stringify(folder)} + "/" + name
        a = np.load(path) if name.endswith("npy") else np.asanyarray(nibabel.load(path).dataobj)
        a = a.astype("f4")
        print(name, (time.perf_counter() - start) * 1000)
`;
  const peer = spawnSync("/usr/bin/python3", ["-c", script], {
    env: peerEnvironment(1),
    encoding: "utf8",
  });
  if (peer.status === 0) {
    for (const name of ["v.nii", "v.nii.gz", "v.npy"]) {
      const lines = peer.stdout.split("\n").filter((l) => l.startsWith(`${name} `));
      console.log(
        `${name.padEnd(9)} read by nibabel or NumPy ${median(lines.map((l) => Number(l.split(" ")[1])))}`,
      );
    }
  } else console.log("nibabel is absent: no comparison");

  const nz = Math.round((gigabytes * 2 ** 30) / (2 * 512 * 512));
  const path = join(folder, "large.nii");
  const file = await open(path, "w");
  const head = niftiHeaderOf(
    { ...makeImage(new Float32Array(1), [1, 1]), axes: "zyx", shape: [nz, 512, 512] },
    { type: "int16", kind: "scalar", slope: 1, intercept: 0 },
  );
  await file.write(niftiHeaderToBytes(head));
  await file.truncate(352 + nz * 512 * 512 * 2);
  await file.close();
  let boundBytes = 0;
  const milliseconds = await timed(async () => {
    ({ boundBytes } = await processSlabs(path, join(folder, "result.nii"), {
      slabBytes: 2 ** 25,
      type: "int16",
      work: (slab) => Promise.resolve(slab),
    }));
  });
  const peak = /VmHWM:\s+(\d+)/.exec(readFileSync("/proc/self/status", "utf8"))?.[1];
  console.log(
    `${gigabytes} GiB NIfTI slab by slab: ${(milliseconds / 1000).toFixed(1)} s, bound ${(boundBytes / 2 ** 20).toFixed(0)} MiB, peak of this whole process ${(Number(peak) / 1024).toFixed(0)} MiB`,
  );
} finally {
  rmSync(folder, { recursive: true });
}
