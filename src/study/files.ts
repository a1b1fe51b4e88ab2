/** Studies and recipes as files. */
import { readFile } from "node:fs/promises";
import { parse as parseYaml } from "yaml";
import { InputError, messageOf } from "../core/errors.ts";
import { reasonOf } from "../files/files.ts";
import type { Json } from "../store/store.ts";
import { type OpenedStudy, openStudy } from "./open-study.ts";
import { studyOfDocument } from "./sizes.ts";

/**
 * Reads a study or a recipe in JSON or YAML, without checking what it says.
 *
 * @throws InputError when the file cannot be read or is neither
 */
export async function readStudyFile(path: string): Promise<Json> {
  const text = await readFile(path, "utf8").catch((cause: unknown) => {
    throw new InputError(`Cannot read the study ${path}: ${reasonOf(cause)}`, { cause });
  });
  try {
    const json = path.toLowerCase().endsWith(".json");
    return (json ? JSON.parse(text) : (parseYaml(text, { merge: true }) ?? null)) as Json;
  } catch (cause) {
    throw new InputError(`Cannot read the study ${path}: ${messageOf(cause)}`, { cause });
  }
}

export interface ReadStudyOptions {
  /** Size of a recipe. */
  readonly size?: string;
  /** Values to replace, by path. */
  readonly set?: Readonly<Record<string, string>>;
  /** What the errors call the description. */
  readonly what?: string;
}

/**
 * The checked study of a document: a recipe's at a size, with values replaced, defaults filled in.
 *
 * @throws InputError naming the field, what was found and what was wanted
 */
export async function readStudy(
  document: unknown,
  options: ReadStudyOptions = {},
): Promise<OpenedStudy> {
  const { what = "the study" } = options;
  return openStudy(studyOfDocument(document, options), { what });
}
