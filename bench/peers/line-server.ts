/** A peer program that answers one line for each line it is given. */
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";

export interface LineServer {
  /** The first line that the program printed. */
  readonly greeting: string;
  ask(line: string): Promise<string>;
  stop(): void;
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
