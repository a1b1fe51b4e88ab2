/**
 * A Slurm cluster of one machine and a test's own: munge, controller and node in a temporary folder, without
 * systemd, on ports of 127.0.0.1, gone afterwards.
 */
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { hostname, tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";

export interface SlurmCluster {
  /** What its commands need in their environment. */
  readonly environment: Readonly<Record<string, string>>;
  /** Runs one of its commands. */
  ask(words: readonly string[]): string;
  /** Kills the controller and starts it again. */
  restartController(): Promise<void>;
  stop(): Promise<void>;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, "close");
  return port;
}

/** Starts a cluster; undefined, with a printed line, when Slurm is not installed. */
export async function startSlurm({
  cpus,
  maxArraySize,
}: {
  cpus: number;
  maxArraySize: number;
}): Promise<SlurmCluster | undefined> {
  try {
    execFileSync("/bin/sh", ["-c", "command -v munged slurmctld slurmd sbatch"], {
      env: { PATH: `${process.env.PATH}:/usr/sbin` },
    });
  } catch {
    console.log("slurm: skipped, Slurm and munge are not installed");
    return undefined;
  }
  // A socket's path may have 107 characters, fewer than some folders for temporary files.
  const folder = mkdtempSync(join(tmpdir().length < 60 ? tmpdir() : "/tmp", "dprime-slurm-"));
  chmodSync(folder, 0o755);
  for (const name of ["state", "spool", "munge"]) mkdirSync(join(folder, name), { mode: 0o755 });
  const key = join(folder, "munge.key");
  writeFileSync(key, randomBytes(128), { mode: 0o600 });
  const host = hostname().split(".")[0]!;
  const user = userInfo().username;
  const socket = join(folder, "munge", "socket");
  const conf = join(folder, "slurm.conf");
  writeFileSync(
    conf,
    `ClusterName=dprime
SlurmctldHost=${host}(127.0.0.1)
SlurmctldPort=${await freePort()}
SlurmdPort=${await freePort()}
SlurmUser=${user}
SlurmdUser=${user}
AuthType=auth/munge
AuthInfo=socket=${socket}
CredType=cred/munge
StateSaveLocation=${join(folder, "state")}
SlurmdSpoolDir=${join(folder, "spool")}
SlurmctldPidFile=${join(folder, "slurmctld.pid")}
SlurmdPidFile=${join(folder, "slurmd.pid")}
SlurmctldLogFile=${join(folder, "slurmctld.log")}
SlurmdLogFile=${join(folder, "slurmd.log")}
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SwitchType=switch/none
MpiDefault=none
ReturnToService=2
SchedulerParameters=sched_min_interval=100000,batch_sched_delay=0
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU_Memory
SlurmdParameters=config_overrides
JobRequeue=1
KillWait=20
MaxArraySize=${maxArraySize}
AccountingStorageType=accounting_storage/none
JobAcctGatherType=jobacct_gather/none
JobCompType=jobcomp/none
NodeName=${host} NodeAddr=127.0.0.1 CPUs=${cpus} RealMemory=8000 State=UNKNOWN
PartitionName=test Nodes=${host} Default=YES MaxTime=60 State=UP
`,
  );
  const environment = { SLURM_CONF: conf, PATH: `${process.env.PATH}:/usr/sbin:/sbin` };
  const children: ChildProcess[] = [];
  // The shell ends the program when its own input ends: also when the test is killed.
  const script = '"$@" </dev/null & pid=$!; cat >/dev/null; kill -TERM $pid; wait $pid';
  const start = (words: readonly string[]): ChildProcess => {
    const child = spawn("/bin/sh", ["-c", script, "sh", ...words], {
      stdio: ["pipe", "ignore", "ignore"],
      env: { ...process.env, ...environment },
      cwd: folder,
    });
    children.push(child);
    return child;
  };
  const end = async (child: ChildProcess): Promise<void> => {
    child.stdin?.end();
    if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
  };
  const ask = ([program = "", ...words]: readonly string[]): string =>
    execFileSync(program, words, {
      encoding: "utf8",
      env: { ...process.env, ...environment },
      stdio: ["ignore", "pipe", "pipe"],
    });
  const until = async (what: string, holds: () => boolean): Promise<void> => {
    for (const deadline = performance.now() + 60_000; !holds(); await pause(100)) {
      if (performance.now() < deadline) continue;
      const log = readFileSync(join(folder, "slurmctld.log"), "utf8").slice(-2000);
      throw new Error(`Cannot start Slurm: found no ${what} after a minute\n${log}`);
    }
  };
  const answers = (words: readonly string[], wanted: RegExp) => (): boolean => {
    try {
      return wanted.test(ask(words));
    } catch {
      return false;
    }
  };
  const startController = async (): Promise<ChildProcess> => {
    const child = start(["slurmctld", "-D", "-f", conf]);
    await until("controller", answers(["scontrol", "ping"], /is UP/));
    return child;
  };
  const stop = async (): Promise<void> => {
    // Steps of jobs outlive the daemon that started them.
    try {
      ask(["scancel", "--me"]);
    } catch {
      // No controller answers any more.
    }
    await Promise.all(children.map(end));
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    start([
      "munged",
      "--foreground",
      "--force",
      `--key-file=${key}`,
      `--socket=${socket}`,
      `--pid-file=${join(folder, "munged.pid")}`,
      `--log-file=${join(folder, "munged.log")}`,
      `--seed-file=${join(folder, "munged.seed")}`,
    ]);
    let controller = await startController();
    start(["slurmd", "-D", "-f", conf, "-N", host]);
    await until("node", answers(["sinfo", "--noheader", "--format=%T"], /idle|mixed|allocated/));
    return {
      environment,
      ask,
      async restartController() {
        process.kill(Number(readFileSync(join(folder, "slurmctld.pid"), "utf8")), "SIGKILL");
        await end(controller);
        controller = await startController();
      },
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}
