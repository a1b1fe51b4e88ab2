/** Programs of a scheduler, called with words and never through a shell. */
import { spawn } from "node:child_process";

export interface ProgramEnd {
  /** Exit code; undefined where the program is not installed. */
  readonly code: number | undefined;
  readonly out: string;
  readonly err: string;
}

/** Runs a program to its end. */
export type RunProgram = (
  words: readonly string[],
  options?: {
    readonly input?: string;
    readonly environment?: Readonly<Record<string, string>>;
  },
) => Promise<ProgramEnd>;

/** Longer than a scheduler under load takes to answer. */
const patienceMilliseconds = 120_000;

export const runProgram: RunProgram = ([program = "", ...words], { input, environment } = {}) =>
  new Promise((resolve) => {
    const child = spawn(program, words, {
      stdio: ["pipe", "pipe", "pipe"],
      timeout: patienceMilliseconds,
      env: { ...process.env, ...environment },
    });
    let out = "";
    let err = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => void (out += text));
    child.stderr.setEncoding("utf8").on("data", (text: string) => void (err += text));
    // One that ends at once does not read its input.
    child.stdin.on("error", () => undefined);
    child.on("error", (error: Error & { code?: string }) =>
      resolve({ code: error.code === "ENOENT" ? undefined : 127, out, err: err || error.message }),
    );
    child.on("close", (code, signal) =>
      resolve({
        code: code ?? 128,
        out,
        err: signal === null ? err : `${err}ended by ${signal}`,
      }),
    );
    child.stdin.end(input ?? "");
  });

/** A word as a shell takes it literally. */
export function shellWord(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}

/** What a program said, in one line. */
export function saidBy({ out, err }: ProgramEnd): string {
  return (err.trim() || out.trim() || "nothing").replace(/\s+/g, " ");
}
