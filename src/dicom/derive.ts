/**
 * Derived objects: an image made from another, as the standard wants it described [nema2024ps33]
 * (C.7.6.1.1.3 and C.12.1.1.5). Patient, study, geometry and private attributes stay byte for byte.
 */
import { InputError } from "../core/errors.ts";
import type { Image } from "../core/image.ts";
import {
  bytesElement,
  codeElement,
  dateTime,
  elementMap,
  itemOf,
  sequenceElement,
  textElement,
} from "./build.ts";
import { type DerivedPixelOptions, type PixelPart, pixelPart } from "./derive-pixels.ts";
import type { DicomElement, DataSet } from "./elements.ts";
import { numberOf, textOf, textsOf } from "./elements.ts";
import { hasFunctionalGroups } from "./geometry.ts";
import { mapItems } from "./items.ts";
import type { DicomImage } from "./read.ts";
import { serialiseDicom } from "./serialise.ts";
import { newUid } from "./uid.ts";

export interface DeriveOptions extends DerivedPixelOptions {
  /** What was done, such as `drunet-light`; goes into series description and derivation description. */
  readonly method: string;
  /** Its parameters, written as `name=value`. */
  readonly parameters?: Readonly<Record<string, string | number | boolean>>;
  /** Version of the software. */
  readonly version?: string;
  /** One UID for all slices of a series; a new one when absent. */
  readonly seriesUid?: string;
  /** Defaults to the source's description and the method. */
  readonly seriesDescription?: string;
  /** Defaults to the source's number plus 1000. */
  readonly seriesNumber?: number;
  /** Moment of creation; defaults to now. */
  readonly date?: Date;
}

export interface WrittenDicom {
  readonly bytes: Uint8Array;
  readonly sopInstanceUid: string;
  readonly seriesUid: string;
  readonly transferSyntax: string;
  /** What the source had and this object does not, and what was rounded, one sentence each. */
  readonly notes: readonly string[];
}

// Attributes that describe the source's pixels and are untrue, or cannot be checked, for new ones.
const dropped: ReadonlyMap<number, string | undefined> = new Map<number, string | undefined>([
  [0x00280106, undefined],
  [0x00280107, undefined],
  [0x00280108, undefined],
  [0x00280109, undefined],
  [0x00283000, undefined],
  [0x7fe00001, undefined],
  [0x7fe00002, undefined],
  [0x7fe00003, undefined],
  [0x7fe00008, undefined],
  [0x7fe00009, undefined],
  [0x7fe00010, undefined],
  [0x00880200, "the icon image"],
  [0xfffafffa, "the digital signature"],
  [0x4ffe0001, "the message authentication code"],
  [0xfffcfffc, undefined],
]);

/**
 * A derived DICOM object: the source with other values.
 *
 * @param source object as read by `readDicom`
 * @param image values in the unit of `source.image`, of the same shape
 * @throws InputError when shapes differ, values are not finite or the transfer syntax is not written
 */
export async function writeDerivedDicom(
  source: DicomImage,
  image: Image,
  options: DeriveOptions,
): Promise<WrittenDicom> {
  if (image.shape.join() !== source.image.shape.join() || image.axes !== source.image.axes) {
    throw new InputError(
      `Cannot write a derived DICOM object: found ${image.axes} [${image.shape.join(", ")}], wanted ${source.image.axes} [${source.image.shape.join(", ")}] as in the source`,
    );
  }
  checkDerivable(source);
  return derivedObject(source, await pixelPart(source, image, options), options);
}

/** @throws InputError when an object cannot be the source of a derived one */
export function checkDerivable({ file }: Pick<DicomImage, "file">): void {
  if (file.dataSet.elements.has(0x3004000e)) {
    throw new InputError("Cannot write a derived DICOM object: found a dose grid, wanted an image");
  }
}

/** The source's attributes and the history of the derived object around its pixels. */
export function derivedObject(
  source: Pick<DicomImage, "file">,
  pixels: PixelPart,
  options: DeriveOptions,
): WrittenDicom {
  const set = source.file.dataSet;
  const sopClassUid = textOf(set, 0x00080016) ?? textOf(source.file.meta, 0x00020002);
  if (!sopClassUid) {
    throw new InputError(
      "Cannot write a derived DICOM object: found no SOP Class UID in the source, wanted one",
    );
  }
  const sopInstanceUid = newUid();
  const seriesUid = options.seriesUid ?? newUid();
  const notes = [...pixels.notes];
  const elements = new Map<number, DicomElement>();
  const overlaysInPixels: number[] = [];
  for (const [tag, element] of set.elements) {
    if (pixels.removed.includes(tag)) continue;
    if (dropped.has(tag)) {
      const said = dropped.get(tag);
      if (said) notes.push(`${said} is left out`);
      continue;
    }
    // Overlays in spare bits of the pixels have one bit less than the pixels allocated to them.
    if ((tag & 0xff01ffff) >>> 0 === 0x60000100 && (numberOf(set, tag, "US") ?? 1) > 1) {
      overlaysInPixels.push(tag >>> 16);
    }
    elements.set(tag, element);
  }
  for (const group of overlaysInPixels) {
    notes.push(`the overlay ${group.toString(16)} in the spare bits of the pixels is left out`);
    for (const tag of elements.keys()) if (tag >>> 16 === group) elements.delete(tag);
  }
  const put = (element: DicomElement) => elements.set(element.tag, element);
  functionalGroups(elements, set, pixels).forEach(put);
  for (const element of description(source, { ...options, sopClassUid, sopInstanceUid, seriesUid }))
    put(element);
  pixels.elements.forEach(put);
  const bytes = serialiseDicom(elementMap([...elements.values()]), {
    encoding: set.encoding,
    transferSyntax: pixels.transferSyntax,
    sopClassUid,
    sopInstanceUid,
    signedPixels: pixels.signed,
  });
  return { bytes, sopInstanceUid, seriesUid, transferSyntax: pixels.transferSyntax, notes };
}

/** Classes whose definition knows no secondary images: PET, NM and photographs of patients. */
const alwaysPrimary = /^1\.2\.840\.10008\.5\.1\.4\.1\.1\.(128|20|77\.1\.[0-9.]+)$/;

/** Image type of a derived object. Enhanced objects, and a few classes beside them, have no secondary ones. */
function derivedType(set: DataSet, of: readonly string[]): string[] {
  const primary = hasFunctionalGroups(set) || alwaysPrimary.test(textOf(set, 0x00080016) ?? "");
  return ["DERIVED", primary ? "PRIMARY" : "SECONDARY", ...of.slice(2)];
}

/** Identity and history of the derived object. */
function description(
  source: Pick<DicomImage, "file">,
  options: DeriveOptions & { sopClassUid: string; sopInstanceUid: string; seriesUid: string },
): DicomElement[] {
  const set = source.file.dataSet;
  const text = (tag: number, vr: string, value: string | readonly string[]) =>
    textElement(tag, vr, value, set.characterSets);
  const { date, time } = dateTime(options.date ?? new Date());
  const version = options.version ?? "dprime";
  const parameters = Object.entries(options.parameters ?? {}).map(
    ([name, value]) => `${name}=${value}`,
  );
  const derivation = `Denoised by dprime, method ${options.method}${parameters.length > 0 ? `: ${parameters.join(", ")}` : ""}. For research, not for diagnosis`;
  const previous = textOf(set, 0x00082111);
  const type = textsOf(set, 0x00080008);
  const seriesNumber =
    options.seriesNumber ?? Math.min(2147483647, (numberOf(set, 0x00200011) ?? 0) + 1000);
  const sourceUid = textOf(set, 0x00080018) ?? textOf(source.file.meta, 0x00020003);
  const elements = [
    text(0x00080008, "CS", derivedType(set, type)),
    text(0x00080012, "DA", date),
    text(0x00080013, "TM", time),
    text(0x00080016, "UI", options.sopClassUid),
    text(0x00080018, "UI", options.sopInstanceUid),
    seriesDescription(set, options),
    text(0x00082111, "ST", `${derivation}${previous ? `. Before: ${previous}` : ""}`),
    text(0x0020000e, "UI", options.seriesUid),
    text(0x00200011, "IS", String(seriesNumber)),
  ];
  if (sourceUid) {
    elements.push(
      sequenceElement(0x00082112, [
        itemOf([
          text(0x00081150, "UI", options.sopClassUid),
          text(0x00081155, "UI", sourceUid),
          codeElement(0x0040a170, {
            value: "121322",
            scheme: "DCM",
            meaning: "Source image for image processing operation",
          }),
        ]),
      ]),
    );
  }
  const earlier = set.elements.get(0x0018a001);
  const contribution = itemOf([
    text(0x00080070, "LO", "dprime"),
    text(0x00081090, "LO", "dprime"),
    text(0x00181020, "LO", version),
    text(0x0018a002, "DT", `${date}${time}`),
    text(0x0018a003, "ST", derivation),
    codeElement(0x0040a170, { value: "109102", scheme: "DCM", meaning: "Processing Equipment" }),
  ]);
  // Items of the source keep their own encoding; the new one is brought to it by the writer.
  elements.push(appendedItem(earlier, contribution, set));
  if (!source.file.syntax.lossless && textOf(set, 0x00282110) === undefined) {
    elements.push(text(0x00282110, "CS", "01"));
  }
  return elements;
}

function appendedItem(
  earlier: DicomElement | undefined,
  item: ReturnType<typeof itemOf>,
  set: DataSet,
): DicomElement {
  const encoding = earlier?.encoding ?? set.encoding;
  // Values of the earlier items are in the source's encoding: each says so itself from here on.
  const old = (earlier?.items ?? []).map((one) => ({
    ...one,
    elements: new Map(
      [...one.elements].map(([tag, element]) => [tag, { encoding, ...element }] as const),
    ),
  }));
  return sequenceElement(0x0018a001, [...old, item]);
}

function seriesDescription(set: DataSet, options: DeriveOptions): DicomElement {
  const vr = "LO";
  if (options.seriesDescription !== undefined) {
    return textElement(0x0008103e, vr, options.seriesDescription, set.characterSets);
  }
  // The source's own bytes, whatever their character set, with ours behind them.
  const addition = new TextEncoder().encode(
    `dprime ${options.method}`.replace(/[^\x20-\x7e]/g, "?").slice(0, 40),
  );
  const own = set.elements.get(0x0008103e)?.value ?? new Uint8Array(0);
  let end = own.length;
  while (end > 0 && (own[end - 1] === 0x20 || own[end - 1] === 0)) end--;
  // Cutting inside a multi-byte character would spoil it, so a long description gives way as a whole.
  if (end === 0 || end + 1 + addition.length > 64) return bytesElement(0x0008103e, vr, addition);
  const bytes = new Uint8Array(end + 1 + addition.length);
  bytes.set(own.subarray(0, end));
  bytes[end] = 0x20;
  bytes.set(addition, end + 1);
  return bytesElement(0x0008103e, vr, bytes);
}

/** Functional groups with frame types DERIVED and, where it changed, one rescale for all frames. */
function functionalGroups(
  elements: ReadonlyMap<number, DicomElement>,
  set: DataSet,
  pixels: PixelPart,
): DicomElement[] {
  const changed: DicomElement[] = [];
  for (const tag of [0x52009229, 0x52009230]) {
    const element = elements.get(tag);
    if (!element?.items) continue;
    changed.push(
      mapItems(element, set.encoding, (inner) => {
        if (inner.tag === 0x00089007) {
          const values = new TextDecoder("latin1").decode(inner.value).trimEnd().split("\\");
          return textElement(inner.tag, "CS", derivedType(set, values));
        }
        const untrue =
          pixels.removed.includes(inner.tag) || (pixels.rescaled && inner.tag === 0x00289145);
        return untrue ? undefined : inner;
      }),
    );
  }
  const rescale = [0x00281052, 0x00281053, 0x00281054].flatMap(
    (tag) => pixels.elements.find((one) => one.tag === tag) ?? elements.get(tag) ?? [],
  );
  if (!pixels.rescaled || changed.length === 0) return changed;
  const transformation = sequenceElement(0x00289145, [itemOf(rescale)]);
  const shared = changed.find(({ tag }) => tag === 0x52009229);
  const groups = shared?.items?.[0]?.elements ?? new Map<number, DicomElement>();
  const whole = itemOf([...groups.values(), transformation].sort((a, b) => a.tag - b.tag));
  return [
    { ...sequenceElement(0x52009229, [whole]), encoding: shared?.encoding ?? set.encoding },
    ...changed.filter((one) => one !== shared),
  ];
}
