/** A study on a real Slurm: tasks cancelled and killed, the controller restarted, the same hashes. */
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { afterAll, beforeAll, expect, it, vi } from "vitest";
import { openStore } from "../src/store/index.ts";
import { buildOnce, newFolder } from "./cli/dprime.ts";
import { startSlurm } from "./slurm.ts";

// Under a minute on a quiet machine; a dozen programs start here, which a busy one delays.
vi.setConfig({ testTimeout: 600_000, hookTimeout: 600_000 });

const slurm = await startSlurm({ cpus: 4, maxArraySize: 5 });
afterAll(() => slurm?.stop());
beforeAll(buildOnce);

const root = join(import.meta.dirname, "..");
const main = join(root, "dist", "cli", "main.js");
const recipe = join(root, "recipes", "chen-zhou.yaml");
const folder = newFolder("slurm");

function dprime(...words: string[]): Record<string, unknown> {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [main, ...words, "--json", "--quiet"],
    { cwd: folder, encoding: "utf8", env: { ...process.env, ...slurm?.environment } },
  );
  if (status !== 0) throw new Error(`dprime ${words.join(" ")} ended with ${status}: ${stderr}`);
  return JSON.parse(stdout) as Record<string, unknown>;
}

async function contents(place: string): Promise<unknown[]> {
  const store = await openStore(place);
  const [run] = await store.runs();
  const found: unknown[] = [];
  for (const key of run!.pieces) {
    const { values, blobs } = (await store.piece(key))!;
    found.push({ key, values, blobs });
  }
  await store.dispose();
  return found;
}

const smoke = [recipe, "--size", "smoke"];

it.skipIf(slurm === undefined)(
  "gives the numbers of one worker from an array of 8, after scancel, kill -9 and a new controller",
  async () => {
    const cluster = slurm!;
    const shared = join(folder, "shared.sqlite");
    const begun = dprime(
      "study",
      "run",
      ...smoke,
      "--store",
      shared,
      "--on",
      "slurm",
      "--array",
      "8",
      "--time",
      "20m",
      "--memory",
      "500M",
      "--lease",
      "5s",
      "--logs",
      join(folder, "logs"),
    );
    const run = String(begun.run);
    const { jobs } = (begun.submission as { handle: { jobs: string[] } }).handle;
    expect(jobs, "chunks of at most 5").toHaveLength(2);

    const store = await openStore(shared);
    const finished = async () => (await store.finished((await store.run(run))!.pieces)).size;
    const reached = async (count: number) => {
      for (const end = Date.now() + 300_000; (await finished()) < count; await pause(100)) {
        if (Date.now() > end) throw new Error(`found ${await finished()} pieces, wanted ${count}`);
      }
    };
    const running = () =>
      cluster
        .ask(["squeue", "--noheader", "--array", "--states=RUNNING", "--format=%i"])
        .split("\n")
        .filter((line) => line !== "");
    await reached(2);
    cluster.ask(["scancel", running()[0]!]);
    await cluster.restartController();
    await reached(4);
    const [victim] = running();
    const pids = cluster
      .ask(["scontrol", "listpids"])
      .split("\n")
      .filter((line) => / batch /.test(line))
      .map((line) => Number(line.trim().split(/\s+/)[0]))
      .filter((pid) => pid > 1);
    if (pids.length > 0) process.kill(pids.at(-1)!, "SIGKILL");
    await reached(6);
    const other = running().find((id) => id !== victim);
    if (other !== undefined) cluster.ask(["scancel", other]);
    const { length: all } = (await store.run(run))!.pieces;
    await reached(all);
    for (const end = Date.now() + 60_000; (await store.run(run))!.status !== "done"; ) {
      if (Date.now() > end) break;
      await pause(200);
    }
    expect((await store.run(run))!.status).toBe("done");
    await store.dispose();
    const status = dprime("study", "status", run, "--store", shared);
    expect(status).toMatchObject({ status: "done", finished: all, failures: [] });

    const alone = join(folder, "alone.sqlite");
    const report = join(folder, "report");
    dprime("study", "run", ...smoke, "--store", alone, "--workers", "1", "-o", report);
    expect(await contents(shared)).toEqual(await contents(alone));
  },
);

it.skipIf(slurm === undefined)("stops a run and takes its tasks out of line", () => {
  const store = join(folder, "stopped.sqlite");
  const begun = dprime(
    "study",
    "run",
    ...smoke,
    "--store",
    store,
    "--on",
    "slurm",
    "--array",
    "3",
    "--time",
    "20m",
    "--logs",
    join(folder, "logs"),
  );
  const run = String(begun.run);
  dprime("study", "stop", run, "--store", store);
  expect(dprime("study", "status", run, "--store", store)).toMatchObject({ status: "stopped" });
});
