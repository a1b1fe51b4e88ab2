/**
 * NIfTI-1 and NIfTI-2 [cox2004nifti]: `.nii`, `.nii.gz` and `.hdr` with `.img`, both byte orders.
 *
 * Geometry: the sform when its code is above zero and it spans space, else the qform under the same
 * conditions, else the grid spacing alone with unknown orientation. The file's RAS becomes LPS.
 *
 * Axes: x, y, z, t as they stand; dimensions 5 to 7 together become the channel axis. RGB and complex
 * elements become channels too (complex: real and imaginary part). 128-bit floating point is refused,
 * as its layout depends on the machine that wrote it.
 */
import { FormatError } from "../core/errors.ts";
import { type Axes, type Image, allAxes, makeImage, sizeOf } from "../core/image.ts";
import {
  checkSizes,
  bytesOf,
  readElements,
  valuesOfElements,
  writeElements,
} from "../codecs/elements.ts";
import { elementsToWrite, type IsPlanar } from "./elements-to-write.ts";
import { fittingKind, parseRemark } from "./remark.ts";
import type { Decoded, Format, ReadOptions, WriteOptions, Written } from "./format.ts";
import type { Stored, StoredArray } from "../core/stored.ts";
import { deflateGzip, inflate, isGzip, peekGzip } from "../codecs/inflate.ts";
import {
  type NiftiHeader,
  niftiElements,
  niftiExtensions,
  niftiHeaderToBytes,
  niftiKind,
  parseNiftiHeader,
} from "./nifti-header.ts";
import { niftiFacts } from "./nifti-facts.ts";
import {
  niftiGeometry,
  niftiLayout,
  niftiScaling,
  type NiftiSource,
  niftiSourceOf,
  niftiTimeStep,
} from "./nifti-layout.ts";
import { niftiHeaderOf } from "./nifti-new-header.ts";

const headerPeek = 544;

/** Moves the channel blocks of file order (c, t, rest) to image order (t, c, rest), or back. */
function swapSeries(data: StoredArray, outer: number, inner: number): StoredArray {
  const block = data.length / (outer * inner);
  const out = data.slice();
  for (let a = 0; a < outer; a++) {
    for (let b = 0; b < inner; b++) {
      const from = (a * inner + b) * block;
      const piece = data.subarray(from, from + block);
      // A subarray of one element type set into a slice of the same type.
      (out as Float64Array).set(piece as Float64Array, (b * outer + a) * block);
    }
  }
  return out;
}

async function dataBytes(
  bytes: Uint8Array,
  header: NiftiHeader,
  options: ReadOptions,
): Promise<Uint8Array> {
  const element = niftiElements[header.datatype]!;
  const size = sizeOf(header.dim) * element.components * bytesOf[element.type];
  const wanted = header.voxOffset + size;
  let whole = bytes;
  let name = options.fileName ?? "";
  if (!header.single) {
    const found = await imgBeside(name, options);
    if (found === undefined) {
      throw new FormatError(
        `Cannot read the data of a NIfTI pair: found no ${name.replace(/\.hdr(\.gz)?$/i, ".img")} beside the header, wanted it`,
        { format: "nifti", kind: "mismatch", offset: bytes.length },
      );
    }
    whole = found.bytes;
    name = found.name;
  }
  if (isGzip(whole)) return inflate(whole, { format: "nifti", packing: "gzip", wanted });
  if (whole.length < wanted) {
    throw new FormatError(
      `Cannot read NIfTI data: found ${whole.length} bytes in all, wanted ${wanted} for sizes [${header.dim.slice(0, header.rank).join(", ")}] of ${element.components} × ${element.type}`,
      { format: "nifti", kind: "truncated", offset: whole.length },
    );
  }
  return whole;
}

async function imgBeside(
  name: string,
  options: ReadOptions,
): Promise<{ name: string; bytes: Uint8Array } | undefined> {
  if (options.companion === undefined) return undefined;
  const stem = name.replace(/\.gz$/i, "").replace(/\.hdr$/i, "");
  for (const candidate of [`${stem}.img`, `${stem}.img.gz`]) {
    const bytes = await options.companion(candidate);
    if (bytes !== undefined) return { name: candidate, bytes };
  }
  return undefined;
}

async function read(bytes: Uint8Array, options: ReadOptions = {}): Promise<Decoded> {
  const head = isGzip(bytes) ? await headOf(bytes) : bytes;
  const header = parseNiftiHeader(head);
  const element = niftiElements[header.datatype]!;
  const voxels = checkSizes(header.dim, {
    format: "nifti",
    offset: header.version === 1 ? 40 : 16,
    ...(options.maxElements === undefined ? {} : { maxElements: options.maxElements }),
  });
  const count = voxels * element.components;
  checkSizes([count], {
    format: "nifti",
    offset: header.version === 1 ? 70 : 12,
    ...(options.maxElements === undefined ? {} : { maxElements: options.maxElements }),
  });
  const notes: string[] = [];
  const { slope, intercept } = niftiScaling(header, notes);
  const place = niftiGeometry(header);
  notes.push(...place.notes);
  const timeStep = niftiTimeStep(header, notes);
  const whole = await dataBytes(bytes, header, options);
  let data = readElements(whole, {
    format: "nifti",
    type: element.type,
    count,
    offset: header.voxOffset,
    littleEndian: header.littleEndian,
  });
  const layout = niftiLayout(header);
  const nt = header.dim[3]!;
  const channels = sizeOf(header.dim.slice(4));
  if (layout.swapsSeries) data = swapSeries(data, channels, nt);
  if (channels > 1) notes.push("dimensions 5 to 7 became the channel axis");
  if (element.kind === "complex") notes.push("channels are the real and the imaginary part");
  let { axes, shape } = layout;
  let stored: Stored = {
    data,
    type: element.type,
    shape,
    components: element.components,
    kind:
      channels > 1
        ? fittingKind(parseRemark(header.description).kind ?? "vector", channels)
        : element.kind,
    slope,
    intercept,
  };
  if (element.components > 1 && channels > 1) {
    throw new FormatError(
      `Cannot read a NIfTI of ${element.kind} elements with ${channels} entries in dimensions 5 to 7: found both, wanted one kind of channel`,
      { format: "nifti", kind: "unsupported", offset: header.version === 1 ? 40 : 16 },
    );
  }
  if (header.rank === 1) {
    // A single row is an image one line high.
    axes = axes.includes("y") ? axes : "yx";
    shape = shape.length >= 2 ? shape : [1, ...shape];
    stored = { ...stored, shape };
  }
  const full = element.components > 1 ? withComponents(axes, shape, element.components) : shape;
  const image = makeImage(await valuesOfElements(stored, axes, options), full, {
    axes,
    ...place.options,
    timeStep,
    unit: parseRemark(header.description).unit ?? options.unit ?? "arbitrary",
  });
  const source: NiftiSource = {
    format: "nifti",
    header,
    extensions: niftiExtensions(header.single ? whole : head, header),
  };
  return {
    format: "nifti",
    images: [{ name: "", image, stored, notes, facts: niftiFacts(source) }],
    notes: [],
    header: {
      version: header.version,
      byteOrder: header.littleEndian ? "little-endian" : "big-endian",
      layout: header.single ? "one file" : "header and image file",
      datatype: header.datatype,
      description: header.description,
      qformCode: header.qformCode,
      sformCode: header.sformCode,
      intentCode: header.intentCode,
      intentName: header.intentName,
      ...(nt > 1 ? { frameSpacing: header.pixdim[4]! } : {}),
      ...(source.extensions.length > 0 ? { extensions: source.extensions.length } : {}),
    },
    source,
  };
}

/** Shape with the component count at the place of the `c` axis. */
function withComponents(axes: Axes, shape: readonly number[], components: number): number[] {
  const at = axes.indexOf("c");
  return [...shape.slice(0, at), components, ...shape.slice(at)];
}

/** Header bytes inside gzip; the checksum is left for the data. */
async function headOf(bytes: Uint8Array): Promise<Uint8Array> {
  const head = peekGzip(bytes, 4096);
  if (head.length >= headerPeek || niftiKind(head) !== undefined) return head;
  return inflate(bytes, { format: "nifti", packing: "gzip", wanted: Math.max(348, head.length) });
}

/** Components that NIfTI has an element for stand side by side; others are its fifth dimension. */
const isPlanar: IsPlanar = (kind, type) =>
  !Object.values(niftiElements).some(
    (one) => one.components > 1 && one.kind === kind && one.type === type,
  );

async function write(image: Image, options: WriteOptions): Promise<Written> {
  const elements = elementsToWrite(image, { ...options, isPlanar }, nifti);
  const name = options.fileName;
  const pair = /\.(hdr|img)(\.gz)?$/i.test(name);
  const compress = options.compress ?? /\.gz$/i.test(name);
  const source = niftiSourceOf(options.source);
  const header = niftiHeaderOf(image, elements, {
    single: !pair,
    description: options.description,
    source: source?.header,
  });
  let data = elements.data;
  if (niftiLayout(header).swapsSeries) data = swapSeries(data, header.dim[3]!, header.dim[4]!);
  const lost = [...elements.lost];
  const { slope, intercept } = elements;
  if (
    header.version === 1 &&
    (Math.fround(slope) !== slope || Math.fround(intercept) !== intercept)
  ) {
    lost.push(`NIfTI-1 keeps slope ${slope} and intercept ${intercept} in single precision only`);
  }
  const head = niftiHeaderToBytes(header, source?.extensions);
  const body = writeElements(data);
  const pack = (bytes: Uint8Array) => (compress ? deflateGzip(bytes) : bytes);
  if (pair) {
    const stem = name.replace(/\.(hdr|img)(\.gz)?$/i, "");
    const tail = compress ? ".gz" : "";
    return {
      files: [
        { name: `${stem}.hdr${tail}`, bytes: pack(head) },
        { name: `${stem}.img${tail}`, bytes: pack(body) },
      ],
      lost,
    };
  }
  const whole = new Uint8Array(head.length + body.length);
  whole.set(head);
  whole.set(body, head.length);
  return { files: [{ name, bytes: pack(whole) }], lost };
}

export const nifti: Format = {
  name: "nifti",
  title: "NIfTI",
  summary: "Volumes and series with geometry, common in neuroimaging and research CT",
  extensions: [".nii", ".nii.gz", ".hdr", ".hdr.gz", ".img", ".img.gz"],
  holds: {
    types: [
      "int8",
      "uint8",
      "int16",
      "uint16",
      "int32",
      "uint32",
      "int64",
      "uint64",
      "float32",
      "float64",
    ],
    axes: allAxes,
    kinds: ["scalar", "complex", "rgb", "rgba", "grey-alpha", "vector"],
    geometry: "full",
    timeStep: true,
    scaling: true,
    unit: true,
  },
  sniff(bytes) {
    return niftiKind(isGzip(bytes) ? peekGzip(bytes) : bytes) !== undefined;
  },
  read,
  write,
};
