/** Pieces of work that survive a killed process: numbers and values under a key of all that they follow from. */
import { createHash } from "node:crypto";
import { readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { makeFolders, temporaryName } from "../../files/files.ts";

export interface Piece {
  /** Figures as JSON. */
  readonly facts: Readonly<Record<string, unknown>>;
  readonly values: Float32Array;
}

/** Where pieces are kept. */
export interface PieceStore {
  get(key: string): Promise<Piece | undefined>;
  put(key: string, piece: Piece): Promise<void>;
}

/** Keeps nothing. */
export const noPieces: PieceStore = Object.freeze({
  get: async () => undefined,
  put: async () => undefined,
});

/** A key over everything that a piece follows from; arrays count by their bytes. */
export function pieceKey(parts: Readonly<Record<string, unknown>>): string {
  const hash = createHash("sha256");
  for (const name of Object.keys(parts).sort()) {
    const value = parts[name];
    hash.update(`${name}\0`);
    if (ArrayBuffer.isView(value)) {
      hash.update(new Uint8Array(value.buffer, value.byteOffset, value.byteLength));
    } else hash.update(JSON.stringify(value) ?? "undefined");
    hash.update("\0");
  }
  return hash.digest("hex").slice(0, 40);
}

/**
 * Pieces as files of a folder: a line of JSON with a checksum of the values, then the values. A file that is cut or
 * damaged counts as absent.
 */
export function piecesIn(folder: string): PieceStore {
  const pathOf = (key: string) => join(folder, `${key}.piece`);
  return {
    async get(key) {
      const bytes = await readFile(pathOf(key)).catch(() => undefined);
      const end = bytes?.indexOf(10) ?? -1;
      if (bytes === undefined || end < 0) return undefined;
      try {
        const { sum, facts } = JSON.parse(bytes.toString("utf8", 0, end)) as {
          sum: string;
          facts: Record<string, unknown>;
        };
        const body = Uint8Array.from(bytes.subarray(end + 1));
        if (sumOf(body) !== sum) return undefined;
        return { facts, values: new Float32Array(body.buffer) };
      } catch {
        return undefined;
      }
    },
    async put(key, { facts, values }) {
      await makeFolders(folder);
      const body = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
      const head = Buffer.from(`${JSON.stringify({ sum: sumOf(body), facts })}\n`);
      const part = temporaryName(pathOf(key));
      try {
        await writeFile(part, Buffer.concat([head, body]));
        await rename(part, pathOf(key));
      } finally {
        await rm(part, { force: true });
      }
    },
  };
}

const sumOf = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");
