/** The command line in this process, with what it printed. */
import { type Effects, runCommandLine } from "../src/cli/run.ts";

export interface Called {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** Runs one command line; a second passes with every look at the clock. */
export async function commandLine(
  words: readonly string[],
  changes: Partial<Effects> = {},
): Promise<Called> {
  let out = "";
  let err = "";
  let time = 0;
  const code = await runCommandLine(words, {
    out: (text) => void (out += text),
    err: (text) => void (err += text),
    terminal: { isTerminal: false, columns: 80 },
    signal: new AbortController().signal,
    now: () => (time += 1000),
    version: () => "9.9.9",
    ...changes,
  });
  return { code, out, err };
}
