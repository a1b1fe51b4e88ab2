/** `dicomweb://…` in place of a path: a series of an archive by way of a temporary folder. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { WorkOptions } from "../core/progress.ts";
import { isDicomWeb } from "../pacs/index.ts";
import type { Command } from "./commands/command.ts";

type Values = Readonly<Record<string, unknown>>;

/**
 * Runs a command on folders in place of addresses: what it reads is got before, what it writes is stored after.
 * Storing that fails half way is completed by the next call, as objects that are there are not sent again.
 */
export async function withArchives<R>(
  command: Command,
  {
    values,
    work: options,
    note,
  }: {
    readonly values: Values;
    readonly work: WorkOptions;
    readonly note: (line: string) => void;
  },
  work: (values: Values) => Promise<R>,
): Promise<R> {
  const described = Object.entries({ ...command.arguments, ...command.options });
  const isAddress = (value: unknown): value is string =>
    typeof value === "string" && isDicomWeb(value);
  const found = described.filter(
    ([name, { pipe }]) => pipe !== undefined && [values[name]].flat().some(isAddress),
  );
  if (found.length === 0) return work(values);
  const { getFromPacs, putToPacs } = await import("../workflows/pacs-files.ts");
  const folder = await mkdtemp(join(tmpdir(), "dprime-archive-"));
  try {
    let count = 0;
    const outputs: { address: string; made: string }[] = [];
    const local = async (value: unknown, pipe: "input" | "output" | undefined) => {
      if (!isAddress(value)) return value;
      const path = join(folder, String(count++), "series");
      if (pipe === "output") outputs.push({ address: value, made: path });
      else await getFromPacs(value, path, options);
      return path;
    };
    const replaced: Record<string, unknown> = {};
    for (const [name, { pipe }] of found) {
      const value = values[name];
      if (!Array.isArray(value)) replaced[name] = await local(value, pipe);
      else {
        const items: unknown[] = [];
        for (const item of value as readonly unknown[]) items.push(await local(item, pipe));
        replaced[name] = items;
      }
    }
    const result = await work({ ...values, ...replaced });
    for (const { address, made } of outputs) {
      const { stored, present } = await putToPacs(made, address, options);
      note(`${stored.length} objects stored in ${address}, ${present.length} were there already`);
    }
    return result;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
