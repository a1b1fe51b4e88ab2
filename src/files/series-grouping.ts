/**
 * DICOM files to series. Files are put in order by where their slices lie, not by their names; what is
 * irregular is named, never repaired in silence.
 */
import { FormatError, type FormatErrorKind, messageOf } from "../core/errors.ts";
import { type DataSet, numberOf, numbersOf, textOf, textsOf } from "../dicom/elements.ts";
import { functionalGroups, isAlong, planeOfObject } from "../dicom/geometry.ts";
import { isDose, labelsOf } from "../dicom/labels.ts";
import { holdsMosaic } from "../dicom/mosaic.ts";
import { type DicomFile, parseDicom } from "../dicom/parse.ts";
import { difference, dot, normalOf } from "../dicom/plane.ts";
import { type EvenGrid, evenGrid, type GapTreatment, refuseUneven } from "../dicom/resample.ts";
import { lineThrough, type Placed, type Stack, type Stacks, stacksOf } from "../dicom/stack.ts";

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
  /** The even grid on which slices with gaps between them are to be interpolated. */
  readonly grid?: EvenGrid;
  /** Which part of a series that was split at its gaps, such as "part 1 of 2". */
  readonly part?: string;
  /** What the pixels are where they are no image to work on, such as "a segmentation". */
  readonly noImage?: string;
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

export interface GroupingOptions {
  /** What is done about slices that are not evenly spaced. Defaults to `split`. */
  readonly gaps?: GapTreatment;
}

interface Header {
  readonly file: SeriesFile;
  readonly set: DataSet;
  readonly syntax: DicomFile["syntax"];
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
 * @throws InputError where slices are not evenly spaced and that is to be refused
 */
export function groupSeries(
  files: readonly SeriesFile[],
  options: GroupingOptions = {},
): SeriesGrouping {
  const { gaps = "split" } = options;
  const refused: { name: string; reason: string; kind: FormatErrorKind }[] = [];
  const bySeries = new Map<string, Header[]>();
  for (const file of files) {
    try {
      const { dataSet: set, syntax } = parseDicom(file.bytes);
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
      if (group) group.push({ file, set, syntax });
      else bySeries.set(uid, [{ file, set, syntax }]);
    } catch (error) {
      const kind = error instanceof FormatError ? error.kind : "corrupt";
      refused.push({ name: file.name, reason: messageOf(error), kind });
    }
  }
  const series: Series[] = [];
  const findings: string[] = [];
  for (const [uid, headers] of bySeries) {
    const { kept, again } = withoutCopies(headers);
    const parts = splitSeries(kept);
    const name = textOf(headers[0]!.set, 0x0008103e) ?? (uid || "without UID");
    if (parts.length > 1) {
      findings.push(
        `series ${JSON.stringify(name)} holds ${parts.length} kinds of images (${differences(parts)}) and was split`,
      );
    }
    if (again.length > 0) {
      findings.push(
        `${again.length} file${again.length > 1 ? "s" : ""} of series ${JSON.stringify(name)} hold${again.length > 1 ? "" : "s"} an image that another one has too, in the same or in another encoding: the least compressed one is used`,
      );
    }
    for (const part of parts) series.push(...seriesOf(uid, part, { gaps, copies: again }));
  }
  return { series, refused, findings };
}

/** What tells an image of a series from all others, but for its UID and its encoding. */
const identifying: readonly number[] = [
  0x00080008, 0x00080022, 0x00080032, 0x0008002a, 0x00180081, 0x00180086, 0x00181060, 0x00189087,
  0x00200012, 0x00200013, 0x00200032, 0x00200037, 0x00200100, 0x00280008, 0x00280010, 0x00280011,
];

/**
 * Files that hold an image which another file of the series has too: alike in all that tells images apart,
 * and under the same UID or in another transfer syntax.
 */
function withoutCopies(headers: readonly Header[]): { kept: Header[]; again: Header[] } {
  const kept = new Set<Header>();
  const again: Header[] = [];
  const byIdentity = new Map<string, Header[]>();
  const best = [...headers].sort(
    (a, b) => encodingRank(a) - encodingRank(b) || (a.file.name < b.file.name ? -1 : 1),
  );
  for (const header of best) {
    const { set, syntax } = header;
    const uid = textOf(set, 0x00080018);
    // What has neither number nor place is told apart by nothing but its UID.
    const numbered = textOf(set, 0x00200013) !== undefined && planeOfObject(set) !== undefined;
    const key = identifying
      // A compressed copy is a derived image by its type.
      .map((tag) => (tag === 0x00080008 ? textsOf(set, tag).slice(2) : textsOf(set, tag)).join())
      .join("|");
    const twins = byIdentity.get(key) ?? [];
    const isCopy = twins.some(
      (twin) =>
        (uid !== undefined && textOf(twin.set, 0x00080018) === uid) ||
        (numbered && twin.syntax.uid !== syntax.uid),
    );
    if (isCopy) again.push(header);
    else {
      kept.add(header);
      byIdentity.set(key, [...twins, header]);
    }
  }
  // In the order of the files, on which nothing but the names of groups depends.
  return { kept: headers.filter((header) => kept.has(header)), again };
}

/** Lower for encodings that lost less and are packed less. */
function encodingRank({ set, syntax }: Header): number {
  const lossy = !syntax.lossless || textOf(set, 0x00282110) === "01";
  return (lossy ? 4 : 0) + (syntax.codec === undefined ? 2 : 0) + (syntax.encapsulated ? 1 : 0);
}

/** What tells images of one series apart, in the order in which it is named. */
const marks: readonly { readonly name: string; alike(a: DataSet, b: DataSet): boolean }[] = [
  { name: "localizers", alike: (a, b) => isLocalizer(a) === isLocalizer(b) },
  { name: "mosaics", alike: (a, b) => holdsMosaic(a) === holdsMosaic(b) },
  { name: "labels", alike: (a, b) => labelsOf(a) === labelsOf(b) },
  {
    name: "mixed orientation",
    alike(a, b) {
      const [one, other] = [planeOfObject(a), planeOfObject(b)];
      return one && other ? isAlong(one, other) : one === other;
    },
  },
  {
    name: "mixed size",
    alike: (a, b) =>
      [0x00280010, 0x00280011, 0x00280002].every(
        (tag) => (numberOf(a, tag, "US") ?? 1) === (numberOf(b, tag, "US") ?? 1),
      ),
  },
  {
    name: "mixed pixel spacing",
    alike(a, b) {
      const [one, other] = [spacingOfObject(a), spacingOfObject(b)];
      // Less than a tenth of a pixel over the whole image.
      return (
        one.length === other.length &&
        one.every((v, i) => Math.abs(v - other[i]!) <= 2e-4 * Math.abs(v))
      );
    },
  },
  {
    name: "multi-frame objects",
    alike: (a, b) => !isMultiFrame(a) && !isMultiFrame(b),
  },
  {
    name: "mixed frames of reference",
    alike: (a, b) => textOf(a, 0x00200052) === textOf(b, 0x00200052),
  },
];

function isMultiFrame(set: DataSet): boolean {
  return (numberOf(set, 0x00280008) ?? 1) > 1;
}

function spacingOfObject(set: DataSet): readonly number[] {
  const own = numbersOf(set, 0x00280030);
  if (own.length > 0) return own;
  const [measures] = functionalGroups(set, 1, 0x00289110);
  return measures ? numbersOf(measures, 0x00280030) : [];
}

/** Images that are alike in all marks, each group by its first image. */
function splitSeries(headers: readonly Header[]): Header[][] {
  const parts: Header[][] = [];
  for (const header of headers) {
    const part = parts.find(([first]) => marks.every((mark) => mark.alike(first!.set, header.set)));
    if (part) part.push(header);
    else parts.push([header]);
  }
  return parts;
}

function differences(parts: readonly Header[][]): string {
  const [first, ...others] = parts.map((part) => part[0]!.set);
  return marks
    .filter(
      (mark) =>
        others.some((other) => !mark.alike(first!, other)) ||
        (mark.name === "multi-frame objects" && others.every(isMultiFrame) && isMultiFrame(first!)),
    )
    .map((mark) => mark.name)
    .join(", ");
}

const instanceOf = ({ set }: Header) => numberOf(set, 0x00200013) ?? 0;

function seriesOf(
  uid: string,
  headers: readonly Header[],
  options: { readonly gaps: GapTreatment; readonly copies: readonly Header[] },
): Series[] {
  const { set } = headers[0]!;
  const noImage = labelsOf(set) ?? (isDose(set) ? "a dose grid" : undefined);
  const base = {
    uid,
    description: textOf(set, 0x0008103e) ?? "",
    modality: textOf(set, 0x00080060) ?? "",
    duplicates: [],
    volumes: 1,
    ...(noImage === undefined ? {} : { noImage }),
  };
  const byInstance = [...headers].sort(
    (a, b) => instanceOf(a) - instanceOf(b) || (a.file.name < b.file.name ? -1 : 1),
  );
  const files = byInstance.map(({ file }) => file);
  if (headers.length > 1 && holdsMosaic(set)) return mosaicsOf(base, byInstance);
  if (isLocalizer(set)) {
    return [{ ...base, kind: "localizer", files, findings: ["localizer images, not a volume"] }];
  }
  if (headers.length === 1) {
    return [{ ...base, kind: isMultiFrame(set) ? "multi-frame" : "single", files, findings: [] }];
  }
  if (byInstance.some((header) => planeOfObject(header.set) === undefined)) {
    return [
      {
        ...base,
        kind: "slices",
        files,
        findings: ["some slices have no position: they are in the order of instance numbers"],
      },
    ];
  }
  const name = `series ${JSON.stringify(base.description || uid)}`;
  return acquisitionsOf(byInstance).flatMap(({ placed, stacks, finding }) => {
    const findings = finding === undefined ? stacks.findings : [finding, ...stacks.findings];
    return volumesOf(base, { placed, stacks, findings, name, gaps: options.gaps });
  });
}

/** Mosaics of slices: those at one place are volumes in time, in the order of instance numbers. */
function mosaicsOf(base: Base, headers: readonly Header[]): Series[] {
  const groups: Header[][] = [];
  for (const header of headers) {
    const plane = planeOfObject(header.set);
    const group = groups.find(([first]) => {
      const other = planeOfObject(first!.set);
      return plane && other && Math.hypot(...difference(plane.position, other.position)) < 1e-3;
    });
    if (group) group.push(header);
    else groups.push([header]);
  }
  return groups.map((group) => ({
    ...base,
    kind: "multi-frame",
    files: group.map(({ file }) => file),
    duplicates: [],
    volumes: group.length,
    findings:
      groups.length > 1
        ? [`the mosaics of the series lie in ${groups.length} places: read apart by them`]
        : [],
  }));
}

type Base = Pick<Series, "uid" | "description" | "modality" | "noImage">;

function volumesOf(
  base: Base,
  of: {
    readonly placed: readonly Placed<Header>[];
    readonly stacks: Stacks<Header>;
    readonly findings: readonly string[];
    readonly name: string;
    readonly gaps: GapTreatment;
  },
): Series[] {
  const { placed, stacks, findings, name, gaps } = of;
  const normal = normalOf(placed[0]!.plane);
  const oblique = placed.some(({ plane }) => dot(normalOf(plane), normal) < 0.9999)
    ? ["the slices are not exactly parallel"]
    : [];
  const duplicates = stacks.duplicates.map(({ value }) => value.file);
  const several = stacks.stacks.length > 1;
  if (several && gaps === "refuse") refuseUneven(name, findings);
  if (several && gaps === "resample") {
    return [resampled(base, { stacks, findings: [...findings, ...oblique], name, duplicates })];
  }
  const parts = stacks.stacks.length;
  return stacks.stacks.map((stack, i): Series => {
    const files = stack.slices.map(({ value }) => value.file);
    const places = files.length / stack.volumes;
    return {
      ...base,
      kind: places > 1 ? "volume" : files.length > 1 ? "slices" : "single",
      files,
      duplicates: i === 0 ? duplicates : [],
      volumes: stack.volumes,
      ...(several ? { part: `part ${i + 1} of ${parts}` } : {}),
      ...(stack.step > 0 ? { stacking: { step: stack.step, direction: stack.direction } } : {}),
      findings: [
        ...findings,
        ...(several ? [`part ${i + 1} of ${parts} of ${name}, which was split at its gaps`] : []),
        ...stack.findings,
        ...oblique,
      ],
    };
  });
}

function resampled(
  base: Base,
  of: {
    readonly stacks: Stacks<Header>;
    readonly findings: readonly string[];
    readonly name: string;
    readonly duplicates: readonly SeriesFile[];
  },
): Series {
  const { stacks, usualStep } = of.stacks;
  const { volumes } = stacks[0]!;
  const slices = Array.from({ length: volumes }, (_, t) =>
    stacks.flatMap((stack) => volumeAt(stack, t)),
  ).flat();
  const points = slices.slice(0, slices.length / volumes).map(({ plane }) => plane.position);
  const way = lineThrough(points, normalOf(slices[0]!.plane));
  if (!way) refuseUneven(of.name, of.findings);
  const grid = evenGrid(way.along, usualStep);
  return {
    ...base,
    kind: "volume",
    files: slices.map(({ value }) => value.file),
    duplicates: of.duplicates,
    volumes,
    stacking: { step: grid.step, direction: way.direction },
    grid,
    findings: of.findings,
  };
}

function volumeAt<T>({ slices, volumes }: Stack<T>, t: number): readonly Placed<T>[] {
  const count = slices.length / volumes;
  return slices.slice(t * count, (t + 1) * count);
}

interface Acquisition {
  readonly placed: readonly Placed<Header>[];
  readonly stacks: Stacks<Header>;
  /** Said where the series was parted into acquisitions. */
  readonly finding?: string;
}

/** What parts the images of a series into volumes when their places do not. */
const acquisitionMarks: readonly { readonly tag: number; readonly name: string }[] = [
  { tag: 0x00200100, name: "temporal position" },
  { tag: 0x00200012, name: "acquisition number" },
  { tag: 0x00180081, name: "echo time" },
  { tag: 0x00181060, name: "trigger time" },
  { tag: 0x00189087, name: "b-value" },
  { tag: 0x00080008, name: "image type" },
];

/**
 * The images as they stand; where places are missing in some volumes, or two stacks stand within each
 * other, by the first attribute that tells the volumes apart.
 */
function acquisitionsOf(headers: readonly Header[]): Acquisition[] {
  const whole = acquisition(headers);
  const flaws = ({ stacks }: Acquisition) => stacks.duplicates.length + stacks.stacks.length - 1;
  if (flaws(whole) === 0) return [whole];
  for (const { tag, name } of acquisitionMarks) {
    const groups = new Map<string, Header[]>();
    for (const header of headers) {
      const key = textsOf(header.set, tag).join("\\");
      groups.set(key, [...(groups.get(key) ?? []), header]);
    }
    if (groups.size < 2 || groups.size > headers.length / 2) continue;
    const parts = [...groups.values()].map(acquisition);
    const left = parts.reduce((sum, part) => sum + flaws(part), 0);
    if (parts.some(({ stacks }) => stacks.duplicates.length > 0)) continue;
    if (left >= flaws(whole)) continue;
    // Stacks beside each other have a gap between them, which is not for this to settle.
    if (whole.stacks.duplicates.length === 0 && !standWithin(parts)) continue;
    const finding = `the places do not occur equally often: parted into ${parts.length} by ${name}`;
    return [...alikeVolumes(parts)].map((part) => ({ ...part, finding }));
  }
  return [whole];
}

function acquisition(headers: readonly Header[]): Acquisition {
  const placed: Placed<Header>[] = headers.map((header) => ({
    value: header,
    plane: planeOfObject(header.set)!,
    instance: instanceOf(header),
  }));
  return { placed, stacks: stacksOf(placed) };
}

/** Whether the places of some parts lie between those of another. */
function standWithin(parts: readonly Acquisition[]): boolean {
  const normal = normalOf(parts[0]!.placed[0]!.plane);
  const ranges = parts.map(({ placed }) => {
    const at = placed.map(({ plane }) => dot(plane.position, normal));
    return [Math.min(...at), Math.max(...at)] as const;
  });
  ranges.sort((a, b) => a[0] - b[0]);
  return ranges.some(([low], i) => i > 0 && low < ranges[i - 1]![1]);
}

/** Whole volumes at the same places, joined as volumes in time; the others by themselves. */
function alikeVolumes(parts: readonly Acquisition[]): Acquisition[] {
  const groups: Acquisition[][] = [];
  for (const part of parts) {
    const group = groups.find(([first]) => standAlike(first!, part));
    if (group) group.push(part);
    else groups.push([part]);
  }
  return groups.map((group) =>
    group.length === 1
      ? group[0]!
      : acquisition(group.flatMap(({ placed }) => placed.map(({ value }) => value))),
  );
}

function standAlike(a: Acquisition, b: Acquisition): boolean {
  const [one, other] = [a, b].map(({ stacks }) =>
    stacks.stacks.flatMap(({ slices }) => slices.map(({ plane }) => plane.position)),
  );
  return (
    one!.length === other!.length &&
    one!.every((point, i) => Math.hypot(...difference(point, other![i]!)) < 1e-3)
  );
}
