/**
 * PNG [iso2004png]: grey, grey with alpha, RGB, RGBA and palette at every bit depth, interlaced or
 * not. Checksums are checked, and the pixel data is inflated into exactly the bytes that the header
 * claims, so a small file cannot ask for a large memory.
 *
 * Samples are kept as stored (0 to 2^depth − 1), palettes become RGB or RGBA. Colours become the
 * channel axis; gamma and colour profiles are not applied.
 */
import { InputError } from "../core/errors.ts";
import { type Axes, type Image, makeImage } from "../core/image.ts";
import { checkSizes, toFloat32, writeElements } from "../codecs/elements.ts";
import { elementsToWrite } from "./elements-to-write.ts";
import { checksumText } from "./checksum-text.ts";
import { parseRemark, remarkOf, textBehindRemark } from "./remark.ts";
import type { Decoded, Facts, Format, ReadOptions, WriteOptions, Written } from "./format.ts";
import type { ComponentKind, Stored } from "../core/stored.ts";
import { inflate } from "../codecs/inflate.ts";
import { crc32 } from "../codecs/crc32.ts";
import { encodePng, joinBytes, pngSignature } from "../codecs/png-encode.ts";
import { type PngHeader, passesOf, pngFail, samples, samplesOf } from "../codecs/png-rows.ts";

const depthsOf: Readonly<Record<number, readonly number[]>> = {
  0: [1, 2, 4, 8, 16],
  2: [8, 16],
  3: [1, 2, 4, 8],
  4: [8, 16],
  6: [8, 16],
};

interface Chunk {
  readonly type: string;
  readonly offset: number;
  readonly data: Uint8Array;
}

/** All chunks up to IEND, lengths and checksums checked. */
function chunksOf(bytes: Uint8Array): Chunk[] {
  if (!hasSignature(bytes)) {
    pngFail(
      bytes.length < 8
        ? `Cannot read a PNG: found ${bytes.length} bytes, wanted its eight-byte signature`
        : "Cannot read a PNG: found another signature, wanted 89 50 4E 47 0D 0A 1A 0A",
      bytes.length < 8 ? "truncated" : "corrupt",
      Math.min(bytes.length, 0),
    );
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const chunks: Chunk[] = [];
  let at = 8;
  for (;;) {
    if (at + 12 > bytes.length) {
      pngFail(
        "Cannot read a PNG: found the end of the file, wanted an IEND chunk",
        "truncated",
        bytes.length,
      );
    }
    const length = view.getUint32(at);
    const type = String.fromCharCode(...bytes.subarray(at + 4, at + 8));
    if (length > 0x7fffffff || !/^[A-Za-z]{4}$/.test(type)) {
      pngFail(
        `Cannot read a PNG: found a chunk of type ${JSON.stringify(type)} and length ${length}, wanted four letters and a length below 2^31`,
        "corrupt",
        at,
      );
    }
    if (at + 12 + length > bytes.length) {
      pngFail(
        `Cannot read PNG chunk ${type}: found ${bytes.length - at - 8} bytes, wanted ${length + 4}`,
        "truncated",
        bytes.length,
      );
    }
    if (crc32(bytes.subarray(at + 4, at + 8 + length)) !== view.getUint32(at + 8 + length)) {
      pngFail(
        `Cannot read PNG chunk ${type}: found another checksum than its bytes have`,
        "corrupt",
        at + 8 + length,
      );
    }
    chunks.push({ type, offset: at, data: bytes.subarray(at + 8, at + 8 + length) });
    if (type === "IEND") return chunks;
    at += 12 + length;
  }
}

function hasSignature(bytes: Uint8Array): boolean {
  return pngSignature.every((b, i) => bytes[i] === b);
}

function parseHeader(chunks: readonly Chunk[]): PngHeader {
  const first = chunks[0]!;
  if (first.type !== "IHDR" || first.data.length !== 13) {
    pngFail(
      `Cannot read a PNG: found ${first.type} of ${first.data.length} bytes first, wanted IHDR of 13`,
      "corrupt",
      first.offset,
    );
  }
  const view = new DataView(first.data.buffer, first.data.byteOffset, 13);
  const [depth, colourType, compression, filter, interlace] = [8, 9, 10, 11, 12].map((i) =>
    view.getUint8(i),
  ) as [number, number, number, number, number];
  if (!depthsOf[colourType]?.includes(depth)) {
    pngFail(
      `Cannot read a PNG of colour type ${colourType} with ${depth} bits: found a pair that the standard does not have`,
      "corrupt",
      first.offset + 16,
    );
  }
  if (compression !== 0 || filter !== 0 || interlace > 1) {
    pngFail(
      `Cannot read a PNG with compression ${compression}, filter ${filter}, interlace ${interlace}: wanted 0, 0 and 0 or 1`,
      "corrupt",
      first.offset + 18,
    );
  }
  return {
    width: view.getUint32(0),
    height: view.getUint32(4),
    depth,
    colourType,
    interlaced: interlace === 1,
  };
}

async function read(bytes: Uint8Array, options: ReadOptions = {}): Promise<Decoded> {
  const chunks = chunksOf(bytes);
  const header = parseHeader(chunks);
  const count = samplesOf[header.colourType]!;
  const limit = options.maxElements === undefined ? {} : { maxElements: options.maxElements };
  checkSizes([header.height, header.width], { format: "png", offset: 16, ...limit });
  checkSizes([header.height, header.width, header.colourType === 3 ? 4 : count], {
    format: "png",
    offset: 16,
    ...limit,
  });
  const unknown = chunks.find(
    (c) => /^[A-Z]/.test(c.type) && !["IHDR", "PLTE", "IDAT", "IEND"].includes(c.type),
  );
  if (unknown !== undefined) {
    pngFail(
      `Cannot read a PNG: found critical chunk ${unknown.type}, which is not of the standard`,
      "unsupported",
      unknown.offset,
    );
  }
  const parts = chunks.filter((c) => c.type === "IDAT");
  if (parts.length === 0) {
    pngFail(
      "Cannot read a PNG: found no IDAT chunk, wanted pixel data",
      "corrupt",
      chunks.at(-1)!.offset,
    );
  }
  const offset = parts[0]!.offset + 8;
  const packed = joinBytes(parts.map((p) => p.data));
  const wanted = passesOf(header).reduce((n, p) => n + p.rows * (p.rowBytes + 1), 0);
  const rows = await inflate(packed, { format: "png", packing: "zlib", offset, wanted });
  const notes: string[] = [];
  const plain = samples(rows, header);
  const { data, components, kind } = colours(plain, header, chunks, notes);
  const shape = [header.height, header.width];
  const stored: Stored = {
    data,
    type: header.depth === 16 ? "uint16" : "uint8",
    shape,
    components,
    kind,
    slope: 1,
    intercept: 0,
    ...(header.depth < 8 && header.colourType !== 3 ? { bits: header.depth } : {}),
  };
  const axes: Axes = components > 1 ? "cyx" : "yx";
  const text = textOf(chunks);
  const spacing = spacingOf(chunks, text);
  const image = makeImage(
    toFloat32(stored, axes),
    components > 1 ? [components, ...shape] : shape,
    {
      axes,
      ...(spacing === undefined ? {} : { spacing }),
      unit: parseRemark(text).unit ?? options.unit ?? "arbitrary",
    },
  );
  if (chunks.some((c) => c.type === "acTL"))
    notes.push("an animation: only its first frame was read");
  return {
    format: "png",
    images: [{ name: "", image, stored, notes, facts: factsOf(chunks) }],
    notes: [],
    header: {
      width: header.width,
      height: header.height,
      bitDepth: header.depth,
      colourType: header.colourType,
      interlaced: header.interlaced,
      ...(text === "" ? {} : { text }),
    },
  };
}

function colours(
  plain: Uint8Array | Uint16Array,
  header: PngHeader,
  chunks: readonly Chunk[],
  notes: string[],
): { data: Uint8Array | Uint16Array; components: number; kind: ComponentKind } {
  const transparency = chunks.find((c) => c.type === "tRNS");
  if (header.colourType !== 3) {
    if (transparency !== undefined) notes.push("one colour is marked as transparent; it was kept");
    if (header.colourType === 4) notes.push("the second channel is opacity");
    const kinds: Record<number, ComponentKind> = {
      0: "scalar",
      2: "rgb",
      4: "grey-alpha",
      6: "rgba",
    };
    return {
      data: plain,
      components: samplesOf[header.colourType]!,
      kind: kinds[header.colourType]!,
    };
  }
  const palette = chunks.find((c) => c.type === "PLTE");
  if (palette === undefined || palette.data.length % 3 !== 0 || palette.data.length > 768) {
    return pngFail(
      `Cannot read a PNG with a palette: found ${palette === undefined ? "none" : `${palette.data.length} bytes`}, wanted up to 256 entries of three`,
      "corrupt",
      palette?.offset ?? 8,
    );
  }
  const components = transparency === undefined ? 3 : 4;
  const data = new Uint8Array(plain.length * components);
  const entries = palette.data.length / 3;
  for (let i = 0; i < plain.length; i++) {
    const entry = plain[i]!;
    if (entry >= entries) {
      pngFail(
        `Cannot read a PNG with a palette: found entry ${entry}, wanted one below ${entries}`,
        "corrupt",
        palette.offset,
      );
    }
    for (let c = 0; c < 3; c++) data[i * components + c] = palette.data[3 * entry + c]!;
    if (transparency !== undefined) data[i * 4 + 3] = transparency.data[entry] ?? 255;
  }
  notes.push("palette entries became colours");
  return { data, components, kind: components === 3 ? "rgb" : "rgba" };
}

function textOf(chunks: readonly Chunk[]): string {
  const found = chunks.filter((c) => c.type === "tEXt").map((c) => c.data);
  return found
    .map((d) =>
      Array.from(d.subarray(0, 2000), (b) => (b === 0 ? ": " : String.fromCharCode(b))).join(""),
    )
    .join("; ");
}

/** Chunks that make up the image, or that are read for it. */
const ofTheImage = new Set(["IHDR", "PLTE", "IDAT", "IEND", "tRNS", "pHYs"]);

/** Chunks that no reader of images looks at, such as gamma, colour profile, date and other texts. */
function factsOf(chunks: readonly Chunk[]): Facts {
  const facts: Record<string, string> = {};
  for (const [i, { type, data }] of chunks.entries()) {
    if (ofTheImage.has(type)) continue;
    const text = type === "tEXt" ? textBehindRemark(textOf([{ type, data, offset: 0 }])) : "";
    if (type !== "tEXt")
      facts[`PNG chunk ${i} (${type})`] = `${data.length} bytes, ${checksumText(data)}`;
    else if (!/^Comment:?\s*$/.test(text))
      facts[text.startsWith("Comment: ") ? "description" : `text ${i}`] = text.replace(
        /^Comment: /,
        "",
      );
  }
  return facts;
}

/** mm along z, y, x: exact from our own remark, else from pHYs in pixels per metre. */
function spacingOf(chunks: readonly Chunk[], text: string): [number, number, number] | undefined {
  const own = parseRemark(text).spacing;
  if (own !== undefined) return own;
  const physical = chunks.find((c) => c.type === "pHYs");
  if (physical === undefined || physical.data.length !== 9 || physical.data[8] !== 1)
    return undefined;
  const view = new DataView(physical.data.buffer, physical.data.byteOffset, 9);
  const [x, y] = [view.getUint32(0), view.getUint32(4)];
  return x > 0 && y > 0 ? [1, 1000 / y, 1000 / x] : undefined;
}

const channelsOf: Readonly<Partial<Record<ComponentKind, 1 | 2 | 3 | 4>>> = {
  scalar: 1,
  "grey-alpha": 2,
  rgb: 3,
  rgba: 4,
};

async function write(image: Image, options: WriteOptions): Promise<Written> {
  const elements = elementsToWrite(image, options, png);
  const channels = channelsOf[elements.kind];
  if (channels === undefined || channels !== (image.axes === "cyx" ? image.shape[0] : 1)) {
    throw new InputError(
      `Cannot write ${image.shape[0]} channels of kind ${elements.kind} as PNG: wanted 1 grey, 2 grey and opacity, 3 RGB or 4 RGBA`,
    );
  }
  const [height, width] = image.shape.slice(-2) as [number, number];
  const depth = elements.type === "uint16" ? 16 : 8;
  const data =
    elements.components > 1 || channels === 1 ? elements.data : interleave(elements.data, channels);
  const raw = writeElements(data, false);
  const chunks: { type: string; data: Uint8Array }[] = [];
  if (image.spacingKnown) {
    const physical = new Uint8Array(9);
    const p = new DataView(physical.buffer);
    p.setUint32(0, Math.min(0x7fffffff, Math.max(1, Math.round(1000 / image.spacing[2]))));
    p.setUint32(4, Math.min(0x7fffffff, Math.max(1, Math.round(1000 / image.spacing[1]))));
    physical[8] = 1;
    chunks.push({ type: "pHYs", data: physical });
  }
  const remark = `Comment\0${remarkOf(image, { spacing: true, description: options.description })}`;
  chunks.push({
    type: "tEXt",
    data: Uint8Array.from(remark, (c) => (c.charCodeAt(0) < 256 ? c.charCodeAt(0) : 63)),
  });
  const bytes = encodePng({ width, height, channels, depth, bytes: raw, chunks });
  return { files: [{ name: options.fileName, bytes }], lost: elements.lost };
}

/** Planar channels to interleaved samples. */
function interleave<T extends Stored["data"]>(data: T, channels: number): T {
  const out = data.slice() as T;
  const plane = data.length / channels;
  for (let c = 0; c < channels; c++) {
    for (let i = 0; i < plane; i++) out[i * channels + c] = data[c * plane + i]!;
  }
  return out;
}

export const png: Format = {
  name: "png",
  title: "PNG",
  summary:
    "Planar images of 8 or 16 bits, grey or colour; for display and for machine learning sets",
  extensions: [".png"],
  holds: {
    types: ["uint8", "uint16"],
    axes: ["yx", "cyx"],
    kinds: ["scalar", "rgb", "rgba", "grey-alpha"],
    geometry: "spacing",
    timeStep: false,
    scaling: false,
    unit: true,
  },
  sniff: hasSignature,
  read,
  write,
};
