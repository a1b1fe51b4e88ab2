/**
 * DICOM files to series. Files are put in order by where their slices lie, not by their names; what is
 * irregular is named, never repaired in silence.
 */
import { FormatError, type FormatErrorKind, messageOf } from "../core/errors.ts";
import { type DataSet, numberOf, numbersOf, textOf, textsOf } from "../dicom/elements.ts";
import { dot, planeOfObject } from "../dicom/geometry.ts";
import { parseDicom } from "../dicom/parse.ts";
import { normalOf, type Placed, stackOf } from "../dicom/stack.ts";

export interface SeriesFile {
  /** Name, such as the path inside the folder. */
  readonly name: string;
  /** The whole file; where `load` is given, an object with an empty pixel element will do. */
  readonly bytes: Uint8Array;
  /** Reads the whole file, so that the files of a series need not all be in memory. */
  readonly load?: () => Promise<Uint8Array>;
}

export type SeriesKind = "volume" | "slices" | "single" | "multi-frame" | "localizer";

/** Images that belong together: one orientation, size and spacing of one series. */
export interface Series {
  /** Series Instance UID; empty when the files have none. */
  readonly uid: string;
  readonly description: string;
  readonly modality: string;
  /** `volume`: slices evenly spaced; `slices`: more than one, but no regular volume. */
  readonly kind: SeriesKind;
  /** In spatial order; volumes in time one after the other. */
  readonly files: readonly SeriesFile[];
  readonly duplicates: readonly SeriesFile[];
  /** Volumes in time. */
  readonly volumes: number;
  /** mm between slice centres and the unit vector from one to the next; absent without positions. */
  readonly stacking?: { readonly step: number; readonly direction: readonly number[] };
  readonly findings: readonly string[];
}

export interface SeriesGrouping {
  readonly series: readonly Series[];
  /** Files that are no images: not DICOM, damaged, or without pixels. */
  readonly refused: readonly {
    readonly name: string;
    readonly reason: string;
    readonly kind: FormatErrorKind;
  }[];
  readonly findings: readonly string[];
}

interface Header {
  readonly file: SeriesFile;
  readonly set: DataSet;
}

const localizerWords =
  /\b(localizers?|localisers?|scouts?|topograms?|surviews?|scanograms?|pilot)\b/i;

function isLocalizer(set: DataSet): boolean {
  if (textsOf(set, 0x00080008).some((value) => value.toUpperCase() === "LOCALIZER")) return true;
  return localizerWords.test(textOf(set, 0x0008103e) ?? "");
}

/**
 * Sorts files into series.
 *
 * @param files whole files; only headers are looked at
 */
export function groupSeries(files: readonly SeriesFile[]): SeriesGrouping {
  const refused: { name: string; reason: string; kind: FormatErrorKind }[] = [];
  const bySeries = new Map<string, Header[]>();
  for (const file of files) {
    try {
      const { dataSet: set } = parseDicom(file.bytes);
      if (![0x7fe00010, 0x7fe00008, 0x7fe00009].some((tag) => set.elements.has(tag))) {
        refused.push({
          name: file.name,
          reason: `no pixel data (${textOf(set, 0x00080060) ?? "of unknown kind"})`,
          kind: "mismatch",
        });
        continue;
      }
      const uid = textOf(set, 0x0020000e) ?? "";
      const group = bySeries.get(uid);
      if (group) group.push({ file, set });
      else bySeries.set(uid, [{ file, set }]);
    } catch (error) {
      const kind = error instanceof FormatError ? error.kind : "corrupt";
      refused.push({ name: file.name, reason: messageOf(error), kind });
    }
  }
  const series: Series[] = [];
  const findings: string[] = [];
  for (const [uid, headers] of bySeries) {
    const parts = splitSeries(headers);
    const name = textOf(headers[0]!.set, 0x0008103e) ?? (uid || "without UID");
    if (parts.length > 1) {
      findings.push(
        `series ${JSON.stringify(name)} holds ${parts.length} kinds of images (${differences(parts)}) and was split`,
      );
    }
    for (const part of parts) series.push(seriesOf(uid, part));
  }
  return { series, refused, findings };
}

/** What tells images of one series apart, in the order in which it is named. */
const marks: readonly { readonly name: string; of(set: DataSet): string }[] = [
  { name: "localizers", of: (set) => String(isLocalizer(set)) },
  {
    name: "mixed orientation",
    of(set) {
      const plane = planeOfObject(set);
      // To a hundredth, so that the noise of written direction cosines does not split a series.
      return plane
        ? [...plane.rowDirection, ...plane.columnDirection]
            .map((v) => (Math.round(v * 100) / 100 + 0).toFixed(2))
            .join()
        : "";
    },
  },
  {
    name: "mixed size",
    of: (set) =>
      `${numberOf(set, 0x00280010, "US")}x${numberOf(set, 0x00280011, "US")}x${numberOf(set, 0x00280002, "US") ?? 1}`,
  },
  {
    name: "mixed pixel spacing",
    of: (set) =>
      numbersOf(set, 0x00280030)
        .map((v) => v.toFixed(4))
        .join(),
  },
  {
    name: "multi-frame objects",
    of: (set) => ((numberOf(set, 0x00280008) ?? 1) > 1 ? (textOf(set, 0x00080018) ?? "many") : ""),
  },
  { name: "mixed frames of reference", of: (set) => textOf(set, 0x00200052) ?? "" },
];

function splitSeries(headers: readonly Header[]): Header[][] {
  const parts = new Map<string, Header[]>();
  for (const header of headers) {
    const key = marks.map((mark) => mark.of(header.set)).join("|");
    const part = parts.get(key);
    if (part) part.push(header);
    else parts.set(key, [header]);
  }
  return [...parts.values()];
}

function differences(parts: readonly Header[][]): string {
  return marks
    .filter((mark) => new Set(parts.map((part) => mark.of(part[0]!.set))).size > 1)
    .map((mark) => mark.name)
    .join(", ");
}

function seriesOf(uid: string, headers: readonly Header[]): Series {
  const { set } = headers[0]!;
  const base = {
    uid,
    description: textOf(set, 0x0008103e) ?? "",
    modality: textOf(set, 0x00080060) ?? "",
    duplicates: [],
    volumes: 1,
  };
  const instance = (header: Header) => numberOf(header.set, 0x00200013) ?? 0;
  const byInstance = [...headers].sort(
    (a, b) => instance(a) - instance(b) || (a.file.name < b.file.name ? -1 : 1),
  );
  const files = byInstance.map(({ file }) => file);
  if (isLocalizer(set)) {
    return { ...base, kind: "localizer", files, findings: ["localizer images, not a volume"] };
  }
  if (headers.length === 1) {
    const frames = numberOf(set, 0x00280008) ?? 1;
    return { ...base, kind: frames > 1 ? "multi-frame" : "single", files, findings: [] };
  }
  const planes = byInstance.map((header) => planeOfObject(header.set));
  if (planes.some((plane) => plane === undefined)) {
    return {
      ...base,
      kind: "slices",
      files,
      findings: ["some slices have no position: they are in the order of instance numbers"],
    };
  }
  const placed: Placed<SeriesFile>[] = byInstance.map((header, i) => ({
    value: header.file,
    plane: planes[i]!,
    instance: instance(header),
  }));
  const stack = stackOf(placed);
  const spread = placed.some(
    ({ plane }) => dot(normalOf(plane), normalOf(placed[0]!.plane)) < 0.9999,
  );
  return {
    ...base,
    kind: stack.regular && stack.slices.length > stack.volumes ? "volume" : "slices",
    files: stack.slices.map(({ value }) => value),
    duplicates: stack.duplicates.map(({ value }) => value),
    volumes: stack.volumes,
    ...(stack.step > 0 ? { stacking: { step: stack.step, direction: stack.direction } } : {}),
    findings: [...stack.findings, ...(spread ? ["the slices are not exactly parallel"] : [])],
  };
}
