/** Studies in real processes: killed at any moment, or several at once on one store. */
import { spawn } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, expect, it, vi } from "vitest";
import { openStore } from "../src/store/index.ts";
import { buildOnce, newFolder } from "./cli/dprime.ts";

// Child processes on a busy machine take many times as long as on a quiet one.
vi.setConfig({ testTimeout: 240_000 });

beforeAll(buildOnce);

const child = join(import.meta.dirname, "study-child.mjs");

interface Place {
  readonly store: string;
  readonly log: string;
}

function newPlace(name: string): Place {
  const folder = newFolder(name);
  return { store: join(folder, "store.sqlite"), log: join(folder, "log") };
}

const linesOf = ({ log }: Place): string[] =>
  existsSync(log) ? readFileSync(log, "utf8").split("\n").slice(0, -1) : [];

/** Starts the child; `killAt` lines in the log and some ms later it is killed. */
async function run(
  place: Place,
  options: {
    workers: number;
    leaseSeconds: number;
    killAt?: number;
    delayMs?: number;
    resume?: string;
  },
): Promise<{ killed: boolean; out: string; err: string }> {
  const { workers, leaseSeconds, killAt, delayMs = 0, resume } = options;
  const words = [child, place.store, String(workers), String(leaseSeconds)];
  const process_ = spawn(process.execPath, resume === undefined ? words : [...words, resume], {
    env: { ...process.env, DPRIME_TEST_LOG: place.log },
  });
  let out = "";
  let err = "";
  process_.stdout.on("data", (data: Buffer) => void (out += data.toString()));
  process_.stderr.on("data", (data: Buffer) => void (err += data.toString()));
  const timer = setInterval(() => {
    if (killAt === undefined || linesOf(place).length < killAt) return;
    clearInterval(timer);
    setTimeout(() => process_.kill("SIGKILL"), delayMs);
  }, 5);
  const signal = await new Promise((resolve) => process_.on("close", (_, s) => resolve(s)));
  clearInterval(timer);
  return { killed: signal === "SIGKILL", out, err };
}

/** No piece starts again after it was saved. */
function startsAfterSaving(lines: readonly string[]): string[] {
  const saved = new Set<string>();
  return lines.filter((line) => {
    const [what, name] = line.split(" ") as [string, string];
    if (what === "saved") saved.add(name);
    return what === "start" && saved.has(name);
  });
}

it("ends in the same bytes after kills at random moments, without doing finished work again", async () => {
  const whole = newPlace("study-whole");
  const straight = await run(whole, { workers: 1, leaseSeconds: 1 });
  expect(straight.err).toBe("");
  const wanted = JSON.parse(straight.out) as { status: string; left: unknown[] };
  expect(wanted.status).toBe("done");
  expect(wanted.left).toHaveLength(13);

  const place = newPlace("study-killed");
  let resume: string | undefined;
  // The moments differ from run to run of this test on purpose; the result must not.
  for (let kill = 0; kill < 4; kill++) {
    const killAt = linesOf(place).length + 2 + Math.floor(Math.random() * 5);
    const workers = 1 + (kill % 3);
    const { killed } = await run(place, {
      workers,
      leaseSeconds: 1,
      killAt,
      delayMs: Math.random() * 200,
      resume,
    });
    if (!killed) break;
    const store = await openStore(place.store);
    resume = (await store.runs())[0]?.id;
    await store.dispose();
  }
  const last = await run(place, { workers: 2, leaseSeconds: 1, resume });
  expect(last.err).toBe("");
  expect(JSON.parse(last.out)).toEqual(wanted);
  const lines = linesOf(place);
  expect(startsAfterSaving(lines)).toEqual([]);
  // A process may die between the commit and its line in the log, so at most one line a piece.
  const saved = lines.filter((line) => line.startsWith("saved"));
  expect(new Set(saved).size).toBe(saved.length);
  console.log(
    `${lines.filter((l) => l.startsWith("start")).length} starts for 13 pieces, ${lines.filter((l) => l.startsWith("resume")).length} from checkpoints`,
  );
});

it("shares the work between two processes, each piece done once", async () => {
  const place = newPlace("study-shared");
  // Longer than a busy machine holds a process up: an owner whose time is over may lose its piece.
  const one = () => run(place, { workers: 1, leaseSeconds: 60 });
  const [a, b] = await Promise.all([one(), one()]);
  expect(a.err + b.err).toBe("");
  expect(JSON.parse(a.out)).toEqual(JSON.parse(b.out));
  const lines = linesOf(place);
  expect(lines.filter((line) => line.startsWith("saved"))).toHaveLength(13);
  expect(startsAfterSaving(lines)).toEqual([]);
});
