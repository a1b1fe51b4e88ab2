/**
 * Tensors on disk in the safetensors layout: eight bytes of header length (little-endian), a JSON header
 * with types, shapes and byte ranges, then the raw numbers. Other tools open them. A checksum over header and
 * numbers stands in the header's metadata, so that a changed byte is noticed before it becomes a weight.
 */
import { sha256 } from "../core/checksum.ts";
import { FormatError } from "../core/errors.ts";
import { sizeOf } from "../core/image.ts";

export interface NamedArray {
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

export interface TensorFile {
  readonly arrays: Readonly<Record<string, NamedArray>>;
  readonly metadata: Readonly<Record<string, string>>;
}

const checksumKey = "sha256";
/** What stands for the checksum while it is computed. */
const blank = "0".repeat(64);

/** Checksum of a header whose own checksum is blank, and of the numbers after it. */
const checksumOf = (header: Uint8Array, numbers: Uint8Array) =>
  sha256(sha256(header) + sha256(numbers));

/** Writes arrays and metadata as one block of bytes. */
export function encodeTensors({ arrays, metadata }: TensorFile): Uint8Array {
  const header: Record<string, unknown> = { __metadata__: { [checksumKey]: blank, ...metadata } };
  let end = 0;
  for (const [name, { shape, data }] of Object.entries(arrays)) {
    const start = end;
    end += data.byteLength;
    header[name] = { dtype: "F32", shape, data_offsets: [start, end] };
  }
  let text = JSON.stringify(header);
  // The block of numbers begins at a multiple of eight, so that readers may map it.
  text += " ".repeat((8 - (new TextEncoder().encode(text).length % 8)) % 8);
  const head = new TextEncoder().encode(text);
  const bytes = new Uint8Array(8 + head.length + end);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(head.length), true);
  bytes.set(head, 8);
  let at = 8 + head.length;
  for (const { data } of Object.values(arrays)) {
    bytes.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), at);
    at += data.byteLength;
  }
  const checksum = checksumOf(head, bytes.subarray(8 + head.length));
  bytes.set(new TextEncoder().encode(checksum), 8 + text.indexOf(blank));
  return bytes;
}

/** Whether the checksum that a header states is right; true where it states none, as other tools' do. */
function intact(text: string, checksum: string | undefined, numbers: Uint8Array): boolean {
  if (checksum === undefined) return true;
  const header = new TextEncoder().encode(text.replace(checksum, blank));
  return checksumOf(header, numbers) === checksum;
}

export interface DecodeTensorsOptions {
  /** Whether only files with a checksum are taken. Defaults to false. */
  readonly own?: boolean;
}

/**
 * Reads what `encodeTensors` writes, and files of other tools that hold float32 alone.
 *
 * @throws FormatError on bytes that are cut short, contradict themselves or their checksum
 */
export function decodeTensors(
  bytes: Uint8Array,
  { own = false }: DecodeTensorsOptions = {},
): TensorFile {
  const fail = (
    message: string,
    offset: number,
    kind: "truncated" | "corrupt" = "corrupt",
  ): never => {
    throw new FormatError(`Cannot read a checkpoint: ${message}`, {
      format: "safetensors",
      kind,
      offset,
    });
  };
  if (bytes.length < 8) return fail(`found ${bytes.length} bytes, wanted a header`, 0, "truncated");
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const length = Number(view.getBigUint64(0, true));
  if (length > bytes.length - 8) {
    return fail(`found a header of ${length} bytes beyond the end`, 0, "truncated");
  }
  const text = new TextDecoder().decode(bytes.subarray(8, 8 + length));
  let header: Record<string, { dtype?: string; shape?: number[]; data_offsets?: number[] }>;
  try {
    header = JSON.parse(text);
  } catch {
    return fail("found a header that is no JSON", 8);
  }
  const arrays: Record<string, NamedArray> = {};
  for (const [name, entry] of Object.entries(header)) {
    if (name === "__metadata__") continue;
    const [start = -1, stop = -1] = entry.data_offsets ?? [];
    const shape = entry.shape ?? [];
    if (entry.dtype !== "F32" || stop - start !== 4 * sizeOf(shape)) {
      return fail(`found ${name} of type ${entry.dtype} and shape [${shape.join(", ")}]`, 8);
    }
    if (start < 0 || 8 + length + stop > bytes.length) {
      return fail(`found ${name} beyond the end`, 8 + length + Math.max(0, start), "truncated");
    }
    arrays[name] = {
      shape,
      // Node's Buffer shares memory in `slice`, so the copy is asked for by name.
      data: new Float32Array(
        new Uint8Array(bytes.subarray(8 + length + start, 8 + length + stop)).buffer,
      ),
    };
  }
  const { [checksumKey]: checksum, ...metadata } = (header["__metadata__"] ?? {}) as Readonly<
    Record<string, string>
  >;
  if (own && checksum === undefined) return fail("found no checksum", 8);
  if (!intact(text, checksum, bytes.subarray(8 + length))) {
    return fail("found other bytes than its checksum was made of", 8);
  }
  return { arrays, metadata };
}
