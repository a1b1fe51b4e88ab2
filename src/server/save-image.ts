/** A denoised image as what it was: one file, or a series as a zip of its files. */
import { readFile, rm } from "node:fs/promises";
import { basename, join } from "node:path";
import { zipSync } from "fflate";
import { InputError } from "../core/errors.ts";
import { runInWorker } from "../parallel/index.ts";
import { saving } from "./work.ts";
import type { KeptImage, Workspace } from "./workspace.ts";

export interface SavedBytes {
  readonly name: string;
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** What the file does not keep, one sentence each. */
  readonly lost: readonly string[];
}

/** Endings of formats to which an image can be saved beside its own. */
const endings: readonly string[] = [".nii.gz", ".npy", ".nrrd", ".mha", ".tif"];

/** @throws InputError when the image was not made here, or the format cannot hold it */
export async function saveImage(
  workspace: Workspace,
  { document, source }: KeptImage,
  { ending, signal }: { readonly ending?: string | undefined; readonly signal: AbortSignal },
): Promise<SavedBytes> {
  const { from, id } = document;
  if (from === undefined) {
    throw new InputError("Cannot save the image: found one as it was opened, wanted a result");
  }
  if (ending !== undefined && !endings.includes(ending)) {
    throw new InputError(
      `Cannot save as ${ending}: wanted ${endings.join(", ")} or its own format`,
    );
  }
  const saved = await runInWorker(
    saving,
    {
      source,
      folder: workspace.imageFolder(id),
      facts: document,
      denoised: from.denoised,
      name: nameOf(document.name, { method: from.denoised.method, ending }),
      into: workspace.part,
    },
    { signal },
  );
  try {
    const read = async (file: string) => new Uint8Array(await readFile(join(saved.folder, file)));
    const [first] = saved.files;
    if (saved.files.length === 1 && first !== undefined) {
      return { name: basename(first), bytes: await read(first), lost: saved.lost };
    }
    const parts: Record<string, Uint8Array> = {};
    for (const file of saved.files) parts[file] = await read(file);
    // Pixels that were compressed stay so, and others are left as fast as they are.
    const name = `${saved.files[0]?.split("/")[0] ?? "series"}.zip`;
    return { name, bytes: new Uint8Array(zipSync(parts, { level: 0 })), lost: saved.lost };
  } finally {
    await rm(saved.folder, { recursive: true, force: true });
  }
}

/** `head.nii.gz` denoised by bm3d becomes `head-bm3d.nii.gz`. */
function nameOf(
  name: string,
  { method, ending }: { readonly method: string; readonly ending?: string | undefined },
): string {
  const plain = name.replaceAll(/[^\p{L}\p{N}._ -]+/gu, "-").replace(/^[. ]+/, "") || "image";
  const [, stem = plain, own = ""] = /^(.*?)(\.nii\.gz|\.[a-z][a-z0-9]{0,5})?$/is.exec(plain) ?? [];
  return `${stem}-${method.replaceAll(/[^\w+-]+/g, "-")}${ending ?? own}`;
}
