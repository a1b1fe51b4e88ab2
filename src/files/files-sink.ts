/** Bytes to a file of any length, which appears whole or not at all. */
import { once } from "node:events";
import { type FileHandle, open, rename, unlink } from "node:fs/promises";
import { dirname } from "node:path";
import { createGzip } from "node:zlib";
import { clearLeftovers, syncFolder, temporaryName, writeFailure } from "./files-disk.ts";

export interface Sink {
  write(bytes: Uint8Array): Promise<void>;
  /** Gives the file its name. */
  finish(): Promise<void>;
  /** Removes what was written. */
  abandon(): Promise<void>;
}

/**
 * Opens a file for writing under a temporary name beside the target.
 *
 * @throws InputError for a place that cannot be written; RunError when the disk fails, then or later
 */
export async function openSink(
  output: string,
  options: { compress?: boolean } = {},
): Promise<Sink> {
  await clearLeftovers(dirname(output));
  const part = temporaryName(output);
  const fail = (error: unknown): never => {
    throw writeFailure(output, error);
  };
  const handle = await open(part, "wx").catch(fail);
  const all = (bytes: Uint8Array) => writeAll(handle, bytes).catch(fail);
  const settle = async () => {
    await handle.sync().catch(fail);
    await handle.close().catch(fail);
    await rename(part, output).catch(fail);
    await syncFolder(dirname(output));
  };
  const abandon = async () => {
    await handle.close().catch(() => undefined);
    await unlink(part).catch(() => undefined);
  };
  if (options.compress !== true) return { write: all, finish: settle, abandon };
  const gzip = createGzip({ level: 6 });
  // Written as it comes, one piece after the other; a failure is met by the next write.
  const drained = (async () => {
    for await (const piece of gzip) await all(piece as Uint8Array);
  })();
  drained.catch(() => gzip.destroy());
  return {
    async write(bytes) {
      if (gzip.destroyed) await drained;
      if (!gzip.write(bytes)) await Promise.race([once(gzip, "drain"), drained]);
    },
    async finish() {
      gzip.end();
      await drained;
      await settle();
    },
    async abandon() {
      gzip.destroy();
      await drained.catch(() => undefined);
      await abandon();
    },
  };
}

async function writeAll(handle: FileHandle, bytes: Uint8Array): Promise<void> {
  let at = 0;
  while (at < bytes.length) {
    at += (await handle.write(bytes, at, Math.min(bytes.length - at, 1 << 26))).bytesWritten;
  }
}

/** Scratch for values that are needed again: a file without a name that goes when it is closed. */
export interface Scratch {
  write(bytes: Uint8Array): Promise<void>;
  read(at: number, length: number): Promise<Uint8Array>;
  close(): Promise<void>;
}

/** @param output the file beside which the scratch lies; it has room for the result */
export async function openScratch(output: string): Promise<Scratch> {
  await clearLeftovers(dirname(output));
  const part = temporaryName(output);
  const fail = (error: unknown): never => {
    throw writeFailure(output, error);
  };
  const handle = await open(part, "wx+").catch(fail);
  // Where the system allows it the name goes at once, so that nothing stays even when the process is killed.
  await unlink(part).catch(() => undefined);
  return {
    write: (bytes) => writeAll(handle, bytes).catch(fail),
    async read(at, length) {
      const out = new Uint8Array(length);
      let filled = 0;
      while (filled < length) {
        const most = Math.min(length - filled, 1 << 26);
        const { bytesRead } = await handle.read(out, filled, most, at + filled).catch(fail);
        if (bytesRead === 0) fail(new Error("found a scratch file cut short"));
        filled += bytesRead;
      }
      return out;
    },
    async close() {
      await handle.close().catch(() => undefined);
      await unlink(part).catch(() => undefined);
    },
  };
}
