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
import { FormatError, InputError } from "../core/errors.ts";
import { type Axes, type Image, allAxes, type Geometry, makeImage, sizeOf } from "../core/image.ts";
import { checkSizes, bytesOf, readElements, toFloat32, writeElements } from "../codecs/elements.ts";
import { elementsToWrite, isPositive, parseRemark, remarkOf } from "./elements-to-write.ts";
import type { Stored, StoredArray } from "../core/stored.ts";
import type { Decoded, Format, ReadOptions, WriteOptions, Written } from "./format.ts";
import { deflateGzip, inflate, isGzip, peekGzip } from "../codecs/inflate.ts";
import {
  type NiftiHeader,
  niftiElements,
  niftiHeaderToBytes,
  niftiKind,
  parseNiftiHeader,
  qformAffine,
  quaternionOf,
} from "./nifti-header.ts";
import {
  type Affine,
  affineOf,
  geometryOf,
  isOrthogonal,
  lpsFromRas,
  rasFromLps,
} from "./orientation.ts";

const headerPeek = 544;

/** Where the data of a NIfTI file stands and what its elements are; enough to stream it. */
export interface NiftiLayout {
  readonly header: NiftiHeader;
  readonly axes: Axes;
  /** Image shape without components, slowest first. */
  readonly shape: readonly number[];
  /** Whether t and channel must change places between file and image order. */
  readonly swapsSeries: boolean;
}

/** Axes and sizes of an image made from a header. */
export function niftiLayout(header: NiftiHeader): NiftiLayout {
  const [nx = 1, ny = 1, nz = 1, nt = 1, ...rest] = header.dim;
  const channels = sizeOf(rest);
  const element = niftiElements[header.datatype]!;
  const remembered = parseRemark(header.description).axes;
  const components = element.components > 1 || channels > 1;
  const full: [string, number][] = [
    ["t", nt],
    ["c", channels],
    ["z", nz],
    ["y", ny],
    ["x", nx],
  ];
  // Sizes of one are axes only when the rank says so; a rank of four with one time point is a volume.
  const keeps = (axis: string, size: number) => {
    if (remembered !== undefined && allAxes.includes(remembered as Axes)) {
      return remembered.includes(axis) || size > 1;
    }
    if (axis === "z") return nz > 1 || header.rank === 3;
    if (axis === "t") return nt > 1;
    if (axis === "c") return components;
    return true;
  };
  const kept = full.filter(([axis, size]) => keeps(axis, size) || (axis === "c" && components));
  const axes = kept.map(([axis]) => axis).join("") as Axes;
  const shape = kept.filter(([axis]) => axis !== "c" || element.components === 1).map(([, n]) => n);
  return { header, axes, shape, swapsSeries: nt > 1 && channels > 1 };
}

/** Geometry of a header in LPS, with what a reader should know about it. */
export function niftiGeometry(header: NiftiHeader): {
  options: Partial<Geometry>;
  notes: string[];
} {
  const notes: string[] = [];
  const spatial = header.xyztUnits & 7;
  const scale = spatial === 1 ? 1000 : spatial === 3 ? 0.001 : 1;
  if (spatial === 1 || spatial === 3) {
    notes.push(`spacing was in ${spatial === 1 ? "metres" : "micrometres"} and is now in mm`);
  }
  const inMm = (affine: Affine) => affine.map((v) => v * scale);
  const form = (code: number, affine: Affine | undefined, name: string) => {
    if (code <= 0) return undefined;
    const found = affine === undefined ? undefined : geometryOf(lpsFromRas(inMm(affine)));
    if (found === undefined)
      notes.push(`${name} (code ${code}) does not span space and was passed over`);
    return found;
  };
  const s = form(header.sformCode, header.sform, "sform");
  const q = form(header.qformCode, qformAffine(header), "qform");
  if (s !== undefined && q !== undefined) {
    const [a, b] = [affineOf(s), affineOf(q)];
    const extent = Math.max(...header.dim.slice(0, 3).map((n, i) => n * s.spacing[2 - i]!));
    if (
      a.some(
        (v, i) =>
          Math.abs(v - b[i]!) * (i % 4 === 3 ? 1 : Math.max(...header.dim.slice(0, 3))) >
          1e-3 * extent + 1e-3,
      )
    ) {
      notes.push("sform and qform disagree; the sform was taken");
    }
  }
  const chosen = s ?? q;
  if (chosen !== undefined) {
    const spacingKnown = spatial > 0 || chosen.spacing.some((s) => Math.abs(s - 1) > 1e-5);
    return { options: { ...chosen, spacingKnown }, notes };
  }
  notes.push("the file does not say how the image lies in the patient; the identity is assumed");
  const spacing = [3, 2, 1].map((i) => {
    const p = Math.abs(header.pixdim[i]!) * scale;
    return isPositive(p) ? p : 1;
  }) as [number, number, number];
  // Writers that know no spacing put 1 and no unit.
  const spacingKnown = spatial > 0 || spacing.some((s) => Math.abs(s - 1) > 1e-5);
  return { options: { spacing, spacingKnown }, notes };
}

/**
 * Seconds from one volume of a series to the next. All readers take a step without a unit as seconds;
 * but 1 without a unit is what writers put that know none.
 */
export function niftiTimeStep(header: NiftiHeader, notes: string[]): number | undefined {
  // A header of version 1 holds 2.1 as 2.0999999 in single precision.
  const exact = (value: number) => (header.version === 1 ? Number(value.toPrecision(7)) : value);
  const step = header.pixdim[4];
  if (header.rank < 4 || !isPositive(step)) return undefined;
  const unit = header.xyztUnits & 56;
  const scale = ({ 0: 1, 8: 1, 16: 1e-3, 24: 1e-6 } as const)[unit];
  if (scale === undefined) {
    notes.push(
      `the fourth dimension is no time: its step is ${step} ${({ 32: "Hz", 40: "ppm", 48: "rad/s" } as const)[unit] ?? `of unit ${unit}`}`,
    );
    return undefined;
  }
  if (unit > 0) return exact(step * scale);
  if (step === 1) return undefined;
  notes.push("the file names no unit for the time between volumes; seconds are assumed");
  return exact(step);
}

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

/** Slope and intercept to apply; notes what they are. @throws FormatError when they are not finite */
export function niftiScaling(
  header: NiftiHeader,
  notes: string[],
): { slope: number; intercept: number } {
  const { slope, intercept, version } = header;
  const none = { slope: 1, intercept: 0 };
  if (niftiElements[header.datatype]!.kind.startsWith("rgb")) return none;
  if (slope === 0 || Number.isNaN(slope)) return none;
  if (!Number.isFinite(slope) || !Number.isFinite(intercept)) {
    throw new FormatError(
      `Cannot scale NIfTI values: found slope ${slope} and intercept ${intercept}, wanted finite numbers`,
      { format: "nifti", kind: "corrupt", offset: version === 1 ? 112 : 176 },
    );
  }
  if (slope !== 1 || intercept !== 0) notes.push(`values are ${slope} · stored + ${intercept}`);
  return { slope, intercept };
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
    kind: element.kind,
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
  const image = makeImage(toFloat32(stored, axes), full, {
    axes,
    ...place.options,
    timeStep,
    unit: parseRemark(header.description).unit ?? options.unit ?? "arbitrary",
  });
  return {
    format: "nifti",
    images: [{ name: "", image, stored, notes }],
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
      ...extensionsOf(head, header),
    },
    source: header,
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

function extensionsOf(head: Uint8Array, header: NiftiHeader): { extensions?: number } {
  const at = header.version === 1 ? 348 : 540;
  return header.single && head.length > at && head[at] !== 0 && header.voxOffset > at + 12
    ? { extensions: header.voxOffset - at - 4 }
    : {};
}

function codeOf(type: Stored["type"], kind: Stored["kind"]): number {
  for (const [code, element] of Object.entries(niftiElements)) {
    if (element.type === type && element.kind === (kind === "vector" ? "scalar" : kind))
      return Number(code);
  }
  throw new InputError(
    `Cannot write ${kind} ${type} elements as NIfTI: found no data type for them`,
  );
}

/** Header for an image and its elements. NIfTI-2 when a size passes 32767 or `version` says so. */
export function niftiHeaderOf(
  image: Image,
  elements: { type: Stored["type"]; kind: Stored["kind"]; slope: number; intercept: number },
  options: { version?: 1 | 2; single?: boolean; description?: string } = {},
): NiftiHeader {
  const size = (axis: string) => {
    const at = image.axes.indexOf(axis);
    return at < 0 ? 1 : image.shape[at]!;
  };
  const channels = elements.kind === "scalar" || elements.kind === "vector" ? size("c") : 1;
  const dim = [size("x"), size("y"), size("z"), size("t"), channels, 1, 1];
  const version = options.version ?? (Math.max(...dim) > 32767 ? 2 : 1);
  if (version === 1 && Math.max(...dim) > 32767) {
    throw new InputError(
      `Cannot write sizes [${dim.join(", ")}] as NIfTI-1: found one above 32767, wanted NIfTI-2`,
    );
  }
  const rank = channels > 1 ? 5 : image.axes.includes("t") ? 4 : image.axes.includes("z") ? 3 : 2;
  const ras = rasFromLps(affineOf(image));
  const rasDirection = image.direction.map((v, i) => (i < 6 ? -v : v));
  const quaternion = isOrthogonal(image.direction, 1e-5) ? quaternionOf(rasDirection) : undefined;
  const code = image.orientationKnown ? 1 : 0;
  const [sz, sy, sx] = image.spacing;
  return {
    version,
    littleEndian: true,
    single: options.single ?? true,
    dim,
    rank,
    datatype: codeOf(elements.type, elements.kind),
    pixdim: [quaternion?.qfac ?? 1, sx, sy, sz, image.timeStep ?? 1, 1, 1, 1],
    voxOffset: (options.single ?? true) ? (version === 1 ? 352 : 544) : 0,
    slope: elements.slope,
    intercept: elements.intercept,
    xyztUnits: (image.spacingKnown ? 2 : 0) + (image.timeStep === undefined ? 0 : 8),
    description: remarkOf(image, { description: options.description }),
    intentCode: channels > 1 ? 1007 : 0,
    intentName: "",
    qformCode: quaternion === undefined ? 0 : code,
    sformCode: code,
    quaternion: [...(quaternion?.bcd ?? [0, 0, 0]), ras[3]!, ras[7]!, ras[11]!],
    sform: ras,
  };
}

async function write(image: Image, options: WriteOptions): Promise<Written> {
  const elements = elementsToWrite(image, options, nifti, { planarKinds: ["vector"] });
  const name = options.fileName;
  const pair = /\.(hdr|img)(\.gz)?$/i.test(name);
  const compress = options.compress ?? /\.gz$/i.test(name);
  const header = niftiHeaderOf(image, elements, {
    single: !pair,
    ...(options.description === undefined ? {} : { description: options.description }),
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
  const head = niftiHeaderToBytes(header);
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
    kinds: ["scalar", "complex", "rgb", "rgba", "vector"],
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
