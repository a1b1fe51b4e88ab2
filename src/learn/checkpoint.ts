/**
 * Checkpoints in the safetensors layout: eight bytes of header length (little-endian), a JSON header
 * with types, shapes and byte ranges, then the raw numbers. Other tools open them.
 */
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

/** Writes arrays and metadata as one block of bytes. */
export function encodeTensors({ arrays, metadata }: TensorFile): Uint8Array {
  const header: Record<string, unknown> = { __metadata__: metadata };
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
  return bytes;
}

/**
 * Reads what `encodeTensors` writes.
 *
 * @throws FormatError on bytes that are cut short or contradict themselves
 */
export function decodeTensors(bytes: Uint8Array): TensorFile {
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
  let header: Record<string, { dtype?: string; shape?: number[]; data_offsets?: number[] }>;
  try {
    header = JSON.parse(new TextDecoder().decode(bytes.subarray(8, 8 + length)));
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
  return {
    arrays,
    metadata: (header["__metadata__"] ?? {}) as Readonly<Record<string, string>>,
  };
}
