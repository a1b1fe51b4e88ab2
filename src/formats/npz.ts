/**
 * NPZ: a zip archive of NumPy arrays. The central directory is trusted only after its numbers fit the
 * file; members are inflated into exactly the size they claim and their checksum is checked.
 */
import { zipSync } from "fflate";
import { FormatError, messageOf } from "../core/errors.ts";
import { crc32 } from "../codecs/crc32.ts";
import type { DecodedImage, Format, ReadOptions } from "./format.ts";
import { checkGrowth, inflate } from "../codecs/inflate.ts";
import { npyArrayToBytes, npyHolds, readNpyArray } from "./npy-array.ts";

interface Member {
  readonly name: string;
  readonly method: number;
  readonly crc: number;
  readonly packed: number;
  readonly size: number;
  /** Byte of the local header. */
  readonly at: number;
}

type Kind = "truncated" | "corrupt" | "unsupported" | "empty" | "too-large";

function fail(message: string, kind: Kind, offset: number): never {
  throw new FormatError(message, { format: "npz", kind, offset });
}

/** Members by the central directory at the end of the archive. */
function membersOf(bytes: Uint8Array): Member[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let end = bytes.length - 22;
  const stop = Math.max(0, end - 65535);
  while (end >= stop && view.getUint32(end, true) !== 0x06054b50) end--;
  if (end < stop || end < 0) {
    fail(
      "Cannot read a zip archive: found no directory at its end, wanted one",
      "truncated",
      bytes.length,
    );
  }
  const count = view.getUint16(end + 10, true);
  const start = view.getUint32(end + 16, true);
  if (count === 0xffff || start === 0xffffffff)
    fail("Cannot read a zip64 archive: wanted one below 4 GiB", "unsupported", end);
  const members: Member[] = [];
  let at = start;
  for (let i = 0; i < count; i++) {
    if (at + 46 > end || view.getUint32(at, true) !== 0x02014b50) {
      fail(
        `Cannot read zip directory entry ${i}: found other bytes, wanted its signature`,
        "corrupt",
        Math.min(at, bytes.length),
      );
    }
    const nameLength = view.getUint16(at + 28, true);
    const rest = view.getUint16(at + 30, true) + view.getUint16(at + 32, true);
    if (at + 46 + nameLength > end)
      fail(
        `Cannot read zip directory entry ${i}: found a name beyond the directory`,
        "corrupt",
        at,
      );
    members.push({
      name: new TextDecoder().decode(bytes.subarray(at + 46, at + 46 + nameLength)),
      method: view.getUint16(at + 10, true),
      crc: view.getUint32(at + 16, true),
      packed: view.getUint32(at + 20, true),
      size: view.getUint32(at + 24, true),
      at: view.getUint32(at + 42, true),
    });
    at += 46 + nameLength + rest;
  }
  return members;
}

async function contentOf(
  bytes: Uint8Array,
  member: Member,
  limit: number,
): Promise<{ content: Uint8Array; offset: number }> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const { at, name } = member;
  if (at + 30 > bytes.length || view.getUint32(at, true) !== 0x04034b50) {
    fail(
      `Cannot read zip member ${name}: found no local header where the directory says`,
      "corrupt",
      Math.min(at, bytes.length),
    );
  }
  const offset = at + 30 + view.getUint16(at + 26, true) + view.getUint16(at + 28, true);
  if (offset + member.packed > bytes.length) {
    fail(
      `Cannot read zip member ${name}: found ${Math.max(0, bytes.length - offset)} bytes, wanted ${member.packed}`,
      "truncated",
      bytes.length,
    );
  }
  if (member.size > limit)
    fail(
      `Cannot read zip member ${name}: found ${member.size} bytes, wanted at most ${limit}`,
      "too-large",
      at,
    );
  const packed = bytes.subarray(offset, offset + member.packed);
  let content = packed;
  if (member.method === 8) {
    checkGrowth(member.packed, member.size, { format: "npz", offset });
    content = await inflate(packed, { format: "npz", packing: "raw", offset, wanted: member.size });
  } else if (member.method !== 0) {
    fail(
      `Cannot read zip member ${name}: found compression ${member.method}, wanted 0 or 8`,
      "unsupported",
      at + 8,
    );
  }
  if (content.length !== member.size || crc32(content) !== member.crc) {
    fail(
      `Cannot read zip member ${name}: found another size or checksum than the directory says`,
      "corrupt",
      offset,
    );
  }
  return { content, offset };
}

async function read(bytes: Uint8Array, options: ReadOptions = {}) {
  if (bytes.length < 22)
    fail(
      `Cannot read a zip archive: found ${bytes.length} bytes, wanted at least 22`,
      "truncated",
      bytes.length,
    );
  const images: DecodedImage[] = [];
  const notes: string[] = [];
  let first: FormatError | undefined;
  let remaining = 8 * (options.maxElements ?? 2 ** 28);
  for (const member of membersOf(bytes)) {
    if (!member.name.endsWith(".npy")) continue;
    const { content, offset } = await contentOf(bytes, member, remaining);
    remaining -= member.size;
    const name = member.name.slice(0, -4);
    try {
      const { decoded } = readNpyArray(content, { ...options, format: "npz", at: offset, name });
      images.push({ ...decoded, facts: name === "image" ? {} : { "array name": name } });
    } catch (error) {
      // An array of text or objects beside the images is no reason to refuse them.
      if (
        !(error instanceof FormatError) ||
        (error.kind !== "unsupported" && error.kind !== "empty")
      )
        throw error;
      first ??= error;
      notes.push(`${name} was passed over: ${messageOf(error)}`);
    }
  }
  if (images.length === 0) {
    if (first !== undefined) throw first;
    fail("Cannot read an NPZ archive: found no array in it, wanted at least one", "empty", 0);
  }
  return { format: "npz", images, notes, header: { arrays: images.map((i) => i.name) } };
}

export const npz: Format = {
  name: "npz",
  title: "NPZ",
  summary: "Several NumPy arrays in one archive",
  extensions: [".npz"],
  holds: npyHolds,
  sniff(bytes) {
    if (
      bytes.length < 34 ||
      bytes[0] !== 0x50 ||
      bytes[1] !== 0x4b ||
      bytes[2] !== 3 ||
      bytes[3] !== 4
    )
      return false;
    const length = bytes[26]! + 256 * bytes[27]!;
    return new TextDecoder().decode(bytes.subarray(30, 30 + length)).endsWith(".npy");
  },
  read,
  write(image, options) {
    return Promise.resolve().then(() => {
      const { bytes, lost } = npyArrayToBytes(image, options, "NPZ");
      const zipped = zipSync(
        { "image.npy": bytes },
        { level: options.compress === false ? 0 : 6, mtime: new Date(1980, 0, 1) },
      );
      return { files: [{ name: options.fileName, bytes: zipped }], lost };
    });
  },
};
