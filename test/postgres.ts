/**
 * A PostgreSQL server of a test's own: made in a temporary folder, reached by a Unix socket in it, gone
 * afterwards. The server refuses to run as root, so root starts it as an unprivileged user.
 */
import { type ChildProcess, execFileSync, spawn, type SpawnOptions } from "node:child_process";
import { once } from "node:events";
import { chownSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";

export interface PostgresServer {
  /** URL of its one database. */
  readonly url: string;
  /** Ends it as a crash would, and starts it again after some ms. */
  crash(awayMs?: number): Promise<void>;
  stop(): Promise<void>;
}

/** Folder of the newest server's programs as Debian and others lay them, or undefined. */
function programs(): string | undefined {
  const debian = "/usr/lib/postgresql";
  const versions = existsSync(debian) ? readdirSync(debian).map(Number) : [];
  const folders = versions.sort((a, b) => b - a).map((version) => `${debian}/${version}/bin`);
  const onPath = (process.env.PATH ?? "").split(":");
  return [...folders, ...onPath].find(
    (folder) => existsSync(join(folder, "initdb")) && existsSync(join(folder, "postgres")),
  );
}

/** Numbers of a user that may run the server; nothing when this process may. */
function unprivileged(): { uid: number; gid: number } | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const users = readFileSync("/etc/passwd", "utf8").split("\n");
  for (const wanted of ["postgres", "nobody"]) {
    const [, , uid, gid] = users.find((line) => line.startsWith(`${wanted}:`))?.split(":") ?? [];
    if (uid !== undefined && gid !== undefined) return { uid: Number(uid), gid: Number(gid) };
  }
  throw new Error("Cannot start PostgreSQL: found only root, wanted a user postgres or nobody");
}

/** Starts a server; undefined, with a printed line, when none is installed. */
export async function startPostgres(): Promise<PostgresServer | undefined> {
  const bin = programs();
  if (bin === undefined) {
    console.log("postgres: skipped, no PostgreSQL server is installed");
    return undefined;
  }
  // A socket's path may have 107 characters, fewer than some folders for temporary files.
  const folder = mkdtempSync(join(tmpdir().length < 60 ? tmpdir() : "/tmp", "dprime-postgres-"));
  const user = unprivileged();
  if (user !== undefined) chownSync(folder, user.uid, user.gid);
  const options: SpawnOptions = {
    ...user,
    cwd: folder,
    env: { PATH: process.env.PATH, LC_ALL: "C", TZ: "UTC", HOME: folder },
  };
  const data = join(folder, "data");
  execFileSync(
    join(bin, "initdb"),
    ["-D", data, "-U", "dprime", "-A", "trust", "-E", "UTF8", "--no-locale", "--no-sync"],
    { ...options, stdio: ["ignore", "ignore", "pipe"] },
  );
  let server: ChildProcess | undefined;
  let said = "";
  const start = async (): Promise<void> => {
    // The shell ends the server when its own input ends: also when the test is killed.
    const script = '"$@" </dev/null & pid=$!; cat >/dev/null; kill -INT $pid; wait $pid';
    const words = ["-D", data, "-k", folder, "-c", "listen_addresses=", "-c", "fsync=off"];
    server = spawn("/bin/sh", ["-c", script, "sh", join(bin, "postgres"), ...words], {
      ...options,
      stdio: ["pipe", "ignore", "pipe"],
    });
    server.stderr!.setEncoding("utf8").on("data", (text: string) => (said += text));
    const deadline = performance.now() + 30_000;
    while (!/ready to accept connections/.test(said)) {
      if (server.exitCode !== null || performance.now() > deadline) {
        throw new Error(`Cannot start PostgreSQL: found\n${said}`);
      }
      await pause(20);
    }
  };
  const serverId = (): number =>
    Number(readFileSync(join(data, "postmaster.pid"), "utf8").split("\n")[0]);
  const ended = async (): Promise<void> => {
    if (server !== undefined && server.exitCode === null) await once(server, "exit");
  };
  const stop = async (): Promise<void> => {
    server?.stdin?.end();
    await ended();
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    await start();
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    url: `postgres://dprime@localhost/postgres?host=${encodeURIComponent(folder)}`,
    crash: async (awayMs = 0) => {
      said = "";
      process.kill(serverId(), "SIGQUIT");
      server?.stdin?.end();
      await ended();
      await pause(awayMs);
      await start();
    },
    stop,
  };
}
