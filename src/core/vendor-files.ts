/**
 * Files of the package's folder `vendor`: WebAssembly modules and fonts. Node reads them from the
 * package. A page fetches them from where its bundler put them, or from where it says that it serves them.
 */
import { messageOf, RunError } from "./errors.ts";

let folder: URL | undefined;

/**
 * Says where a page serves the package's folder `vendor`, for bundlers such as plain esbuild that do not
 * follow `new URL(…, import.meta.url)`. To be called before the first network or compressed DICOM file.
 *
 * @param address address of the folder, absolute or relative to the page
 */
export function setVendorFolder(address: string | URL): void {
  const text = String(address);
  const base = (globalThis as { location?: { href: string } }).location?.href;
  folder = new URL(text.endsWith("/") ? text : `${text}/`, base);
}

/** Where a page serves a file of the folder, by its path there; undefined when nobody has said. */
export function vendorAddress(path: string): URL | undefined {
  return folder === undefined ? undefined : new URL(path, folder);
}

/**
 * Reads one of the files.
 *
 * @throws RunError when it is not there
 */
export async function readVendorFile(address: URL): Promise<Uint8Array<ArrayBuffer>> {
  try {
    if (address.protocol === "file:" && typeof process !== "undefined") {
      const { readFile } = process.getBuiltinModule("node:fs/promises");
      return new Uint8Array(await readFile(address));
    }
    const response = await fetch(address);
    if (!response.ok) throw new Error(`status ${response.status}`);
    return new Uint8Array(await response.arrayBuffer());
  } catch (cause) {
    throw new RunError(
      `Cannot read ${address.href}: found ${messageOf(cause)}, wanted the file of the package's folder vendor (see setVendorFolder)`,
      { cause },
    );
  }
}
