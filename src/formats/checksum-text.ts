/** A short name for bytes, by which two files can be seen to hold the same. */
import { crc32 } from "../codecs/crc32.ts";

export function checksumText(bytes: Uint8Array): string {
  return `checksum ${crc32(bytes).toString(16).padStart(8, "0")}`;
}
