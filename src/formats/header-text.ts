/** Text of file headers: UTF-8 where it is, Latin-1 for the older ones that are not. */

/** Never fails: bytes that are no UTF-8 are read as Latin-1. */
export function headerText(bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return new TextDecoder("latin1").decode(bytes);
  }
}

/** Bytes of a header in UTF-8, in which names of files and people keep their letters. */
export function headerBytes(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}
