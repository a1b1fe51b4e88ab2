/** What executors hand to their schedulers, with programs that only answer. */
import { mkdtempSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { hostname } from "node:os";
import { expect, it } from "vitest";
import { parse } from "yaml";
import { InputError } from "../core/errors.ts";
import type { IndexedTasks } from "./executor.ts";
import { kubernetes } from "./kubernetes.ts";
import { local } from "./local.ts";
import type { ProgramEnd, RunProgram } from "./run-program.ts";
import { slurm } from "./slurm.ts";

const tasks: IndexedTasks = {
  name: "dprime-1f2e",
  count: 12,
  program: ["/opt/node/bin/node", "/srv/it's/main.js"],
  words: ["study", "work", "1f2e", "--store", "postgres://db/x?schema=a&b"],
  folder: "/data/50% dose/logs",
  resources: { seconds: 7200, cpus: 4, memory: 8 * 2 ** 30, gpus: 1, partition: "gpu" },
};

/** Programs by name; every call is noted. */
function programs(answers: Readonly<Record<string, (words: string[]) => Partial<ProgramEnd>>>) {
  const calls: { words: readonly string[]; input?: string }[] = [];
  const run: RunProgram = async (words, { input } = {}) => {
    calls.push({ words, ...(input === undefined ? {} : { input }) });
    const answer = answers[words[0]!];
    return answer === undefined
      ? { code: undefined, out: "", err: "" }
      : { code: 0, out: "", err: "", ...answer(words.slice(1)) };
  };
  return { calls, run };
}

it("cuts an array to the site's limit and counts tasks on", async () => {
  let job = 40;
  const { calls, run } = programs({
    scontrol: () => ({ out: "Configuration\nMaxArraySize            = 5\n" }),
    sbatch: () => ({ out: `${++job};cluster\n` }),
  });
  expect(await slurm.submit(tasks, { run })).toEqual({ jobs: ["41", "42", "43"] });
  const sent = calls.filter(({ words }) => words[0] === "sbatch");
  expect(sent.map(({ words }) => words[2])).toEqual(["--array=0-4", "--array=0-4", "--array=0-1"]);
  expect(sent.map(({ input }) => /TASK_ID \+ (\d+)/.exec(input!)![1])).toEqual(["0", "5", "10"]);
  const script = sent[0]!.input!;
  for (const line of [
    "#SBATCH --time=0-02:00:00",
    "#SBATCH --mem=8192M",
    "#SBATCH --cpus-per-task=4",
    "#SBATCH --gpus=1",
    "#SBATCH --partition=gpu",
    '#SBATCH --output="/data/50%% dose/logs/%A_%a.log"',
    "#SBATCH --signal=B:TERM@120",
    "#SBATCH --requeue",
    "exec /opt/node/bin/node '/srv/it'\\''s/main.js' study work 1f2e --store 'postgres://db/x?schema=a&b'",
  ]) {
    expect(script.split("\n")).toContain(line);
  }
});

it("goes on with what Slurm accepted, and says what it refused when that is nothing", async () => {
  let calls = 0;
  const config = () => ({ out: "MaxArraySize = 10" });
  const some = programs({
    scontrol: config,
    sbatch: () => (calls++ === 0 ? { out: "7" } : { code: 1, err: "QOSMaxSubmitJobPerUserLimit" }),
  });
  expect(await slurm.submit(tasks, some)).toEqual({ jobs: ["7"] });
  const none = programs({
    scontrol: config,
    sbatch: () => ({ code: 1, err: "sbatch: error: invalid partition\n specified: gpu" }),
  });
  await expect(slurm.submit(tasks, none)).rejects.toThrow(
    "Cannot use Slurm: found sbatch: error: invalid partition specified: gpu from sbatch, wanted tasks that the cluster accepts",
  );
  await expect(slurm.submit(tasks, programs({}))).rejects.toThrow(
    /found no sbatch on this machine/,
  );
  await expect(slurm.otherMachines(tasks.resources, programs({}))).rejects.toThrow(InputError);
});

it("tells this machine from the others and counts tasks by state", async () => {
  const own = hostname().split(".")[0]!;
  const { run } = programs({
    sinfo: () => ({ out: `${own}\nnode1\nnode1\nnode2\n` }),
    squeue: () => ({
      out: "41|RUNNING|None\n41|PENDING|Resources\n41|PENDING|Resources\n99|RUNNING|None\n41|COMPLETING|None\n",
    }),
    scancel: () => ({ code: 1, err: "scancel: error: Invalid job id 42" }),
    scontrol: (words) => ({ code: words[1] === "41_3" ? 0 : 1 }),
  });
  expect(await slurm.otherMachines(tasks.resources, { run })).toEqual(["node1", "node2"]);
  expect(await slurm.states({ jobs: ["41", "42"] }, { run })).toEqual({
    waiting: 2,
    running: 2,
    ended: 1,
    notes: ["2 wait: Resources"],
  });
  await slurm.cancel({ jobs: ["42"] }, { run });
  const task = { SLURM_ARRAY_JOB_ID: "41", SLURM_ARRAY_TASK_ID: "3", SLURM_JOB_ID: "44" };
  expect(await slurm.again(task, { run })).toBe(true);
  expect(await slurm.again({ SLURM_JOB_ID: "44" }, { run })).toBe(false);
  expect(await slurm.again({}, { run })).toBe(false);
});

it("describes an Indexed Job that runs as nobody on a read-only root", async () => {
  const text = kubernetes.describe({ ...tasks, image: "registry.site/dprime:1" });
  const { kind, spec } = parse(text) as { kind: string; spec: Record<string, unknown> };
  expect(kind).toBe("Job");
  expect(spec).toMatchObject({
    completionMode: "Indexed",
    completions: 12,
    template: {
      spec: {
        restartPolicy: "Never",
        activeDeadlineSeconds: 7200,
        securityContext: { runAsNonRoot: true },
        containers: [
          {
            args: tasks.words,
            resources: { limits: { cpu: "4", memory: "8192Mi", "nvidia.com/gpu": "1" } },
            securityContext: { readOnlyRootFilesystem: true, capabilities: { drop: ["ALL"] } },
          },
        ],
      },
    },
  });
  expect(() => kubernetes.describe(tasks)).toThrow(/found no option image/);
  const { calls, run } = programs({ kubectl: () => ({ out: "job.batch/x created" }) });
  const handle = await kubernetes.submit({ ...tasks, image: "i" }, { run });
  expect(handle).toEqual({ job: tasks.name });
  expect(JSON.parse(calls[0]!.input!)).toEqual(
    parse(kubernetes.describe({ ...tasks, image: "i" })),
  );
  await expect(kubernetes.states(handle, programs({}))).rejects.toThrow(/found no kubectl/);
});

it("starts processes that outlive it, sees them end and ends them", async () => {
  const run: RunProgram = async () => ({ code: 0, out: "", err: "" });
  const folder = mkdtempSync(join(tmpdir(), "dprime-local-"));
  const program = [process.execPath, "-e"];
  const words = ["console.log(process.env.DPRIME_TASK); setTimeout(() => {}, 60000)"];
  const handle = await local.submit({ ...tasks, count: 2, program, words, folder }, { run });
  expect(await local.states(handle, { run })).toMatchObject({ running: 2, ended: 0 });
  for (let i = 0; i < 2; i++) {
    await expect
      .poll(() => readFileSync(join(folder, `${i}.log`), "utf8"), { timeout: 30_000 })
      .toBe(`${i}\n`);
  }
  await local.cancel(handle, { run });
  await expect
    .poll(() => local.states(handle, { run }), { timeout: 30_000 })
    .toMatchObject({ running: 0, ended: 2 });
});
