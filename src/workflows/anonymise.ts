/** DICOM files of a path without the person. */
import { readFile, stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { FormatError, InputError, messageOf, throwIfAborted } from "../core/errors.ts";
import type { WorkOptions } from "../core/progress.ts";
import { type AnonymiseEntry, anonymiseDicom } from "../dicom/anonymise.ts";
import { looksLikeDicom } from "../dicom/parse.ts";
import { skippedText, walkFolder } from "../files/files.ts";
import { checkFolder, checkPlaces, outputFile, type OutputOptions, writeFiles } from "./output.ts";

export interface AnonymiseOptions extends WorkOptions, OutputOptions {
  /** New patient ID; empty when absent. */
  readonly patientId?: string | undefined;
  /** New patient name; empty when absent. */
  readonly patientName?: string | undefined;
}

export interface AnonymiseReport {
  readonly output: string;
  readonly written: readonly string[];
  /** What was done to which attribute, over all files. */
  readonly attributes: readonly AnonymiseEntry[];
  readonly warnings: readonly string[];
  /** The warnings, and a line for each file that was not written. */
  readonly notes: readonly string[];
  /** Files that were not written, with the reason. */
  readonly refused: readonly { readonly name: string; readonly reason: string }[];
  /** How many of those are DICOM and damaged. */
  readonly damaged: number;
}

/**
 * Removes what identifies a person from a DICOM file, or from all of a folder and its subfolders.
 *
 * @param output a file, or for a folder a folder; files in it are named by their new UIDs
 * @throws InputError when there is no DICOM file, or the output is no place to write to
 */
export async function anonymise(
  input: string,
  output: string,
  options: AnonymiseOptions = {},
): Promise<AnonymiseReport> {
  const { force, patientId, patientName, signal, onProgress } = options;
  const found = await stat(input).catch((error: unknown) => {
    throw new InputError(`Cannot open ${input}: found no such file or folder, wanted DICOM`, {
      cause: error,
    });
  });
  const folder = found.isDirectory();
  const refused: { name: string; reason: string }[] = [];
  const names = folder
    ? (await walkFolder(input, (entry) => refused.push(entry))).filter((name) => !hidden.test(name))
    : [basename(input)];
  const root = folder ? input : dirname(input);
  const single = folder ? undefined : await outputFile(output, input, { force });
  if (folder) {
    await checkPlaces([{ path: output, option: "output" }], { inputs: [input], force });
    await checkFolder(output, { force });
  }
  const uids = new Map<string, string>();
  const attributes = new Map<string, AnonymiseEntry>();
  const warnings = new Map<string, number>();
  const written: string[] = [];
  let damaged = 0;
  for (const [i, name] of names.entries()) {
    throwIfAborted(signal, "anonymising");
    const bytes = await readFile(join(root, name)).catch((error: unknown) => {
      throw new InputError(`Cannot open ${join(root, name)}: found a file that cannot be read`, {
        cause: error,
      });
    });
    if (folder && !looksLikeDicom(bytes)) {
      refused.push({ name, reason: "found no DICOM in it" });
      continue;
    }
    try {
      const result = anonymiseDicom(bytes, {
        uids,
        ...(patientId === undefined ? {} : { patientId }),
        ...(patientName === undefined ? {} : { patientName }),
      });
      // Names of files and folders often hold the patient's; the new UID holds nothing.
      const target = single ?? join(output, `${result.sopInstanceUid}.dcm`);
      await writeFiles([{ path: target, bytes: result.bytes }]);
      written.push(target);
      for (const warning of result.warnings)
        warnings.set(warning, (warnings.get(warning) ?? 0) + 1);
      for (const entry of result.report) {
        const key = `${entry.tag} ${entry.deed}`;
        attributes.set(key, { ...entry, count: entry.count + (attributes.get(key)?.count ?? 0) });
      }
    } catch (error) {
      if (!folder || !(error instanceof FormatError)) throw error;
      refused.push({ name, reason: messageOf(error) });
      damaged++;
    }
    onProgress?.({ done: i + 1, total: names.length, label: "anonymising" });
  }
  if (written.length === 0) {
    throw new InputError(
      `Cannot anonymise ${input}: found no DICOM file that can be read, wanted at least one`,
    );
  }
  const warned = [...warnings].map(([text, count]) =>
    count === written.length ? text : `${text} (${count} of ${written.length} files)`,
  );
  return {
    output: single ?? output,
    written,
    attributes: [...attributes.values()].sort((a, b) => (a.tag < b.tag ? -1 : 1)),
    warnings: warned,
    notes: [...warned, ...refused.map(skippedText)],
    refused,
    damaged,
  };
}

/** Names of files that begin with a point. */
const hidden = /(^|\/)\.[^/]*$/;
