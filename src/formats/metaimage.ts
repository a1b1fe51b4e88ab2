/**
 * MetaImage (ITK): `.mha` with its data inside, `.mhd` with data beside it, both byte orders,
 * compressed or not or as text, one file or numbered slices.
 *
 * Rows of TransformMatrix are the LPS directions of the index axes. Channels are interleaved. A fourth
 * dimension becomes the series axis.
 */
import { InputError } from "../core/errors.ts";
import { type Axes, type Image, makeImage, rangeOf, sizeOf } from "../core/image.ts";
import {
  allTypes,
  bytesOf,
  readElements,
  valuesOfElements,
  writeElements,
} from "../codecs/elements.ts";
import { elementsToWrite } from "./elements-to-write.ts";
import { fittingKind, joinedTexts, parseRemark, remarkOf, textBehindRemark } from "./remark.ts";
import type { Decoded, Format, ReadOptions, WriteOptions, Written } from "./format.ts";
import type { ComponentKind, Stored, StoredArray, StoredType } from "../core/stored.ts";
import { inflate } from "../codecs/inflate.ts";
import {
  geometryFrom,
  type Header,
  type Layout,
  layoutOf,
  linesOf,
  longestHeader,
  looksLike,
  metaimageFail,
  isList,
  numbers,
  scalingFrom,
  timeStepFrom,
} from "./metaimage-header.ts";
import { headerBytes } from "./header-text.ts";
import { keptFields, metaimageFacts, metaimageSourceOf } from "./metaimage-facts.ts";
import { numberedNames } from "./nrrd-data.ts";
import { liesFlat } from "./orientation.ts";
import { elementsOfText } from "./text-elements.ts";
import { zlibSync } from "fflate";

const nameOfType: Readonly<Record<StoredType, string>> = {
  int8: "MET_CHAR",
  uint8: "MET_UCHAR",
  int16: "MET_SHORT",
  uint16: "MET_USHORT",
  int32: "MET_INT",
  uint32: "MET_UINT",
  int64: "MET_LONG_LONG",
  uint64: "MET_ULONG_LONG",
  float32: "MET_FLOAT",
  float64: "MET_DOUBLE",
};

async function filesOf(
  header: Header,
  layout: Layout,
  options: ReadOptions,
): Promise<Uint8Array[]> {
  const name = header.fields.ElementDataFile!;
  const pattern = /^(.*%[-+0]?\d*d.*?)(?:\s+(-?\d+)\s+(-?\d+)\s+(-?\d+))?$/.exec(name);
  let names = [name];
  if (isList(name)) names = [...header.list];
  else if (pattern !== null) {
    names = numberedNames(
      pattern[1]!,
      Number(pattern[2] ?? 1),
      Number(pattern[3] ?? layout.sizes.at(-1)),
      Number(pattern[4] ?? 1),
    );
  }
  const absent: string[] = [];
  const files: Uint8Array[] = [];
  for (const file of names) {
    const found = await options.companion?.(file);
    if (found === undefined) absent.push(file);
    else files.push(found);
  }
  if (absent.length > 0 || files.length === 0) {
    metaimageFail(
      `Cannot read the data of a MetaImage: found ${files.length} of ${names.length} data files beside it, wanted all (first absent: ${absent[0] ?? name})`,
      "mismatch",
      header.places.ElementDataFile!,
    );
  }
  return files;
}

/** Plain data bytes of one file: skipped to its data and unpacked. */
async function plainOf(
  file: Uint8Array,
  header: Header,
  layout: Layout,
  place: { wanted: number; local: boolean },
): Promise<Uint8Array> {
  const { wanted, local } = place;
  const start = local ? header.end : 0;
  const data = file.subarray(start);
  if (layout.compressed)
    return inflate(data, { format: "metaimage", packing: "zlib", offset: start, wanted });
  const skip = numbers(header, "HeaderSize")?.[0] ?? 0;
  const from = local || skip === 0 ? 0 : skip === -1 ? data.length - wanted : skip;
  if (from < 0 || from + wanted > data.length) {
    metaimageFail(
      `Cannot read MetaImage data: found ${Math.max(0, data.length - Math.max(0, from))} bytes, wanted ${wanted}`,
      "truncated",
      file.length,
    );
  }
  return data.subarray(from, from + wanted);
}

/** Where the data are, and how many elements. */
interface Place {
  readonly count: number;
  readonly local: boolean;
}

async function typeOf(
  files: readonly Uint8Array[],
  header: Header,
  layout: Layout,
  { count, local }: Place,
): Promise<StoredType> {
  if (!layout.long || layout.text) return layout.type;
  const narrow = layout.type === "int64" ? "int32" : "uint32";
  const wanted = (count * bytesOf[narrow]) / files.length;
  const start = local ? header.end : 0;
  if (!layout.compressed) {
    const skip = local ? 0 : (numbers(header, "HeaderSize")?.[0] ?? 0);
    return files.every((file) => file.length - start - skip === wanted) ? narrow : layout.type;
  }
  try {
    for (const file of files)
      await inflate(file.subarray(start), {
        format: "metaimage",
        packing: "zlib",
        wanted,
        exact: true,
      });
    return narrow;
  } catch {
    return layout.type;
  }
}

function textOf(
  files: readonly Uint8Array[],
  header: Header,
  type: StoredType,
  { count, local }: Place,
): StoredArray {
  const [file] = files;
  if (file === undefined || files.length > 1) {
    return metaimageFail(
      `Cannot read text elements of a MetaImage: found ${files.length} files of them, wanted one`,
      "unsupported",
      header.places.BinaryData!,
    );
  }
  const offset = local ? header.end : 0;
  return elementsOfText(file.subarray(offset), { format: "metaimage", type, count, offset });
}

async function binaryOf(
  files: readonly Uint8Array[],
  header: Header,
  layout: Layout,
  { count, local }: Place,
): Promise<StoredArray> {
  const { type, littleEndian } = layout;
  const share = (count * bytesOf[type]) / files.length;
  if (!Number.isInteger(share)) {
    metaimageFail(
      `Cannot read a MetaImage over ${files.length} files: found ${count} elements, wanted the same number in each`,
      "mismatch",
      header.places.ElementDataFile!,
    );
  }
  const parts: Uint8Array[] = [];
  for (const file of files)
    parts.push(await plainOf(file, header, layout, { wanted: share, local }));
  let plain = parts[0]!;
  if (parts.length > 1) {
    plain = new Uint8Array(count * bytesOf[type]);
    parts.forEach((part, i) => plain.set(part, i * share));
  }
  return readElements(plain, { format: "metaimage", type, count, littleEndian });
}

async function read(bytes: Uint8Array, options: ReadOptions = {}): Promise<Decoded> {
  const header = linesOf(bytes);
  if (header === undefined) {
    return metaimageFail(
      "Cannot read a MetaImage: found no line ElementDataFile behind its fields, wanted one",
      bytes.length < longestHeader ? "truncated" : "corrupt",
      Math.min(bytes.length, longestHeader),
    );
  }
  const layout = layoutOf(header, options);
  const { sizes, components } = layout;
  const notes: string[] = [];
  const geometry = geometryFrom(header, sizes.length, notes);
  const count = sizeOf(sizes) * components;
  const local = /^local$/i.test(header.fields.ElementDataFile!);
  const files = local ? [bytes] : await filesOf(header, layout, options);
  const place = { count, local };
  const type = await typeOf(files, header, layout, place);
  const data = layout.text
    ? textOf(files, header, type, place)
    : await binaryOf(files, header, { ...layout, type }, place);
  const remark = parseRemark(header.fields.Comment ?? "");
  let shape = sizes.length === 1 ? [1, sizes[0]!] : [...sizes].reverse();
  if (shape.length === 3 && shape[0] === 1 && /^c?yx$/.test(remark.axes ?? ""))
    shape = shape.slice(1);
  const spatial = ({ 2: "yx", 3: "zyx", 4: "tzyx" } as const)[shape.length] ?? "yx";
  const axes = (components > 1 ? spatial.replace(/(z?yx)$/, "c$1") : spatial) as Axes;
  const kind = fittingKind(remark.kind ?? kindOf(components, type), components);
  const stored: Stored = { data, type, shape, components, kind, ...scalingFrom(header, notes) };
  const at = axes.indexOf("c");
  const full = at < 0 ? shape : [...shape.slice(0, at), components, ...shape.slice(at)];
  const image = makeImage(await valuesOfElements(stored, axes, options), full, {
    axes,
    ...geometry,
    ...(remark.spacing === undefined ? {} : { spacing: remark.spacing }),
    ...(remark.spacingKnown === undefined ? {} : { spacingKnown: remark.spacingKnown }),
    timeStep: remark.timeStep ?? timeStepFrom(header, sizes.length),
    unit: remark.unit ?? options.unit ?? "arbitrary",
  });
  if (type === "int16" && isOffsetTrap(image)) {
    notes.push(
      "all values lie near −32768 or 32767, as unsigned numbers with an offset of 32768 do when they are called signed; if so, add 32768 modulo 65536",
    );
  }
  return {
    format: "metaimage",
    images: [{ name: "", image, stored, notes, facts: metaimageFacts(header) }],
    notes: [],
    header: { ...header.fields },
    source: header,
  };
}

/** Signed readings of numbers that were stored unsigned with an offset of 2^15 avoid the middle. */
function isOffsetTrap(image: Image): boolean {
  const { min, max } = rangeOf(image.data);
  if (!(min < -16384)) return false;
  let middle = 0;
  for (const v of image.data) if (Math.abs(v) < 16384) middle++;
  return middle === 0 && (max < 0 || max > 16384);
}

function kindOf(components: number, type: StoredType): ComponentKind {
  if (components === 1) return "scalar";
  if (type === "uint8" && components === 3) return "rgb";
  return type === "uint8" && components === 4 ? "rgba" : "vector";
}

function write(image: Image, options: WriteOptions): Promise<Written> {
  return Promise.resolve().then(() => {
    const elements = elementsToWrite(image, options, metaimage);
    const name = options.fileName;
    const detached = /\.mhd$/i.test(name);
    const compress = options.compress ?? false;
    const channelAt = image.axes.indexOf("c");
    const channels = channelAt < 0 ? 1 : image.shape[channelAt]!;
    const flat = !image.axes.includes("z");
    // A plane somewhere in space is written as a volume of one slice, which keeps its position.
    const spatialSizes = image.shape.filter((_, i) => i !== channelAt);
    const sizes = (
      flat && image.orientationKnown && !liesFlat(image) ? [1, ...spatialSizes] : spatialSizes
    ).reverse();
    const rank = sizes.length;
    if (rank > 4)
      throw new InputError(`Cannot write ${rank} dimensions as MetaImage: wanted at most 4`);
    const interleaved =
      channels === 1 || elements.components > 1
        ? elements.data
        : interleave(elements.data, channels, image);
    const spatial = Math.min(rank, 3);
    const d = image.direction;
    const row = (axis: number) =>
      Array.from({ length: rank }, (_, r) =>
        axis < spatial && r < spatial ? d[3 * r + axis]! : axis === r ? 1 : 0,
      );
    const lengths = [
      image.spacing[2],
      image.spacing[1],
      image.spacing[0],
      image.timeStep ?? 1,
    ].slice(0, rank);
    const source = metaimageSourceOf(options.source);
    const { lost } = elements;
    const remark = remarkOf(image, {
      spacing: flat,
      time: true,
      ...(channels > 1 ? { kind: elements.kind } : {}),
      description: joinedTexts(options.description, textBehindRemark(source?.fields.Comment ?? "")),
    });
    const dataName = detached ? name.replace(/\.mhd$/i, compress ? ".zraw" : ".raw") : "LOCAL";
    const body = writeElements(interleaved);
    const packed = compress ? zlibSync(body, { level: 6 }) : body;
    const lines = [
      "ObjectType = Image",
      `NDims = ${rank}`,
      `Comment = ${remark}`,
      "BinaryData = True",
      "BinaryDataByteOrderMSB = False",
      `CompressedData = ${compress ? "True" : "False"}`,
      ...(compress ? [`CompressedDataSize = ${packed.length}`] : []),
      ...(image.orientationKnown
        ? [
            `TransformMatrix = ${Array.from({ length: rank }, (_, a) => row(a).join(" ")).join(" ")}`,
            `Offset = ${[0, 1, 2, 3]
              .slice(0, rank)
              .map((r) => (r < spatial ? image.origin[r] : 0))
              .join(" ")}`,
            `CenterOfRotation = ${new Array<number>(rank).fill(0).join(" ")}`,
          ]
        : []),
      ...(image.spacingKnown ? [`ElementSpacing = ${lengths.join(" ")}`] : []),
      ...(source === undefined ? [] : keptFields(source)),
      `DimSize = ${sizes.join(" ")}`,
      ...(channels > 1 ? [`ElementNumberOfChannels = ${channels}`] : []),
      `ElementType = ${nameOfType[elements.type]}`,
      `ElementDataFile = ${dataName}`,
      "",
    ];
    const text = headerBytes(lines.join("\n"));
    if (detached)
      return {
        files: [
          { name, bytes: text },
          { name: dataName, bytes: packed.slice() },
        ],
        lost,
      };
    const bytes = new Uint8Array(text.length + packed.length);
    bytes.set(text);
    bytes.set(packed, text.length);
    return { files: [{ name, bytes }], lost };
  });
}

/** Channels from before the spatial axes to behind them. */
function interleave<T extends Stored["data"]>(data: T, channels: number, image: Image): T {
  const out = data.slice() as T;
  const volume = sizeOf(image.shape.slice(image.axes.indexOf("c") + 1));
  const blocks = data.length / (volume * channels);
  for (let b = 0; b < blocks; b++) {
    for (let c = 0; c < channels; c++) {
      for (let i = 0; i < volume; i++) {
        out[(b * volume + i) * channels + c] = data[(b * channels + c) * volume + i]!;
      }
    }
  }
  return out;
}

export const metaimage: Format = {
  name: "metaimage",
  title: "MetaImage",
  summary: "Volumes with geometry, common around ITK and elastix",
  extensions: [".mha", ".mhd"],
  holds: {
    types: allTypes,
    axes: ["yx", "zyx", "tzyx", "cyx", "czyx", "tczyx"],
    kinds: ["scalar", "complex", "rgb", "rgba", "grey-alpha", "vector"],
    geometry: "full",
    timeStep: true,
    scaling: false,
    unit: true,
  },
  sniff: (bytes) => looksLike(bytes),
  read,
  write,
};
