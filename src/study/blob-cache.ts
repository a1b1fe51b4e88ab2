/** The blobs that pieces read most recently, so that the same bytes are not fetched for every reader. */
import type { Store } from "../store/store.ts";
import { owned } from "./run-piece.ts";

export interface BlobCache {
  /** Bytes of a blob; `kept` when the cache holds on to them, so that they must not be moved away. */
  read(hash: string): Promise<{ bytes: Uint8Array<ArrayBuffer>; kept: boolean }>;
}

/** A cache of at most so many bytes; a blob above a quarter of them is never kept. */
export function blobCache(store: Pick<Store, "blob">, bytes: number): BlobCache {
  const held = new Map<string, Uint8Array<ArrayBuffer>>();
  let size = 0;
  return {
    read: async (hash) => {
      const known = held.get(hash);
      if (known !== undefined) {
        held.delete(hash);
        held.set(hash, known);
        return { bytes: known, kept: true };
      }
      const found = owned(await store.blob(hash));
      if (found.byteLength > bytes / 4) return { bytes: found, kept: false };
      // Another reader may have fetched it meanwhile.
      size += found.byteLength - (held.get(hash)?.byteLength ?? 0);
      held.set(hash, found);
      for (const [oldest, { byteLength }] of held) {
        if (size <= bytes) break;
        held.delete(oldest);
        size -= byteLength;
      }
      return { bytes: found, kept: true };
    },
  };
}
