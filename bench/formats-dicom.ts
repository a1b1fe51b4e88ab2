/**
 * Reading a CT series of 512×512×100: files to a sorted float32 volume in HU, by this package, by pydicom
 * (with gdcm and with Pillow where they decode the syntax) and by dcmtk's decoders (one process a file, its
 * time without anything else done to the pixels). Rounds alternate; wall and CPU seconds of the reading
 * alone, without the start of the process, as medians with the range.
 *
 *   npx tsx bench/formats-dicom.ts [slices, 100] [rounds, 3] [python, /usr/bin/python3]
 */
import { execFileSync } from "node:child_process";
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { peerEnvironment } from "./peers/environment.ts";
import { makeImage } from "../src/core/image.ts";
import { streamOf } from "../src/core/random.ts";
import { writeNewDicom } from "../src/dicom/create.ts";
import {
  explicitLittle,
  jpeg2000Lossless,
  jpegLsLossless,
  rleLossless,
} from "../src/dicom/transfer-syntax.ts";
import { groupSeries, readSeries } from "../src/files/series.ts";

const slices = Number(process.argv[2] ?? 100);
const rounds = Number(process.argv[3] ?? 3);
const python = process.argv[4] ?? "/usr/bin/python3";
const side = 512;
const peer = fileURLToPath(new URL("formats-dicom.py", import.meta.url));

const syntaxes = [
  { name: "uncompressed", uid: explicitLittle, peers: ["numpy"], dcmtk: undefined },
  { name: "RLE", uid: rleLossless, peers: ["gdcm"], dcmtk: "dcmdrle" },
  { name: "JPEG-LS", uid: jpegLsLossless, peers: ["gdcm"], dcmtk: "dcmdjpls" },
  { name: "JPEG 2000", uid: jpeg2000Lossless, peers: ["gdcm", "pillow"], dcmtk: undefined },
] as const;

interface Time {
  readonly wall: number;
  readonly cpu: number;
  readonly sum: number;
}

/** A noisy disc in air, with HU as a scanner gives them. */
function slice(k: number): Float32Array {
  const stream = streamOf(1, "bench-series", k);
  const values = new Float32Array(side * side);
  for (let i = 0; i < values.length; i++) {
    const x = (i % side) - 256;
    const y = Math.floor(i / side) - 256;
    const body = x * x + 1.6 * y * y < 200 * 200;
    values[i] = body
      ? 40 + 60 * Math.sin(x / 40) * Math.cos(y / 30) + 15 * stream.normal()
      : -1000 + 8 * stream.normal();
  }
  return values;
}

async function ours(folder: string): Promise<Time> {
  const wall = performance.now();
  const cpu = process.cpuUsage();
  const files = readdirSync(folder).map((name) => ({
    name,
    bytes: readFileSync(join(folder, name)),
  }));
  const { image } = await readSeries(groupSeries(files).series[0]!);
  const used = process.cpuUsage(cpu);
  const time = { wall: (performance.now() - wall) / 1000, cpu: (used.user + used.system) / 1e6 };
  let sum = 0;
  for (const value of image.data) sum += value;
  return { ...time, sum };
}

function pydicom(folder: string, handler: string): Time | undefined {
  try {
    const text = execFileSync(python, [peer, folder, handler], {
      env: peerEnvironment(1),
      encoding: "utf8",
      stdio: ["ignore", "pipe", "ignore"],
    });
    const [wall, cpu, sum] = text.split(" ").map(Number);
    return { wall: wall!, cpu: cpu!, sum: sum! };
  } catch {
    return undefined;
  }
}

function dcmtk(folder: string, tool: string): Time | undefined {
  const wall = performance.now();
  try {
    for (const name of readdirSync(folder))
      execFileSync(tool, [join(folder, name), "/dev/null"], { stdio: "ignore" });
  } catch {
    return undefined;
  }
  return { wall: (performance.now() - wall) / 1000, cpu: NaN, sum: NaN };
}

function summary(times: readonly number[]): string {
  const sorted = [...times].sort((a, b) => a - b);
  const middle = sorted[Math.floor(sorted.length / 2)]!;
  return `${middle.toFixed(3)} (${sorted[0]!.toFixed(3)}–${sorted.at(-1)!.toFixed(3)})`;
}

const root = mkdtempSync(join(tmpdir(), "dprime-bench-"));
try {
  console.log(
    `${cpus()[0]?.model}, ${cpus().length} cores; Node ${process.version}; ${slices} slices of ${side} × ${side}, ${rounds} rounds`,
  );
  const volumes = Array.from({ length: slices }, (_, k) => slice(k));
  for (const syntax of syntaxes) {
    const folder = join(root, syntax.name.replace(" ", "-"));
    mkdirSync(folder);
    for (const [k, values] of volumes.entries()) {
      const image = makeImage(values, [side, side], {
        unit: "HU",
        spacing: [1, 0.7, 0.7],
        origin: [0, 0, k],
      });
      const { bytes } = await writeNewDicom(image, {
        transferSyntax: syntax.uid,
        seriesUid: "2.25.1",
        frameOfReferenceUid: "2.25.2",
        instanceNumber: k + 1,
      });
      writeFileSync(join(folder, `${String(k).padStart(4, "0")}.dcm`), bytes);
    }
    const size = readdirSync(folder).reduce(
      (sum, name) => sum + statSync(join(folder, name)).size,
      0,
    );
    // Warms the page cache, the just-in-time compiler and the codecs once.
    const { sum } = await ours(folder);
    const runs: Record<string, Time[]> = {};
    const note = (name: string, time: Time | undefined) => {
      if (!time) return;
      if (Number.isFinite(time.sum) && Math.abs(time.sum - sum) > 1)
        throw new Error(`${name} read other values: ${time.sum}, ours ${sum}`);
      const list = runs[name] ?? [];
      list.push(time);
      runs[name] = list;
    };
    for (let round = 0; round < rounds; round++) {
      note("dprime", await ours(folder));
      for (const handler of syntax.peers) note(`pydicom + ${handler}`, pydicom(folder, handler));
      if (syntax.dcmtk) note(`dcmtk ${syntax.dcmtk}`, dcmtk(folder, syntax.dcmtk));
    }
    console.log(`\n${syntax.name}, ${(size / 2 ** 20).toFixed(0)} MiB`);
    const own = runs.dprime!.map(({ wall }) => wall).sort((a, b) => a - b)[Math.floor(rounds / 2)]!;
    for (const [name, times] of Object.entries(runs)) {
      const walls = times.map(({ wall }) => wall);
      const middle = [...walls].sort((a, b) => a - b)[Math.floor(walls.length / 2)]!;
      const cpu = times.every((time) => Number.isFinite(time.cpu))
        ? `, CPU ${summary(times.map((time) => time.cpu))}`
        : "";
      console.log(
        `  ${name.padEnd(18)} ${summary(walls)} s${cpu}${name === "dprime" ? "" : `; ${(middle / own).toFixed(2)} of dprime's time`}`,
      );
    }
  }
} finally {
  rmSync(root, { recursive: true, force: true });
}
