/**
 * Bytes in and out of the disk.
 *
 * Files appear whole or not at all: they are written under a temporary name beside the target, synced
 * to the disk and renamed; a failure removes what was begun.
 */
import { createHash, randomBytes } from "node:crypto";
import { readlinkSync } from "node:fs";
import {
  type FileHandle,
  mkdir,
  open,
  readFile,
  readdir,
  rename,
  rm,
  stat,
  unlink,
} from "node:fs/promises";
import { hostname } from "node:os";
import { basename, dirname, join, resolve, sep } from "node:path";
import { CancelledError, InputError, RunError, messageOf, throwIfAborted } from "../core/errors.ts";

/** Node reads at most this many bytes into one buffer. */
const greatestFile = 2 ** 31 - 1;

/** Whether a path is a file. */
export async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    (s) => s.isFile(),
    () => false,
  );
}

/** Whether a path is a folder. */
export async function isFolder(path: string): Promise<boolean> {
  return stat(path).then(
    (s) => s.isDirectory(),
    () => false,
  );
}

/** Bytes of a whole file. @throws InputError naming the path and the reason */
export async function bytesOf(path: string): Promise<Uint8Array> {
  try {
    const found = await stat(path);
    if (found.isDirectory()) throw new InputError(`Cannot read ${path} as a file: found a folder`);
    // Opening a pipe would wait for ever for somebody to write.
    if (!found.isFile()) throw new InputError(`Cannot read ${path}: ${kindOf(found)}`);
    if (found.size > greatestFile) {
      throw new InputError(
        `Cannot read ${path} at once: found ${found.size} bytes, which take ${(found.size / 2 ** 30).toFixed(1)} GiB of memory, wanted at most ${greatestFile} bytes; of larger files only NIfTI, NPY and DICOM are read slab by slab`,
      );
    }
    const buffer = await readFile(path);
    return new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.byteLength);
  } catch (error) {
    if (error instanceof InputError) throw error;
    throw new InputError(`Cannot open ${path}: ${reasonOf(error)}`, { cause: error });
  }
}

/** An open file, as far as it is used here. */
export interface OpenFile {
  stat(): Promise<{ readonly size: number }>;
  read(
    buffer: Uint8Array,
    offset: number,
    length: number,
    position: number,
  ): Promise<{ readonly bytesRead: number }>;
  close(): Promise<void>;
}

/** Opens a file for reading in parts. @throws InputError naming the path and the reason */
export async function openRegular(path: string): Promise<OpenFile> {
  const found = await stat(path).catch(() => undefined);
  if (found !== undefined && !found.isFile() && !found.isDirectory()) {
    throw new InputError(`Cannot open ${path}: ${kindOf(found)}`);
  }
  return open(path, "r").catch((error: unknown) => {
    throw new InputError(`Cannot open ${path}: ${reasonOf(error)}`, { cause: error });
  });
}

const reasons: Readonly<Record<string, string>> = {
  ENOENT: "found no such file or folder",
  EACCES: "found no permission",
  EPERM: "found no permission",
  EROFS: "found a read-only disk",
  ENOSPC: "found the disk full",
  EDQUOT: "found the disk quota used up",
  EFBIG: "found the file beyond the allowed size",
  ENOTDIR: "found a file where a folder was wanted",
  EISDIR: "found a folder where a file was wanted",
  EMFILE: "found too many open files",
};

/** What the system says in words. */
export function reasonOf(error: unknown): string {
  const { code, path } = error as { code?: unknown; path?: unknown };
  // Node replaces the bytes of such names before they are seen here.
  if (code === "ENOENT" && typeof path === "string" && path.includes("\uFFFD")) {
    return "found a name that is no UTF-8, which cannot be opened, wanted it renamed";
  }
  return (typeof code === "string" ? reasons[code] : undefined) ?? messageOf(error);
}

const disk = new Set(["ENOSPC", "EDQUOT", "EFBIG", "EIO"]);

/** The one error for trouble while writing: RunError for the disk, InputError for a wrong place. */
export function writeFailure(path: string, error: unknown): Error {
  return failure(`Cannot write ${path}: ${reasonOf(error)}`, error);
}

function failure(message: string, error: unknown): Error {
  const code = (error as { code?: unknown }).code;
  return typeof code === "string" && !disk.has(code) && reasons[code] !== undefined
    ? new InputError(message, { cause: error })
    : new RunError(message, { cause: error });
}

/**
 * Makes a folder with those above it, one after the other. Node's own way of making several never ends where a
 * file system takes none and says that there is no such place, as /proc does, and holds a thread meanwhile.
 *
 * @returns the first folder that was not there, if any
 * @throws InputError or RunError naming the folder that could not be made
 */
export async function makeFolders(path: string): Promise<string | undefined> {
  const missing: string[] = [];
  for (let folder = resolve(path); !(await isFolder(folder)); folder = dirname(folder)) {
    missing.unshift(folder);
    if (folder === dirname(folder)) break;
  }
  let first: string | undefined;
  for (const folder of missing) {
    await mkdir(folder).then(
      () => (first ??= folder),
      async (error: unknown) => {
        // Another process may have been faster.
        if (await isFolder(folder)) return;
        // What is above it is there: with no such place the file system means that it takes none.
        const { code } = error as { code?: unknown };
        const reason =
          code === "ENOENT"
            ? "found a file system that takes no new folders"
            : code === "EEXIST"
              ? reasons.ENOTDIR
              : undefined;
        const message = `Cannot make the folder ${folder}: ${reason ?? reasonOf(error)}`;
        throw reason === undefined
          ? failure(message, error)
          : new InputError(message, { cause: error });
      },
    );
  }
  return first;
}

/** Where process numbers have one meaning: this machine and, in containers, this one. */
const place = (() => {
  let numbers = "";
  try {
    numbers = readlinkSync("/proc/self/ns/pid");
  } catch {
    // Systems without containers of this kind.
  }
  return createHash("sha256").update(`${hostname()} ${numbers}`).digest("hex").slice(0, 8);
})();

/** A name beside the target under which it is written first; it says who writes. */
export function temporaryName(path: string): string {
  const random = randomBytes(4).toString("hex");
  // Names have at most 255 bytes, which the target's own may need.
  const name = basename(path).slice(0, 40);
  return join(dirname(path), `.${name}.${place}-${process.pid}-${random}.part`);
}

const temporary = /^\..+\.([0-9a-f]{8})-([1-9][0-9]{0,9})-[0-9a-f]{8}\.part$/su;
const day = 24 * 3600 * 1000;

function runs(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as { code?: unknown }).code !== "ESRCH";
  }
}

const cleared = new Set<string>();

/**
 * Removes what killed runs began in a folder, once for each folder and process: files and folders with names
 * by `temporaryName` whose process no longer runs here, and files of other machines that nobody has written
 * to for a day. What cannot be removed stays.
 */
export async function clearLeftovers(folder: string): Promise<void> {
  const path = resolve(folder);
  if (cleared.has(path)) return;
  cleared.add(path);
  for (const entry of await readdir(path, { withFileTypes: true }).catch(() => [])) {
    const [, where, pid] = temporary.exec(entry.name) ?? [];
    if (where === undefined || !(entry.isFile() || entry.isDirectory())) continue;
    const left = join(path, entry.name);
    const here = where === place;
    if (here && runs(Number(pid))) continue;
    if (!here) {
      // A folder's time tells nothing of what is written below it.
      const found = entry.isFile() ? await stat(left).catch(() => undefined) : undefined;
      if (found === undefined || Date.now() - found.mtimeMs < day) continue;
    }
    await rm(left, { recursive: true, force: true }).catch(() => undefined);
  }
}

/**
 * Writes files that belong together: all of them appear, or none does.
 *
 * @throws InputError for a place that cannot be written; RunError when the disk fails; CancelledError
 */
export async function writeWhole(
  files: readonly { path: string; bytes: Uint8Array }[],
  { signal }: { readonly signal?: AbortSignal | undefined } = {},
): Promise<void> {
  const begun: string[] = [];
  try {
    for (const { path, bytes } of files) {
      await clearLeftovers(dirname(path));
      const part = temporaryName(path);
      const handle = await open(part, "wx").catch((error: unknown) => {
        throw writeFailure(path, error);
      });
      begun.push(part);
      await fill(handle, bytes, signal).catch((error: unknown) => {
        throw error instanceof CancelledError ? error : writeFailure(path, error);
      });
    }
    throwIfAborted(signal, `writing ${files[0]?.path}`);
    for (const [i, { path }] of files.entries()) {
      await rename(begun[i]!, path).catch((error: unknown) => {
        throw writeFailure(path, error);
      });
    }
  } catch (error) {
    for (const part of begun) await unlink(part).catch(() => undefined);
    throw error;
  }
  for (const folder of new Set(files.map((f) => dirname(f.path)))) await syncFolder(folder);
}

async function fill(
  handle: FileHandle,
  bytes: Uint8Array,
  signal: AbortSignal | undefined,
): Promise<void> {
  try {
    let at = 0;
    while (at < bytes.length) {
      throwIfAborted(signal, "writing");
      const { bytesWritten } = await handle.write(bytes, at, Math.min(bytes.length - at, 1 << 26));
      at += bytesWritten;
    }
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Makes a rename last through a power cut where the system allows a folder to be synced. */
export async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, "r").catch(() => undefined);
  await handle?.sync().catch(() => undefined);
  await handle?.close().catch(() => undefined);
}

/** An entry of a folder that cannot be an image. */
export interface Skipped {
  /** Path below the folder that was walked, with what is no text shown as �. */
  readonly name: string;
  readonly reason: string;
}

/** What is said of a file that takes no part. */
export function skippedText({ name, reason }: Skipped): string {
  return `skipped ${name}: ${reason}`;
}

/**
 * Names in a folder, sorted as people count (`2` before `10`); folders end in a slash. Pipes, devices,
 * sockets and names that are no text are left out.
 *
 * @param skip hears of what is left out
 */
async function listFolder(
  path: string,
  skip: (entry: Skipped) => void = () => undefined,
): Promise<string[]> {
  try {
    const names: string[] = [];
    for (const entry of await readdir(path, { withFileTypes: true, encoding: "buffer" })) {
      const name = entry.name.toString("utf8");
      if (!entry.name.equals(Buffer.from(name, "utf8"))) {
        skip({ name, reason: "found a name that is no UTF-8" });
        continue;
      }
      // A link is what it points to.
      const what = entry.isSymbolicLink()
        ? await stat(join(path, name)).catch(() => undefined)
        : entry;
      if (what?.isDirectory() && !entry.isSymbolicLink()) names.push(`${name}/`);
      else if (what?.isFile()) names.push(name);
      else skip({ name, reason: what === undefined ? "found a link to nothing" : kindOf(what) });
    }
    const collator = new Intl.Collator("en", { numeric: true });
    return names.sort((a, b) => collator.compare(a, b) || (a < b ? -1 : 1));
  } catch (error) {
    throw new InputError(`Cannot open folder ${path}: ${reasonOf(error)}`, { cause: error });
  }
}

interface EntryKind {
  isDirectory(): boolean;
  isFIFO(): boolean;
  isSocket(): boolean;
}

/** What an entry is that is no file. */
function kindOf(entry: EntryKind): string {
  if (entry.isDirectory()) return "found a link to a folder, which is not followed";
  return `found a ${entry.isFIFO() ? "pipe" : entry.isSocket() ? "socket" : "device"}, wanted a file`;
}

/**
 * Paths of all files below a folder, relative, with forward slashes, in counting order.
 *
 * @param skip hears of what is no file or has a name that is no text
 */
export async function walkFolder(
  root: string,
  skip: (entry: Skipped) => void = () => undefined,
): Promise<string[]> {
  const found: string[] = [];
  const visit = async (below: string): Promise<void> => {
    const inside = (name: string) => join(below, name).replaceAll(sep, "/");
    const hear = (entry: Skipped) => skip({ ...entry, name: inside(entry.name) });
    for (const name of await listFolder(join(root, below), hear)) {
      if (name.endsWith("/")) await visit(join(below, name.slice(0, -1)));
      else found.push(inside(name));
    }
  };
  await visit("");
  return found;
}
