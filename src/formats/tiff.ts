/**
 * TIFF and BigTIFF [adobe1992tiff]: grey, palette and RGB of 1 to 64 bits, integers and floating point,
 * strips or tiles, uncompressed, LZW, deflate or PackBits, with predictors. Pages of one size and
 * type become a stack; stacks of ImageJ and OME-TIFF keep their axes.
 *
 * White-is-zero images keep their stored values; the scaling (slope −1) turns them. JPEG and fax
 * compression, YCbCr, CMYK and Lab are refused.
 */
import { zlibSync } from "fflate";
import { FormatError, InputError } from "../core/errors.ts";
import { type Axes, type Image, makeImage } from "../core/image.ts";
import {
  allTypes,
  bytesOf,
  checkSizes,
  emptyArray,
  toFloat32,
  writeElements,
} from "../codecs/elements.ts";
import { elementsToWrite } from "./elements-to-write.ts";
import { fittingKind, parseRemark, remarkOf, textBehindRemark } from "./remark.ts";
import type {
  Decoded,
  DecodedImage,
  Format,
  ReadOptions,
  WriteOptions,
  Written,
} from "./format.ts";
import {
  type TiffFile,
  isTiff,
  longestText,
  parseTiff,
  tags,
  textOf,
  tiffFail,
} from "../codecs/tiff-directory.ts";
import { tiffFacts } from "./tiff-facts.ts";
import { parseOme } from "./tiff-ome.ts";
import { channelsLast, imageJAxes, imageJSpacing, parseImageJ, tallPage } from "./tiff-imagej.ts";
import type { ComponentKind, Stored, StoredArray } from "../core/stored.ts";
import { type Page, describePage, pageElements } from "../codecs/tiff-page.ts";

/** OME's description has a line for each plane. */
const longestOme = 2 ** 24;

async function read(bytes: Uint8Array, options: ReadOptions = {}): Promise<Decoded> {
  const file = parseTiff(bytes);
  const described = textOf(file, file.directories[0]!, tags.description, longestOme);
  const description = described.slice(0, longestText);
  const imageJ = parseImageJ(description);
  // ImageJ's planes need no directory but the first; others may be damaged, as they are beyond 4 GiB.
  let { broken } = file;
  const limit = options.maxElements === undefined ? {} : { maxElements: options.maxElements };
  const notes: string[] = [];
  let pages: Page[] = [];
  let total = 0;
  const countPage = (page: Page, planes: number) => {
    const { offset } = page.directory;
    total += page.width * page.height * page.samples * planes;
    checkSizes([page.height, page.width, page.samples], { format: "tiff", offset, ...limit });
    checkSizes([total], { format: "tiff", offset, ...limit });
  };
  for (const directory of file.directories) {
    let page: Page;
    try {
      page = describePage(file, directory);
    } catch (error) {
      const spare = imageJ !== undefined && imageJ.images > 1 && pages.length > 0;
      if (!spare || !(error instanceof FormatError)) throw error;
      broken = error;
      break;
    }
    if (page.reduced && file.directories.length > 1) {
      notes.push("a reduced copy of another page was passed over");
      continue;
    }
    countPage(page, 1);
    pages.push(page);
  }
  if (pages.length === 0) {
    throw new FormatError("Cannot read a TIFF: found reduced copies only, wanted a page", {
      format: "tiff",
      kind: "unsupported",
      offset: 4,
    });
  }
  const ome = parseOme(described, { pages: pages.length, samples: pages[0]!.samples });
  if (ome !== undefined) pages = ome.order.map((page) => pages[page]!);
  const stack = imageJ ?? ome;
  let groups = groupPages(pages);
  if (ome !== undefined && groups.length > 1) {
    tiffFail(
      `Cannot read an OME-TIFF: found pages of ${groups.length} sizes or types, wanted one`,
      "unsupported",
      0,
    );
  }
  if (stack !== undefined && pages.length < stack.images) {
    const head = pages[0]!;
    const tall = tallPage(file, head, stack.images);
    if (tall === undefined) {
      if (broken !== undefined) throw broken;
      notes.push(
        `the description speaks of ${stack.images} images, but the file has ${pages.length}: its data are packed or in parts, so that no plane can follow without a directory`,
      );
    } else {
      countPage(head, stack.images - pages.length);
      groups = [{ head, pages: [tall], count: stack.images }];
    }
  } else if (broken !== undefined) throw broken;
  else if (stack !== undefined && stack.images > 1 && pages.length > stack.images) {
    notes.push(
      `the description speaks of ${stack.images} images, but the file has ${pages.length}; its axes were passed over`,
    );
  }
  const remark = parseRemark(description);
  const text = textBehindRemark(description);
  const unit = remark.unit ?? imageJ?.unit ?? options.unit ?? "arbitrary";
  const images: DecodedImage[] = [];
  for (const [g, group] of groups.entries()) {
    const { head, count } = group;
    const whole = stack !== undefined && count === stack.images ? stack : undefined;
    const data = await elementsOf(file, group, whole?.channels ?? 1);
    const own: string[] = [];
    if (head.inverted)
      own.push("white is zero in the file; values were turned so that larger is brighter");
    if (head.palette) own.push("palette entries became colours");
    if (count > 1 && whole === undefined) own.push(`${count} pages became a stack`);
    if (whole !== undefined) own.push(...whole.notes);
    const series = remark.axes === "tyx" ? "t" : "z";
    const plane: [number, number] = [head.height, head.width];
    const stacked = count > 1 || remark.axes === "zyx" || remark.axes === "tyx";
    const { axes: spatial, shape } =
      whole === undefined
        ? { axes: `${stacked ? series : ""}yx` as Axes, shape: stacked ? [count, ...plane] : plane }
        : imageJAxes(whole, plane);
    const components = head.components * (whole?.channels ?? 1);
    if (head.components > 1 && components > head.components)
      tiffFail(
        `Cannot read a stack of ${whole!.channels} channels with ${head.components} samples each: wanted one or the other`,
        "unsupported",
        head.directory.offset,
      );
    const axes = head.components > 1 ? (spatial.replace(/^t?/, "$&c") as Axes) : spatial;
    let full: number[] = shape;
    const at = axes.indexOf("c");
    if (at >= 0) full = [...shape.slice(0, at), components, ...shape.slice(at)];
    const scaling =
      head.type.startsWith("float") || head.components > 1
        ? undefined
        : imageJ === whole
          ? imageJ?.scaling
          : undefined;
    const stored: Stored = {
      data,
      type: head.type,
      shape,
      components,
      kind: fittingKind(
        remark.kind ?? (components > head.components ? "vector" : kindOf(head)),
        components,
      ),
      slope: scaling?.slope ?? (head.inverted ? -1 : 1),
      intercept: scaling?.intercept ?? (head.inverted ? 2 ** head.bits - 1 : 0),
      ...(head.bits < 8 * bytesOf[head.type] ? { bits: head.bits } : {}),
    };
    const calibrated = imageJ === undefined ? undefined : imageJSpacing(imageJ, file, head);
    if (calibrated?.guessed)
      own.push("the file says no size of a pixel, which ImageJ takes for 1 of its unit");
    const spacing = remark.spacing ?? calibrated?.spacing ?? ome?.spacing ?? head.spacing;
    const image = makeImage(toFloat32(stored, axes), full, {
      axes,
      ...(spacing === undefined ? {} : { spacing }),
      timeStep: remark.timeStep ?? stack?.timeStep,
      unit,
    });
    images.push({
      name: groups.length > 1 ? `page ${g + 1}` : "",
      image,
      stored,
      notes: own,
      facts: { ...(text === "" ? {} : { description: text }), ...tiffFacts(file, head.directory) },
    });
  }
  return {
    format: "tiff",
    images,
    notes,
    header: {
      pages: file.directories.length,
      byteOrder: file.littleEndian ? "little-endian" : "big-endian",
      bigTiff: file.big,
      compression: pages[0]!.compressionName,
      ...(description === "" ? {} : { description }),
    },
  };
}

function kindOf(page: Page): ComponentKind {
  if (page.components === 1) return "scalar";
  if (page.photometric === 2 || page.palette) {
    if (page.components === 3) return "rgb";
    if (page.components === 4) return "rgba";
  }
  return "vector";
}

/** Pages that become one image. */
interface Group {
  /** Its first page: size of a plane, type. */
  readonly head: Page;
  readonly pages: readonly Page[];
  /** Planes of all pages. */
  readonly count: number;
}

/** Runs of pages of one size and type. */
function groupPages(pages: readonly Page[]): Group[] {
  const groups: Page[][] = [];
  for (const page of pages) {
    const last = groups.at(-1);
    const head = last?.[0];
    const same =
      head !== undefined &&
      head.width === page.width &&
      head.height === page.height &&
      head.type === page.type &&
      head.bits === page.bits &&
      head.components === page.components &&
      head.inverted === page.inverted;
    if (same) last!.push(page);
    else groups.push([page]);
  }
  return groups.map((run) => ({ head: run[0]!, pages: run, count: run.length }));
}

async function elementsOf(file: TiffFile, group: Group, channels: number): Promise<StoredArray> {
  const { head, pages, count } = group;
  const plane = head.width * head.height * head.components;
  if (pages.length === 1)
    return channelsLast(await pageElements(file, pages[0]!), { channels, plane });
  const data = emptyArray(head.type, plane * count);
  for (const [i, page] of pages.entries()) {
    const part = await pageElements(file, page);
    (data as Float64Array).set(part as Float64Array, i * plane);
  }
  return channelsLast(data, { channels, plane });
}

function write(image: Image, options: WriteOptions): Promise<Written> {
  return Promise.resolve().then(() => {
    const elements = elementsToWrite(image, options, tiff);
    const channelAt = image.axes.indexOf("c");
    const samples = channelAt < 0 ? 1 : image.shape[channelAt]!;
    if (samples > 255)
      throw new InputError(`Cannot write ${samples} channels as TIFF: wanted at most 255`);
    const [height, width] = image.shape.slice(-2) as [number, number];
    const data =
      samples === 1 || elements.components > 1 ? elements.data : interleave(elements.data, samples);
    const pageCount = image.shape.length - (channelAt < 0 ? 0 : 1) === 3 ? image.shape[0]! : 1;
    const raw = writeElements(data);
    const pageBytes = raw.length / pageCount;
    const compress = options.compress ?? false;
    const strips = Array.from({ length: pageCount }, (_, p) => {
      const page = raw.subarray(p * pageBytes, (p + 1) * pageBytes);
      return compress ? zlibSync(page, { level: 6 }) : page;
    });
    const description = `${remarkOf(image, { spacing: true, time: true, ...(elements.kind === "complex" || elements.kind === "grey-alpha" ? { kind: elements.kind } : {}), ...(options.description === undefined ? {} : { description: options.description }) })}\0`;
    const bytes = assemble(strips, {
      width,
      height,
      samples,
      bits: 8 * bytesOf[elements.type],
      sampleFormat: elements.type.startsWith("u") ? 1 : elements.type.startsWith("i") ? 2 : 3,
      photometric: elements.kind === "rgb" || elements.kind === "rgba" ? 2 : 1,
      compression: compress ? 8 : 1,
      description,
      pixelsPerCm: image.spacingKnown ? [10 / image.spacing[2], 10 / image.spacing[1]] : undefined,
    });
    return { files: [{ name: options.fileName, bytes }], lost: elements.lost };
  });
}

function interleave(data: StoredArray, channels: number): StoredArray {
  const out = data.slice();
  const plane = data.length / channels;
  for (let c = 0; c < channels; c++) {
    for (let i = 0; i < plane; i++) out[i * channels + c] = data[c * plane + i]!;
  }
  return out;
}

interface PageLayout {
  readonly width: number;
  readonly height: number;
  readonly samples: number;
  readonly bits: number;
  readonly sampleFormat: number;
  readonly photometric: number;
  readonly compression: number;
  readonly description: string;
  readonly pixelsPerCm: readonly [number, number] | undefined;
}

/** A little-endian file: header, then for each page its strip, long values and directory. */
function assemble(strips: readonly Uint8Array[], layout: PageLayout): Uint8Array {
  const extra = layout.samples - (layout.photometric === 2 ? 3 : 1);
  const n = layout.samples;
  const fieldCount = 12 + (extra > 0 ? 1 : 0) + (layout.pixelsPerCm === undefined ? 0 : 3);
  const longBytes = 16 + 4 * n + 2 * Math.max(0, extra) + layout.description.length + 8;
  const perPage = 2 + fieldCount * 12 + 4 + longBytes + 8;
  const total = strips.reduce((sum, s) => sum + s.length + 1 + perPage, 8);
  if (total > 0xffffffff)
    throw new InputError("Cannot write a TIFF above 4 GiB: choose NIfTI or MetaImage");
  const bytes = new Uint8Array(total);
  const view = new DataView(bytes.buffer);
  bytes.set([0x49, 0x49, 42, 0]);
  let at = 8;
  let link = 4;
  for (const strip of strips) {
    const stripAt = at;
    bytes.set(strip, at);
    at += strip.length + (strip.length & 1);
    const shorts = (values: number[]) => {
      const place = at;
      for (const v of values) {
        view.setUint16(at, v, true);
        at += 2;
      }
      return place;
    };
    const short = (tag: number, values: number[]) => ({
      tag,
      type: 3,
      count: values.length,
      value:
        values.length === 1
          ? values[0]!
          : values.length === 2
            ? values[0]! + 65536 * values[1]!
            : shorts(values),
    });
    const long = (tag: number, value: number) => ({ tag, type: 4, count: 1, value });
    const rational = (tag: number, value: number) => {
      const place = at;
      const scale = value < 1000 ? 1_000_000 : 1;
      view.setUint32(at, Math.min(0xffffffff, Math.round(value * scale)), true);
      view.setUint32(at + 4, scale, true);
      at += 8;
      return { tag, type: 5, count: 1, value: place };
    };
    const textAt = at;
    for (let i = 0; i < layout.description.length; i++)
      bytes[at++] = layout.description.charCodeAt(i) & 255;
    at += at & 1;
    const fields = [
      long(tags.width, layout.width),
      long(tags.height, layout.height),
      short(tags.bits, new Array<number>(n).fill(layout.bits)),
      short(tags.compression, [layout.compression]),
      short(tags.photometric, [layout.photometric]),
      { tag: tags.description, type: 2, count: layout.description.length, value: textAt },
      long(tags.stripOffsets, stripAt),
      short(tags.samples, [n]),
      long(tags.rowsPerStrip, layout.height),
      long(tags.stripCounts, strip.length),
      short(tags.planar, [1]),
      ...(layout.pixelsPerCm === undefined
        ? []
        : [
            rational(tags.xResolution, layout.pixelsPerCm[0]),
            rational(tags.yResolution, layout.pixelsPerCm[1]),
            short(tags.resolutionUnit, [3]),
          ]),
      ...(extra > 0 ? [short(tags.extraSamples, new Array<number>(extra).fill(0))] : []),
      short(tags.sampleFormat, new Array<number>(n).fill(layout.sampleFormat)),
    ].sort((a, b) => a.tag - b.tag);
    view.setUint32(link, at, true);
    view.setUint16(at, fields.length, true);
    at += 2;
    for (const f of fields) {
      view.setUint16(at, f.tag, true);
      view.setUint16(at + 2, f.type, true);
      view.setUint32(at + 4, f.count, true);
      view.setUint32(at + 8, f.value, true);
      at += 12;
    }
    link = at;
    at += 4;
  }
  return bytes.subarray(0, at);
}

export const tiff: Format = {
  name: "tiff",
  title: "TIFF",
  summary: "Planes and stacks of any sample type; spacing only",
  extensions: [".tif", ".tiff"],
  holds: {
    types: allTypes,
    axes: ["yx", "zyx", "tyx", "cyx"],
    kinds: ["scalar", "complex", "rgb", "rgba", "grey-alpha", "vector"],
    geometry: "spacing",
    timeStep: true,
    scaling: false,
    unit: true,
  },
  sniff: isTiff,
  read,
  write,
};
