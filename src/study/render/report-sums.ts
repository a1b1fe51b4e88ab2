/** Checksums of a report's files, in the form that `sha256sum -c` reads. */
import { readFile } from "node:fs/promises";
import { isAbsolute, join, normalize } from "node:path";
import { sha256 } from "../../core/checksum.ts";
import { InputError, throwIfAborted } from "../../core/errors.ts";
import type { WorkOptions } from "../../core/progress.ts";

/** Name of the file in a report's folder. */
export const sumsName = "SHA256SUMS";

/** @param files names below the folder, with `/` on every system, and their bytes */
export function sumsText(files: readonly { name: string; bytes: Uint8Array }[]): string {
  return files.map(({ name, bytes }) => `${sha256(bytes)}  ${name}\n`).join("");
}

/** A file of a report that is not as it was written. */
export interface ReportFault {
  readonly file: string;
  readonly about: "missing" | "changed";
}

/**
 * Compares the files of a report's folder with their checksums.
 *
 * @returns how many were looked at, and those that are missing or changed
 * @throws InputError on a folder without checksums, or a list of them that is damaged
 */
export async function checkReport(
  folder: string,
  { signal }: Pick<WorkOptions, "signal"> = {},
): Promise<{ readonly files: number; readonly faults: readonly ReportFault[] }> {
  const text = await readFile(join(folder, sumsName), "utf8").catch((cause: unknown) => {
    throw new InputError(
      `Cannot check ${folder}: found no ${sumsName} in it, wanted the folder of a report`,
      { cause },
    );
  });
  const lines = text.split("\n").filter((line) => line !== "");
  const faults: ReportFault[] = [];
  for (const line of lines) {
    throwIfAborted(signal, `checking ${folder}`);
    const [, hash, file] = /^([0-9a-f]{64}) [ *](.+)$/.exec(line) ?? [];
    if (
      hash === undefined ||
      file === undefined ||
      isAbsolute(file) ||
      normalize(file).startsWith("..")
    ) {
      throw new InputError(
        `Cannot check ${folder}: found the line ${JSON.stringify(line)} in ${sumsName}, wanted a checksum and the name of a file in the folder`,
      );
    }
    const bytes = await readFile(join(folder, file)).catch(() => undefined);
    if (bytes === undefined) faults.push({ file, about: "missing" });
    else if (sha256(bytes) !== hash) faults.push({ file, about: "changed" });
  }
  return { files: lines.length, faults };
}
