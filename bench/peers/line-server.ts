/** A peer program that answers one line for each line it is given. */
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";

export interface LineServer {
  /** The first line that the program printed. */
  readonly greeting: string;
  ask(line: string): Promise<string>;
  stop(): void;
}

/**
 * Environment of a peer in Python at its best: as many threads as ours, and an allocator that keeps its
 * memory. By default glibc gives large arrays back to the system after every step, and what is timed is
 * then the kernel clearing pages.
 */
export function peerEnvironment(threads: number): NodeJS.ProcessEnv {
  return {
    ...process.env,
    OMP_NUM_THREADS: String(threads),
    MKL_NUM_THREADS: String(threads),
    OPENBLAS_NUM_THREADS: String(threads),
    NUMEXPR_NUM_THREADS: String(threads),
    MALLOC_MMAP_MAX_: "0",
    MALLOC_TRIM_THRESHOLD_: String(2 ** 34),
    MALLOC_TOP_PAD_: String(2 ** 26),
  };
}

/** Starts a program; undefined when it cannot run or ends before its greeting. */
export async function startLineServer(
  command: string,
  args: readonly string[],
  { env = process.env }: { readonly env?: NodeJS.ProcessEnv } = {},
): Promise<LineServer | undefined> {
  const child = spawn(command, args, { stdio: ["pipe", "pipe", "ignore"], env });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const failed = new Promise<undefined>((resolve) => {
    child.once("error", () => resolve(undefined));
    child.once("exit", () => resolve(undefined));
  });
  const next = async () => (await lines.next()).value as string | undefined;
  const greeting = await Promise.race([next(), failed]);
  if (greeting === undefined) return undefined;
  return {
    greeting,
    async ask(line) {
      child.stdin.write(`${line}\n`);
      const answer = await next();
      if (answer === undefined) throw new Error(`${command} ended without an answer`);
      return answer;
    },
    stop: () => child.kill(),
  };
}
