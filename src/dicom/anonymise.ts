/**
 * De-identification by the basic profile of the standard's confidentiality annex [nema2024ps315] (annex E).
 * Pixel values stay as they are: what is burned into them is warned of, not removed. What hides beside them, in
 * bits that are not stored, behind the last pixel or in comments of code streams, is cleared.
 */
import { FormatError } from "../core/errors.ts";
import { codeElement, elementMap, textElement } from "./build.ts";
import { type CleanPixels, cleanPixels } from "./clean-pixels.ts";
import {
  confidentialityTable,
  type ConfidentialityAction,
  tableEdition,
} from "./confidentiality.ts";
import { keywordOf, standardVr, tagText } from "./dictionary.ts";
import { type DataSet, type DicomElement, type Elements, numberOf, textOf } from "./elements.ts";
import { dicomError } from "./failure.ts";
import { hasFunctionalGroups } from "./geometry.ts";
import { type DicomFile, parseDicom } from "./parse.ts";
import { serialiseDicom } from "./serialise.ts";
import { explicitLittle } from "./transfer-syntax.ts";
import { newUid } from "./uid.ts";

export interface AnonymiseOptions {
  /** New UIDs by old ones; pass one map for all files that belong together. Filled by the call. */
  readonly uids?: Map<string, string>;
  /** Replaces Patient ID; empty when absent. */
  readonly patientId?: string;
  /** Replaces Patient's Name; empty when absent. */
  readonly patientName?: string;
  /** Version of the software, for the de-identification method. */
  readonly version?: string;
}

export type AnonymiseDeed = "removed" | "emptied" | "replaced" | "new UID";

export interface AnonymiseEntry {
  readonly tag: string;
  /** Keyword, or the private creator's block. */
  readonly name: string;
  readonly deed: AnonymiseDeed;
  /** How often, nested items counted. */
  readonly count: number;
}

export interface Anonymised {
  readonly bytes: Uint8Array;
  readonly sopInstanceUid: string;
  readonly report: readonly AnonymiseEntry[];
  /** What the profile cannot see to, one sentence each. */
  readonly warnings: readonly string[];
}

// Values without meaning, by representation; zero-length where there is none.
const dummies: Readonly<Record<string, string>> = {
  AE: "ANONYMISED",
  AS: "000Y",
  CS: "ANONYMISED",
  DA: "19000101",
  DS: "0",
  DT: "19000101000000",
  IS: "0",
  LO: "Anonymised",
  LT: "Anonymised",
  PN: "Anonymised",
  SH: "Anonymised",
  ST: "Anonymised",
  TM: "000000",
  UC: "Anonymised",
  UT: "Anonymised",
};

interface Work {
  readonly uids: Map<string, string>;
  readonly enhanced: boolean;
  readonly deeds: Map<string, { tag: number; deed: AnonymiseDeed; count: number }>;
  readonly warnings: Set<string>;
}

function note(work: Work, tag: number, deed: AnonymiseDeed): void {
  const key = `${tag} ${deed}`;
  const entry = work.deeds.get(key);
  if (entry) entry.count++;
  else work.deeds.set(key, { tag, deed, count: 1 });
}

function mapped(work: Work, uid: string): string {
  // UIDs of the standard itself name classes and well-known frames of reference, not instances.
  if (uid === "" || uid.startsWith("1.2.840.10008.")) return uid;
  const known = work.uids.get(uid);
  if (known) return known;
  const fresh = newUid();
  work.uids.set(uid, fresh);
  return fresh;
}

function latin(bytes: Uint8Array): string {
  return new TextDecoder("latin1").decode(bytes);
}

function vrOf(element: DicomElement): string {
  return element.vr === "UN" ? standardVr(element.tag) : element.vr;
}

function emptied(element: DicomElement): DicomElement {
  const vr = vrOf(element);
  return {
    tag: element.tag,
    vr,
    value: new Uint8Array(0),
    offset: element.offset,
    undefinedLength: false,
    ...(vr === "SQ" ? { items: [] } : {}),
    encoding: { explicit: true, littleEndian: true },
  };
}

function dummy(element: DicomElement): DicomElement {
  const text = dummies[vrOf(element)];
  return text === undefined ? emptied(element) : textElement(element.tag, vrOf(element), text);
}

function withNewUids(work: Work, element: DicomElement): DicomElement {
  const uids = latin(element.value)
    .split("\\")
    .map((uid) => uid.replace(/[\0 ]+$/, ""));
  return textElement(
    element.tag,
    "UI",
    uids.map((uid) => mapped(work, uid)),
  );
}

/** The single deed of a choice; what an object's definition asks for is known for enhanced objects only. */
function decided(action: ConfidentialityAction, work: Work): "X" | "Z" | "D" | "U" | "recurse" {
  switch (action) {
    case "Z/D":
      return work.enhanced ? "D" : "Z";
    case "X/D":
      return work.enhanced ? "D" : "X";
    // Empty is legal wherever absent is, and also where the attribute has to be there.
    case "X/Z":
    case "X/Z/D":
      return "Z";
    case "X/Z/U*":
      return "recurse";
    default:
      return action;
  }
}

function cleaned(work: Work, elements: Elements): Map<number, DicomElement> {
  const out = new Map<number, DicomElement>();
  for (const [tag, element] of elements) {
    const result = cleanedElement(work, element);
    if (result) out.set(tag, result);
  }
  return out;
}

function cleanedElement(work: Work, element: DicomElement): DicomElement | undefined {
  const { tag } = element;
  const group = tag >>> 16;
  const remove = () => {
    note(work, tag, "removed");
    return undefined;
  };
  // Group lengths are written by no one any more and would be wrong.
  if ((tag & 0xffff) === 0) return undefined;
  const graphics = (group & 0xff00) === 0x5000 || (group & 0xff00) === 0x6000;
  if (group & 1 || graphics) return remove();
  const action = confidentialityTable().get(tag);
  const deed = action && decided(action, work);
  if (deed === "X") return remove();
  if (deed === "Z" || deed === "D") {
    if (element.value.length === 0 && !element.items?.length) return element;
    const replaced = deed === "Z" ? emptied(element) : dummy(element);
    note(work, tag, replaced.value.length === 0 ? "emptied" : "replaced");
    return replaced;
  }
  if (deed === "U") {
    note(work, tag, "new UID");
    return withNewUids(work, element);
  }
  // What the dictionary does not know, nobody has judged.
  if (keywordOf(tag) === undefined) return remove();
  if (element.items) return cleanedSequence(work, element);
  if (vrOf(element) === "SQ" && element.value.length > 0) return remove();
  if (vrOf(element) === "PN" && element.value.length > 0) {
    note(work, tag, "emptied");
    return emptied(element);
  }
  return element;
}

function cleanedSequence(work: Work, element: DicomElement): DicomElement {
  const encoding = element.encoding;
  const items = element.items!.map((item) => ({ ...item, elements: cleaned(work, item.elements) }));
  return {
    ...element,
    vr: "SQ",
    items,
    value: new Uint8Array(0),
    undefinedLength: true,
    ...(encoding ? { encoding } : {}),
  };
}

function warn(work: Work, set: DataSet): void {
  const burned = textOf(set, 0x00280301)?.toUpperCase();
  const modality = textOf(set, 0x00080060) ?? "";
  if (burned === "YES") {
    work.warnings.add(
      "the file says that text is burned into its pixels (Burned In Annotation YES)",
    );
  } else if (
    burned !== "NO" &&
    /^(US|IVUS|ES|XC|GM|SM|OP|OT|SC|RF|XA|CR|DX|IO|PX|NM|PT)$/.test(modality)
  ) {
    work.warnings.add(
      `images of modality ${modality} may carry text burned into their pixels, and the file does not say that they do not`,
    );
  }
  if (textOf(set, 0x00280302)?.toUpperCase() === "YES") {
    work.warnings.add("the file says that features of a person can be recognised in it");
  }
  const part = textOf(set, 0x00180015) ?? "";
  if (/HEAD|BRAIN|FACE|SKULL|ORBIT|SINUS|NECK/i.test(part) && /^(CT|MR|PT)$/.test(modality)) {
    work.warnings.add("a face can be rendered from volumes of the head");
  }
  const sopClass = textOf(set, 0x00080016) ?? "";
  if (/^1\.2\.840\.10008\.5\.1\.4\.1\.1\.(88|104)/.test(sopClass)) {
    work.warnings.add("reports and documents carry text that the basic profile does not clean");
  }
}

/** The pixels cleaned; as they are, with a warning, where they are not what the data set says. */
function pixelsWithoutHiding(file: DicomFile): CleanPixels {
  try {
    return cleanPixels(file);
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    return {
      cleared: [],
      left: [
        `the pixels cannot be read (${error.message}): what hides beside them went out as it is`,
      ],
    };
  }
}

/**
 * De-identifies one DICOM file by the basic profile: listed attributes are removed, emptied, replaced or
 * given new UIDs at every depth, private and unknown ones removed, preamble and file meta written anew.
 *
 * @throws FormatError when the file cannot be read
 */
export function anonymiseDicom(bytes: Uint8Array, options: AnonymiseOptions = {}): Anonymised {
  const file = parseDicom(bytes);
  const set = file.dataSet;
  const work: Work = {
    uids: options.uids ?? new Map<string, string>(),
    enhanced: hasFunctionalGroups(set),
    deeds: new Map(),
    warnings: new Set(),
  };
  warn(work, set);
  const elements = cleaned(work, set.elements);
  const put = (element: DicomElement) => elements.set(element.tag, element);
  put(textElement(0x00100010, "PN", options.patientName ?? "", set.characterSets));
  put(textElement(0x00100020, "LO", options.patientId ?? "", set.characterSets));
  put(textElement(0x00120062, "CS", "YES"));
  put(
    textElement(0x00120063, "LO", [
      `dprime ${options.version ?? ""}`.trim(),
      `${tableEdition} basic profile`,
    ]),
  );
  put(
    codeElement(0x00120064, {
      value: "113100",
      scheme: "DCM",
      meaning: "Basic Application Confidentiality Profile",
    }),
  );
  put(textElement(0x00280303, "CS", "REMOVED"));
  const pixels = pixelsWithoutHiding(file);
  if (pixels.element) put(pixels.element);
  // Offsets of frames as 64-bit numbers would no longer be true.
  for (const tag of [0x7fe00001, 0x7fe00002, 0x7fe00003]) elements.delete(tag);
  for (const one of pixels.cleared)
    work.warnings.add(`${one} were not empty: they have been cleared, the pixels are as they were`);
  for (const one of pixels.left) work.warnings.add(one);
  const sopClassUid = textOf(set, 0x00080016) ?? textOf(file.meta, 0x00020002);
  const oldUid = textOf(set, 0x00080018) ?? textOf(file.meta, 0x00020003);
  if (!sopClassUid || !oldUid) {
    throw dicomError(
      "corrupt",
      0,
      `Cannot anonymise DICOM: found no ${sopClassUid ? "SOP Instance UID" : "SOP Class UID"}, wanted one`,
    );
  }
  const sopInstanceUid = mapped(work, oldUid);
  const written = serialiseDicom(elementMap([...elements.values()]), {
    encoding: set.encoding,
    transferSyntax: file.syntax.littleEndian ? file.syntax.uid : explicitLittle,
    sopClassUid,
    sopInstanceUid,
    signedPixels: numberOf(set, 0x00280103, "US") === 1,
  });
  const report = [...work.deeds.values()]
    .sort((a, b) => a.tag - b.tag)
    .map(({ tag, deed, count }) => ({
      tag: tagText(tag),
      name: keywordOf(tag) ?? ((tag >>> 16) & 1 ? "private" : "unknown"),
      deed,
      count,
    }));
  return { bytes: written, sopInstanceUid, report, warnings: [...work.warnings] };
}
