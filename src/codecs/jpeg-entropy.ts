/**
 * Entropy-coded data of JPEG with Huffman coding [wallace1992jpeg]: bits, codes and blocks of the
 * sequential and the progressive process, one scan at a time.
 */
import { FormatError } from "../core/errors.ts";

type Kind = "truncated" | "corrupt" | "unsupported" | "too-large";

export function jpegFail(message: string, kind: Kind, offset: number): never {
  throw new FormatError(message, { format: "jpeg", kind, offset });
}

export interface Component {
  readonly id: number;
  /** Sampling factors across and down. */
  readonly h: number;
  readonly v: number;
  readonly table: number;
  /** Blocks of the component itself, and with those that fill whole MCUs. */
  readonly columns: number;
  readonly rows: number;
  readonly stride: number;
  readonly height: number;
  /** Coefficients, 64 a block in natural order, `stride` × `height` blocks. */
  readonly coefficients: Int16Array;
}

export interface Frame {
  readonly width: number;
  readonly height: number;
  readonly precision: number;
  readonly progressive: boolean;
  readonly components: readonly Component[];
  readonly hMax: number;
  readonly vMax: number;
}

/** Natural index of each zigzag index. */
export const natural = Uint8Array.from([
  0, 1, 8, 16, 9, 2, 3, 10, 17, 24, 32, 25, 18, 11, 4, 5, 12, 19, 26, 33, 40, 48, 41, 34, 27, 20,
  13, 6, 7, 14, 21, 28, 35, 42, 49, 56, 57, 50, 43, 36, 29, 22, 15, 23, 30, 37, 44, 51, 58, 59, 52,
  45, 38, 31, 39, 46, 53, 60, 61, 54, 47, 55, 62, 63,
]);

/** A code table. */
export interface Huffman {
  /** Symbol and code length for every 16-bit prefix would be large; 9 bits decide most codes. */
  readonly fast: Int16Array;
  readonly maxCode: Int32Array;
  readonly valueAt: Int32Array;
  readonly symbols: Uint8Array;
}

/** Table from the number of codes of each length and their symbols. */
export function huffman(counts: Uint8Array, symbols: Uint8Array, offset: number): Huffman {
  const maxCode = new Int32Array(18).fill(-1);
  const valueAt = new Int32Array(17);
  const fast = new Int16Array(512).fill(-1);
  let code = 0;
  let k = 0;
  for (let length = 1; length <= 16; length++) {
    const n = counts[length - 1]!;
    valueAt[length] = k - code;
    for (let i = 0; i < n; i++) {
      if (code >= 1 << length)
        jpegFail("Cannot read a JPEG Huffman table: found more codes than fit", "corrupt", offset);
      if (length <= 9) {
        const from = code << (9 - length);
        fast.fill((length << 8) | symbols[k]!, from, from + (1 << (9 - length)));
      }
      code++;
      k++;
    }
    maxCode[length] = n > 0 ? code - 1 : -1;
    code <<= 1;
  }
  return { fast, maxCode, valueAt, symbols };
}

/** Bits of one entropy-coded segment. */
interface Bits {
  readonly bytes: Uint8Array;
  at: number;
  held: number;
  count: number;
  /** Set when a marker or the end of the file stands next. */
  ended: boolean;
}

function fillBits(bits: Bits): void {
  while (bits.count <= 16) {
    if (bits.ended || bits.at >= bits.bytes.length) {
      bits.ended = true;
      return;
    }
    const byte = bits.bytes[bits.at]!;
    if (byte === 0xff) {
      if (bits.bytes[bits.at + 1] !== 0) {
        bits.ended = true;
        return;
      }
      bits.at++;
    }
    bits.at++;
    bits.held = ((bits.held << 8) | byte) & 0xffffff;
    bits.count += 8;
  }
}

function early(bits: Bits): never {
  return jpegFail("Cannot decode a JPEG scan: found its end within a block", "truncated", bits.at);
}

function take(bits: Bits, n: number): number {
  if (n === 0) return 0;
  if (bits.count < n) fillBits(bits);
  if (bits.count < n) early(bits);
  bits.count -= n;
  return (bits.held >> bits.count) & ((1 << n) - 1);
}

function symbol(bits: Bits, table: Huffman): number {
  if (bits.count < 16) fillBits(bits);
  const { count } = bits;
  const peek = count >= 9 ? (bits.held >> (count - 9)) & 511 : (bits.held << (9 - count)) & 511;
  const found = table.fast[peek]!;
  if (found >= 0) {
    const length = found >> 8;
    if (length > count) early(bits);
    bits.count -= length;
    return found & 255;
  }
  let code = peek;
  for (let length = 10; length <= 16; length++) {
    if (length > count) early(bits);
    code = (bits.held >> (count - length)) & ((1 << length) - 1);
    if (table.maxCode[length]! >= 0 && code <= table.maxCode[length]!) {
      bits.count -= length;
      return table.symbols[code + table.valueAt[length]!]!;
    }
  }
  if (count < 16) early(bits);
  return jpegFail(
    "Cannot decode a JPEG scan: found a code that is in no table",
    "corrupt",
    bits.at,
  );
}

/** Value of `n` magnitude bits: the upper half positive, the lower negative. */
function extended(bits: Bits, n: number): number {
  const value = take(bits, n);
  return n > 0 && value < 1 << (n - 1) ? value - (1 << n) + 1 : value;
}

interface ScanPart {
  readonly component: Component;
  readonly dc: Huffman | undefined;
  readonly ac: Huffman | undefined;
}

/** Components, spectral band and bit positions of a scan. */
export interface Scan {
  readonly parts: readonly ScanPart[];
  readonly from: number;
  readonly to: number;
  readonly high: number;
  readonly low: number;
}

/** State that lives from block to block within one restart interval. */
interface Memory {
  readonly predictions: Int32Array;
  endOfBandRun: number;
}

function needed(table: Huffman | undefined, bits: Bits): Huffman {
  return (
    table ??
    jpegFail("Cannot decode a JPEG scan: found no Huffman table for it", "corrupt", bits.at)
  );
}

function sequentialBlock(
  bits: Bits,
  part: ScanPart,
  at: number,
  memory: Memory,
  index: number,
): void {
  const { coefficients } = part.component;
  const n = symbol(bits, needed(part.dc, bits));
  if (n > 15) jpegFail("Cannot decode a JPEG block: found a DC size above 15", "corrupt", bits.at);
  memory.predictions[index] = memory.predictions[index]! + extended(bits, n);
  coefficients[at] = memory.predictions[index]!;
  const table = needed(part.ac, bits);
  for (let k = 1; k < 64; k++) {
    const rs = symbol(bits, table);
    const size = rs & 15;
    const run = rs >> 4;
    if (size === 0) {
      if (run !== 15) return;
      k += 15;
      continue;
    }
    k += run;
    if (k > 63)
      jpegFail("Cannot decode a JPEG block: found more than 64 coefficients", "corrupt", bits.at);
    coefficients[at + natural[k]!] = extended(bits, size);
  }
}

function progressiveBlock(
  bits: Bits,
  part: ScanPart,
  at: number,
  memory: Memory,
  index: number,
  scan: Scan,
): void {
  const { coefficients } = part.component;
  const { from, to, high, low } = scan;
  if (from === 0) {
    if (high === 0) {
      const n = symbol(bits, needed(part.dc, bits));
      if (n > 15)
        jpegFail("Cannot decode a JPEG block: found a DC size above 15", "corrupt", bits.at);
      memory.predictions[index] = memory.predictions[index]! + extended(bits, n);
      coefficients[at] = memory.predictions[index]! << low;
    } else if (take(bits, 1)) coefficients[at] = coefficients[at]! | (1 << low);
    return;
  }
  const table = needed(part.ac, bits);
  if (high === 0) {
    if (memory.endOfBandRun > 0) {
      memory.endOfBandRun--;
      return;
    }
    for (let k = from; k <= to; k++) {
      const rs = symbol(bits, table);
      const size = rs & 15;
      const run = rs >> 4;
      if (size === 0) {
        if (run < 15) {
          memory.endOfBandRun = (1 << run) - 1 + take(bits, run);
          return;
        }
        k += 15;
        continue;
      }
      k += run;
      if (k > to)
        jpegFail(
          "Cannot decode a JPEG block: found a coefficient outside its band",
          "corrupt",
          bits.at,
        );
      coefficients[at + natural[k]!] = extended(bits, size) * (1 << low);
    }
    return;
  }
  refineBand(bits, table, coefficients, at, memory, scan);
}

/** Correction bits for coefficients that are not zero yet, and new ones of magnitude one. */
function refineBand(
  bits: Bits,
  table: Huffman,
  coefficients: Int16Array,
  at: number,
  memory: Memory,
  scan: Scan,
): void {
  const { from, to, low } = scan;
  const step = 1 << low;
  const correct = (place: number) => {
    const value = coefficients[place]!;
    if (take(bits, 1) && (value & step) === 0)
      coefficients[place] = value + (value > 0 ? step : -step);
  };
  let k = from;
  if (memory.endOfBandRun === 0) {
    while (k <= to) {
      const rs = symbol(bits, table);
      let run = rs >> 4;
      const size = rs & 15;
      let fresh = 0;
      if (size === 0) {
        if (run < 15) {
          memory.endOfBandRun = (1 << run) + take(bits, run);
          break;
        }
      } else {
        if (size !== 1)
          jpegFail(
            "Cannot decode a JPEG refinement: found a new coefficient above one",
            "corrupt",
            bits.at,
          );
        fresh = take(bits, 1) ? step : -step;
      }
      for (; k <= to; k++) {
        const place = at + natural[k]!;
        if (coefficients[place] !== 0) correct(place);
        else if (run-- === 0) {
          if (fresh !== 0) coefficients[place] = fresh;
          k++;
          break;
        }
      }
    }
  }
  if (memory.endOfBandRun > 0) {
    for (; k <= to; k++) {
      const place = at + natural[k]!;
      if (coefficients[place] !== 0) correct(place);
    }
    memory.endOfBandRun--;
  }
}

/** Decodes one scan; returns the byte behind its data. */
export function decodeScan(
  bytes: Uint8Array,
  at: number,
  scan: Scan,
  frame: Frame,
  interval: number,
): { end: number; stray: number } {
  const bits: Bits = { bytes, at, held: 0, count: 0, ended: false };
  const single = scan.parts.length === 1;
  const first = scan.parts[0]!.component;
  const across = single ? first.columns : Math.ceil(frame.width / (8 * frame.hMax));
  const down = single ? first.rows : Math.ceil(frame.height / (8 * frame.vMax));
  const total = across * down;
  const memory: Memory = { predictions: new Int32Array(scan.parts.length), endOfBandRun: 0 };
  const block = (part: ScanPart, place: number, index: number) => {
    if (frame.progressive) progressiveBlock(bits, part, place, memory, index, scan);
    else sequentialBlock(bits, part, place, memory, index);
  };
  for (let mcu = 0; mcu < total; mcu++) {
    if (interval > 0 && mcu > 0 && mcu % interval === 0) {
      restart(bits, (mcu / interval - 1) % 8);
      memory.predictions.fill(0);
      memory.endOfBandRun = 0;
    }
    const row = Math.floor(mcu / across);
    const column = mcu - row * across;
    for (let index = 0; index < scan.parts.length; index++) {
      const part = scan.parts[index]!;
      const { component } = part;
      if (single) block(part, (row * component.stride + column) * 64, index);
      else {
        for (let y = 0; y < component.v; y++) {
          for (let x = 0; x < component.h; x++) {
            block(
              part,
              ((row * component.v + y) * component.stride + column * component.h + x) * 64,
              index,
            );
          }
        }
      }
    }
  }
  // Whole bytes left in the bit store count as stray; the last partial byte is padding.
  let end = bits.at;
  const unused = Math.floor(bits.count / 8);
  const from = end;
  while (
    end < bytes.length &&
    !(bytes[end] === 0xff && bytes[end + 1] !== 0 && bytes[end + 1] !== 0xff)
  )
    end++;
  return { end, stray: end - from + unused };
}

/** Leaves the bits of the last byte and passes restart marker `n`. */
function restart(bits: Bits, n: number): void {
  if (bits.count >= 8)
    jpegFail(
      "Cannot decode a JPEG scan: found more data than its restart interval holds",
      "corrupt",
      bits.at,
    );
  while (bits.bytes[bits.at] === 0xff && bits.bytes[bits.at + 1] === 0xff) bits.at++;
  if (bits.at + 1 >= bits.bytes.length) early(bits);
  if (bits.bytes[bits.at] !== 0xff || bits.bytes[bits.at + 1] !== 0xd0 + n) {
    jpegFail(
      `Cannot decode a JPEG scan: found other bytes, wanted restart marker ${n}`,
      "corrupt",
      bits.at,
    );
  }
  bits.at += 2;
  bits.held = 0;
  bits.count = 0;
  bits.ended = false;
}
