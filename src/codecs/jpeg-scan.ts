/**
 * JPEG code streams [wallace1992jpeg]: markers, tables and the entropy-coded scans of the sequential
 * and progressive processes with Huffman coding, down to quantised coefficients.
 *
 * Strict where decoders for viewing are forgiving: data that ends early, codes that are in no table
 * and restart markers out of turn are errors, because filled-in grey is a wrong image.
 */
import {
  type Component,
  type Frame,
  type Huffman,
  type Scan,
  decodeScan,
  huffman,
  jpegFail,
  natural,
} from "./jpeg-entropy.ts";

export interface JpegStream {
  readonly frame: Frame;
  /** Quantisation tables as they stood for each component, natural order. */
  readonly quantisation: readonly Uint16Array[];
  /** APP14 transform flag, when there is one. */
  readonly adobe: number | undefined;
  readonly jfif: boolean;
  /** Application segments and comments that say nothing of the samples. */
  readonly passed: readonly { readonly marker: number; readonly bytes: Uint8Array }[];
  /** Bytes between the end of a scan's data and the next marker. */
  readonly stray: number;
}

const frameNames: Readonly<Record<number, string>> = {
  0xc3: "lossless",
  0xc5: "differential",
  0xc6: "differential",
  0xc7: "differential",
  0xc9: "arithmetic coding",
  0xca: "arithmetic coding",
  0xcb: "arithmetic coding",
  0xcd: "arithmetic coding",
  0xce: "arithmetic coding",
  0xcf: "arithmetic coding",
  0xf7: "JPEG-LS",
};

/**
 * Reads a whole code stream, from SOI to EOI.
 *
 * @param check called with width, height and component count before anything large is allocated
 */
export function readJpegStream(
  bytes: Uint8Array,
  check: (width: number, height: number, components: number, offset: number) => void,
): JpegStream {
  const quantisation: (Uint16Array | undefined)[] = [];
  const dc: (Huffman | undefined)[] = [];
  const ac: (Huffman | undefined)[] = [];
  const used = new Map<Component, Uint16Array>();
  let frame: Frame | undefined;
  let interval = 0;
  let adobe: number | undefined;
  let jfif = false;
  const passed: { marker: number; bytes: Uint8Array }[] = [];
  let stray = 0;
  let scans = 0;
  const firstBits = new Map<Component, boolean>();
  let at = 2;
  for (;;) {
    if (at + 2 > bytes.length)
      jpegFail(
        "Cannot read a JPEG: found the end of the file, wanted an end marker",
        "truncated",
        bytes.length,
      );
    if (bytes[at] !== 0xff)
      jpegFail(`Cannot read a JPEG: found byte ${bytes[at]}, wanted a marker`, "corrupt", at);
    const marker = bytes[at + 1]!;
    if (marker === 0xff) {
      at++;
      continue;
    }
    if (marker === 0xd9) break;
    if (marker === 0x01 || (marker >= 0xd0 && marker <= 0xd7)) {
      at += 2;
      continue;
    }
    if (at + 4 > bytes.length)
      jpegFail("Cannot read a JPEG segment: found the end of the file", "truncated", bytes.length);
    const length = bytes[at + 2]! * 256 + bytes[at + 3]!;
    const from = at + 4;
    const to = at + 2 + length;
    if (length < 2)
      jpegFail(`Cannot read a JPEG segment of ${length} bytes: wanted at least 2`, "corrupt", at);
    if (to > bytes.length)
      jpegFail(
        `Cannot read a JPEG segment: found ${bytes.length - from} bytes, wanted ${length - 2}`,
        "truncated",
        bytes.length,
      );
    const segment = bytes.subarray(from, to);
    if (marker === 0xdb) readQuantisation(segment, quantisation, from);
    else if (marker === 0xc4) readHuffman(segment, dc, ac, from);
    else if (marker === 0xdd)
      interval =
        segment.length === 2
          ? segment[0]! * 256 + segment[1]!
          : jpegFail("Cannot read a JPEG restart interval: wanted two bytes", "corrupt", from);
    else if (marker === 0xe0 && segment[0] === 0x4a && segment[1] === 0x46) {
      jfif = true;
      // A density with a unit; without one it is the shape of the pixels, square in nearly all files.
      if (segment[7] === 1 || segment[7] === 2) passed.push({ marker, bytes: segment });
    } else if (
      marker === 0xee &&
      segment.length >= 12 &&
      segment[0] === 0x41 &&
      segment[1] === 0x64
    )
      adobe = segment[11];
    else if ((marker >= 0xe0 && marker <= 0xef) || marker === 0xfe)
      passed.push({ marker, bytes: segment });
    else if (marker === 0xc0 || marker === 0xc1 || marker === 0xc2) {
      if (frame !== undefined)
        jpegFail("Cannot read a JPEG: found a second frame, wanted one", "unsupported", at);
      frame = readFrame(segment, from, {
        progressive: marker === 0xc2,
        available: bytes.length,
        check,
      });
    } else if (frameNames[marker] !== undefined) {
      jpegFail(
        `Cannot read a JPEG of this process: found ${frameNames[marker]}, wanted sequential or progressive with Huffman coding`,
        "unsupported",
        at,
      );
    } else if (marker === 0xda) {
      if (frame === undefined)
        return jpegFail("Cannot read a JPEG: found a scan before its frame", "corrupt", at);
      // A progressive file may have many scans over the same blocks: a small bomb of time.
      if (++scans > 256) jpegFail("Cannot read a JPEG: found more than 256 scans", "too-large", at);
      const scan = readScan(segment, frame, { dc, ac, offset: from });
      for (const { component } of scan.parts) {
        if (scan.from === 0 && scan.high === 0) firstBits.set(component, true);
        const table = quantisation[component.table];
        if (table !== undefined && !used.has(component)) used.set(component, table);
      }
      const done = decodeScan(bytes, to, scan, frame, interval);
      stray += done.stray;
      at = done.end;
      continue;
    }
    at = to;
  }
  if (frame === undefined) return jpegFail("Cannot read a JPEG: found no frame", "corrupt", at);
  const { components } = frame;
  for (const component of components) {
    if (!firstBits.has(component))
      jpegFail(`Cannot read a JPEG: found no data of component ${component.id}`, "truncated", at);
    if (!used.has(component))
      jpegFail(`Cannot read a JPEG: found no quantisation table ${component.table}`, "corrupt", at);
  }
  return { frame, quantisation: components.map((c) => used.get(c)!), adobe, jfif, passed, stray };
}

function readQuantisation(
  segment: Uint8Array,
  tables: (Uint16Array | undefined)[],
  offset: number,
): void {
  let at = 0;
  while (at < segment.length) {
    const wide = segment[at]! >> 4;
    const id = segment[at]! & 15;
    const bytes = wide === 0 ? 64 : 128;
    if (wide > 1 || id > 3 || at + 1 + bytes > segment.length) {
      jpegFail(
        "Cannot read a JPEG quantisation table: found a bad size or number",
        "corrupt",
        offset + at,
      );
    }
    const table = new Uint16Array(64);
    for (let k = 0; k < 64; k++) {
      const p = at + 1 + (wide ? 2 * k : k);
      table[natural[k]!] = wide ? segment[p]! * 256 + segment[p + 1]! : segment[p]!;
    }
    tables[id] = table;
    at += 1 + bytes;
  }
}

function readHuffman(
  segment: Uint8Array,
  dc: (Huffman | undefined)[],
  ac: (Huffman | undefined)[],
  offset: number,
): void {
  let at = 0;
  while (at < segment.length) {
    const kind = segment[at]! >> 4;
    const id = segment[at]! & 15;
    if (kind > 1 || id > 3 || at + 17 > segment.length)
      jpegFail(
        "Cannot read a JPEG Huffman table: found a bad size or number",
        "corrupt",
        offset + at,
      );
    const counts = segment.subarray(at + 1, at + 17);
    const total = counts.reduce((a, b) => a + b, 0);
    if (total > 256 || at + 17 + total > segment.length)
      jpegFail(
        `Cannot read a JPEG Huffman table: found ${total} codes, wanted as many symbols`,
        "corrupt",
        offset + at,
      );
    (kind === 0 ? dc : ac)[id] = huffman(
      counts,
      segment.slice(at + 17, at + 17 + total),
      offset + at,
    );
    at += 17 + total;
  }
}

function readFrame(
  segment: Uint8Array,
  offset: number,
  options: {
    progressive: boolean;
    available: number;
    check: (w: number, h: number, c: number, at: number) => void;
  },
): Frame {
  const count = segment[5] ?? 0;
  if (segment.length < 6 || segment.length !== 6 + 3 * count || count < 1) {
    jpegFail(
      `Cannot read a JPEG frame header of ${segment.length} bytes for ${count} components`,
      "corrupt",
      offset,
    );
  }
  const precision = segment[0]!;
  const height = segment[1]! * 256 + segment[2]!;
  const width = segment[3]! * 256 + segment[4]!;
  if (precision !== 8 && precision !== 12)
    jpegFail(
      `Cannot read a JPEG of ${precision} bits: wanted 8 or 12`,
      precision === 0 ? "corrupt" : "unsupported",
      offset,
    );
  if (height === 0)
    jpegFail(
      "Cannot read a JPEG whose height stands behind its first scan",
      "unsupported",
      offset + 1,
    );
  if (width === 0) jpegFail("Cannot read a JPEG of no width", "corrupt", offset + 3);
  if (count !== 1 && count !== 3)
    jpegFail(
      `Cannot read a JPEG of ${count} components: wanted grey or three colours`,
      "unsupported",
      offset + 5,
    );
  options.check(width, height, count, offset + 1);
  const raw = Array.from({ length: count }, (_, i) => {
    const p = 6 + 3 * i;
    return {
      id: segment[p]!,
      h: segment[p + 1]! >> 4,
      v: segment[p + 1]! & 15,
      table: segment[p + 2]!,
    };
  });
  for (const c of raw) {
    if (c.h < 1 || c.h > 4 || c.v < 1 || c.v > 4 || c.table > 3)
      jpegFail(
        "Cannot read a JPEG frame: found a bad sampling factor or table number",
        "corrupt",
        offset + 6,
      );
  }
  const hMax = Math.max(...raw.map((c) => c.h));
  const vMax = Math.max(...raw.map((c) => c.v));
  const mcuColumns = Math.ceil(width / (8 * hMax));
  const mcuRows = Math.ceil(height / (8 * vMax));
  const blocks = raw.reduce((n, c) => n + mcuColumns * mcuRows * c.h * c.v, 0);
  // The shortest code of a block's first coefficient has one bit.
  if (blocks > 8 * options.available) {
    jpegFail(
      `Cannot read a JPEG of ${width} × ${height} pixels: found ${options.available} bytes, wanted enough for ${blocks} blocks`,
      "truncated",
      options.available,
    );
  }
  return {
    width,
    height,
    precision,
    progressive: options.progressive,
    hMax,
    vMax,
    components: raw.map((c) => ({
      ...c,
      columns: Math.ceil(Math.ceil((width * c.h) / hMax) / 8),
      rows: Math.ceil(Math.ceil((height * c.v) / vMax) / 8),
      stride: mcuColumns * c.h,
      height: mcuRows * c.v,
      coefficients: new Int16Array(mcuColumns * c.h * mcuRows * c.v * 64),
    })),
  };
}

function readScan(
  segment: Uint8Array,
  frame: Frame,
  tables: {
    dc: readonly (Huffman | undefined)[];
    ac: readonly (Huffman | undefined)[];
    offset: number;
  },
): Scan {
  const count = segment[0] ?? 0;
  const bad = (what: string): never =>
    jpegFail(`Cannot read a JPEG scan header: found ${what}`, "corrupt", tables.offset);
  if (count < 1 || count > 4 || segment.length !== 4 + 2 * count)
    bad(`${segment.length} bytes for ${count} components`);
  const parts = Array.from({ length: count }, (_, i) => {
    const id = segment[1 + 2 * i]!;
    const selector = segment[2 + 2 * i]!;
    const component = frame.components.find((c) => c.id === id) ?? bad(`unknown component ${id}`);
    return { component, dc: tables.dc[selector >> 4], ac: tables.ac[selector & 15] };
  });
  if (new Set(parts.map((p) => p.component)).size !== count) bad("a component twice");
  const [from, to, approximation] = [
    segment[1 + 2 * count]!,
    segment[2 + 2 * count]!,
    segment[3 + 2 * count]!,
  ];
  const [high, low] = [approximation >> 4, approximation & 15];
  if (frame.progressive) {
    if (
      from > to ||
      to > 63 ||
      low > 13 ||
      (from === 0 && to !== 0) ||
      (from > 0 && count !== 1) ||
      (high !== 0 && high !== low + 1)
    ) {
      bad(`band ${from} to ${to} with bits ${high}, ${low}`);
    }
    return { parts, from, to, high, low };
  }
  return { parts, from: 0, to: 63, high: 0, low: 0 };
}
