/** Elements to bytes. What was not touched goes out as the bytes that came in. */
import { InputError } from "../core/errors.ts";
import { bytesElement, elementMap, numberElement, textElement } from "./build.ts";
import { deflateDataSet } from "./deflate.ts";
import { tagText } from "./dictionary.ts";
import type { DicomElement, Elements, Encoding } from "./elements.ts";
import { swapBytes } from "../codecs/elements.ts";
import { transferSyntaxOf } from "./transfer-syntax.ts";

/** Names this implementation in files that it writes; one fixed UUID under 2.25. */
const implementationUid = "2.25.57635044870711363354550096933709384724";
const implementationName = "DPRIME";

const longVrs = new Set("OB OD OF OL OV OW SQ SV UC UN UR UT UV".split(" "));
const swapUnits: Readonly<Record<string, number>> = {
  US: 2,
  SS: 2,
  OW: 2,
  AT: 2,
  UL: 4,
  SL: 4,
  FL: 4,
  OF: 4,
  OL: 4,
  FD: 8,
  SV: 8,
  UV: 8,
  OD: 8,
  OV: 8,
};
// Attributes that are US or SS by the pixel representation, which implicit data sets leave open.
const signedByPixels = new Set([
  0x00280106, 0x00280107, 0x00280108, 0x00280109, 0x00280110, 0x00280111, 0x00280120, 0x00280121,
]);

interface Sink {
  readonly parts: Uint8Array[];
  readonly target: Encoding;
  readonly signedPixels: boolean;
}

function head(element: { tag: number; vr: string }, length: number, target: Encoding): Uint8Array {
  const long = longVrs.has(element.vr) || length === 0xffffffff;
  const bytes = new Uint8Array(target.explicit && long ? 12 : 8);
  const view = new DataView(bytes.buffer);
  view.setUint16(0, element.tag >>> 16, true);
  view.setUint16(2, element.tag & 0xffff, true);
  if (!target.explicit) view.setUint32(4, length, true);
  else {
    bytes[4] = element.vr.charCodeAt(0);
    bytes[5] = element.vr.charCodeAt(1);
    if (long) view.setUint32(8, length, true);
    else view.setUint16(6, length, true);
  }
  return bytes;
}

const bare: Encoding = { explicit: false, littleEndian: true };

function putItems(sink: Sink, element: DicomElement, from: Encoding): void {
  for (const { elements } of element.items!) {
    sink.parts.push(head({ tag: 0xfffee000, vr: "" }, 0xffffffff, bare));
    putElements(sink, elements, from);
    sink.parts.push(head({ tag: 0xfffee00d, vr: "" }, 0, bare));
  }
}

function put(sink: Sink, element: DicomElement, parent: Encoding): void {
  const { parts, target } = sink;
  const from = element.encoding ?? parent;
  let { vr } = element;
  if (!parent.explicit && !element.encoding && sink.signedPixels && signedByPixels.has(element.tag))
    vr = "SS";
  if (element.fragments) {
    parts.push(head({ tag: element.tag, vr: "OB" }, 0xffffffff, target));
    for (const { bytes } of element.fragments) {
      parts.push(head({ tag: 0xfffee000, vr: "" }, bytes.length + (bytes.length % 2), bare), bytes);
      if (bytes.length % 2) parts.push(new Uint8Array(1));
    }
    parts.push(head({ tag: 0xfffee0dd, vr: "" }, 0, bare));
    return;
  }
  const same = from.explicit === target.explicit && from.littleEndian === target.littleEndian;
  // The value of UN is implicit little endian by definition, in whatever it travels.
  const verbatim = (same || vr === "UN") && !(element.items && element.value.length === 0);
  if ((element.items && !verbatim) || element.undefinedLength) {
    parts.push(head({ tag: element.tag, vr: verbatim ? vr : "SQ" }, 0xffffffff, target));
    if (verbatim) parts.push(element.value);
    else putItems(sink, element, from);
    parts.push(head({ tag: 0xfffee0dd, vr: "" }, 0, bare));
    return;
  }
  if (vr === "SQ" && !same && element.value.length > 0) {
    throw new InputError(
      `Cannot write sequence ${tagText(element.tag)} in another encoding: found damage in it, wanted items`,
    );
  }
  let value = element.value;
  const unit = from.littleEndian ? 1 : (swapUnits[vr] ?? 1);
  if (unit > 1) {
    value = value.slice();
    swapBytes(value, unit);
  }
  // A value too long for its short form travels as UN, which has a long one.
  if (target.explicit && !longVrs.has(vr) && value.length > 0xfffe) vr = "UN";
  parts.push(head({ tag: element.tag, vr }, value.length + (value.length % 2), target), value);
  if (value.length % 2) parts.push(new Uint8Array(1));
}

function putElements(sink: Sink, elements: Elements, from: Encoding): void {
  for (const element of [...elements.values()].sort((a, b) => a.tag - b.tag)) {
    // Group lengths would no longer be true.
    if ((element.tag & 0xffff) !== 0) put(sink, element, from);
  }
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const out = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}

/**
 * A whole file: preamble, group 0002 and data set.
 *
 * @param elements data set; elements without an encoding of their own are encoded as `options.encoding` says
 * @throws InputError when a damaged sequence would have to change its encoding
 */
export function serialiseDicom(
  elements: Elements,
  options: {
    encoding: Encoding;
    transferSyntax: string;
    sopClassUid: string;
    sopInstanceUid: string;
    signedPixels: boolean;
  },
): Uint8Array {
  const syntax = transferSyntaxOf(options.transferSyntax);
  if (!syntax?.littleEndian) {
    throw new InputError(
      `Cannot write DICOM: found transfer syntax ${options.transferSyntax}, wanted a little-endian one`,
    );
  }
  const explicit = { explicit: true, littleEndian: true };
  const meta: Sink = { parts: [], target: explicit, signedPixels: false };
  putElements(
    meta,
    elementMap([
      bytesElement(0x00020001, "OB", Uint8Array.of(0, 1)),
      textElement(0x00020002, "UI", options.sopClassUid),
      textElement(0x00020003, "UI", options.sopInstanceUid),
      textElement(0x00020010, "UI", options.transferSyntax),
      textElement(0x00020012, "UI", implementationUid),
      textElement(0x00020013, "SH", implementationName),
    ]),
    explicit,
  );
  const metaLength = meta.parts.reduce((sum, part) => sum + part.length, 0);
  const length: Sink = { parts: [], target: explicit, signedPixels: false };
  put(length, numberElement(0x00020000, "UL", metaLength), explicit);
  const body: Sink = {
    parts: [],
    target: { explicit: syntax.explicit, littleEndian: true },
    signedPixels: options.signedPixels,
  };
  putElements(body, elements, options.encoding);
  const preamble = new Uint8Array(132);
  preamble.set([0x44, 0x49, 0x43, 0x4d], 128);
  const data = syntax.deflated ? [deflateDataSet(joined(body.parts))] : body.parts;
  return joined([preamble, ...length.parts, ...meta.parts, ...data]);
}
