/**
 * The header for an image: a new one, or that of the NIfTI file it came from with what changed. Fields
 * that the image does not touch stay as they were, to the bit, in their own units.
 */
import { InputError } from "../core/errors.ts";
import { type ImageTemplate, isSamePlace, makeTemplate, sizeOf } from "../core/image.ts";
import { joinedTexts, remarkOf, textBehindRemark } from "./remark.ts";
import type { ComponentKind, StoredType } from "../core/stored.ts";
import { type NiftiHeader, niftiElements, nothingRemaining, quaternionOf } from "./nifti-header.ts";
import { niftiGeometry, niftiLayout, niftiTimeStep, timeUnit } from "./nifti-layout.ts";
import { affineOf, isOrthogonal, rasFromLps } from "./orientation.ts";

/** What the elements of a file are. */
export interface NiftiElements {
  readonly type: StoredType;
  readonly kind: ComponentKind;
  /** Components of one element. Defaults to 1: those of the image are then planes. */
  readonly components?: number;
  readonly slope: number;
  readonly intercept: number;
}

function codeOf(type: StoredType, kind: ComponentKind): number {
  for (const [code, element] of Object.entries(niftiElements)) {
    if (element.type === type && element.kind === kind) return Number(code);
  }
  throw new InputError(
    `Cannot write ${kind} ${type} elements as NIfTI: found no data type for them`,
  );
}

export interface NiftiHeaderOptions {
  readonly version?: 1 | 2;
  /** Header in the file of the data. Defaults to true. */
  readonly single?: boolean;
  readonly description?: string | undefined;
  /** Header of the file from which the image came. */
  readonly source?: NiftiHeader | undefined;
}

/**
 * Header for an image and its elements. NIfTI-2 when a size passes 32767, the source was one, or
 * `version` says so.
 */
export function niftiHeaderOf(
  image: ImageTemplate,
  elements: NiftiElements,
  options: NiftiHeaderOptions = {},
): NiftiHeader {
  const { source } = options;
  const size = (axis: string) => {
    const at = image.axes.indexOf(axis);
    return at < 0 ? 1 : image.shape[at]!;
  };
  // Components side by side are one element; as planes they are the fifth dimension.
  const { components = 1 } = elements;
  const channels = components > 1 ? 1 : size("c");
  const kind = channels > 1 && elements.kind !== "vector" ? { kind: elements.kind } : {};
  const dim = [size("x"), size("y"), size("z"), size("t"), channels, 1, 1];
  const version = options.version ?? (Math.max(...dim) > 32767 ? 2 : (source?.version ?? 1));
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
  const fresh: NiftiHeader = {
    version,
    littleEndian: true,
    single: options.single ?? true,
    dim,
    rank,
    datatype: codeOf(elements.type, components > 1 ? elements.kind : "scalar"),
    pixdim: [quaternion?.qfac ?? 1, sx, sy, sz, image.timeStep ?? 1, 1, 1, 1],
    voxOffset: 0,
    slope: elements.slope,
    intercept: elements.intercept,
    xyztUnits: (image.spacingKnown ? 2 : 0) + (image.timeStep === undefined ? 0 : 8),
    description: remarkOf(image, { ...kind, description: options.description }),
    intentCode: channels > 1 ? 1007 : 0,
    intentName: "",
    qformCode: quaternion === undefined ? 0 : code,
    sformCode: code,
    quaternion: [...(quaternion?.bcd ?? [0, 0, 0]), ras[3]!, ras[7]!, ras[11]!],
    sform: ras,
    remaining: nothingRemaining,
  };
  return source === undefined ? fresh : withSource(fresh, source, { image, options, kind });
}

/** A new header with what the source said and the image did not change. */
function withSource(
  fresh: NiftiHeader,
  source: NiftiHeader,
  {
    image,
    options,
    kind,
  }: { image: ImageTemplate; options: NiftiHeaderOptions; kind: { kind?: ComponentKind } },
): NiftiHeader {
  const { remaining } = source;
  const sameGrid = [0, 1, 2, 3].every((i) => fresh.dim[i] === source.dim[i]);
  const sameChannels = fresh.dim[4] === sizeOf(source.dim.slice(4));
  const place = isSamePlace(
    image,
    makeTemplate(image.shape, { ...niftiGeometry(source).options, axes: image.axes }),
  )
    ? {
        qformCode: source.qformCode,
        sformCode: source.sformCode,
        quaternion: source.quaternion,
        sform: source.sform,
        pitches: source.pixdim.slice(0, 4),
        unit: source.xyztUnits & 7,
      }
    : {
        qformCode: source.qformCode > 0 && fresh.qformCode > 0 ? source.qformCode : fresh.qformCode,
        sformCode: source.sformCode > 0 && fresh.sformCode > 0 ? source.sformCode : fresh.sformCode,
        quaternion: fresh.quaternion,
        sform: fresh.sform,
        pitches: fresh.pixdim.slice(0, 4),
        unit: fresh.xyztUnits & 7,
      };
  const sameTime = image.timeStep === undefined || niftiTimeStep(source, []) === image.timeStep;
  const seconds = sameTime ? 1 : (timeUnit(source.xyztUnits)?.seconds ?? 1);
  const time = sameTime
    ? { step: source.pixdim[4]!, unit: source.xyztUnits & 56 }
    : { step: fresh.pixdim[4]!, unit: fresh.xyztUnits & 56 };
  const slices = fresh.dim[2] === source.dim[2];
  const header: NiftiHeader = {
    ...fresh,
    ...(sameGrid && sameChannels ? { dim: source.dim, rank: source.rank } : {}),
    pixdim: [...place.pitches, time.step, ...source.pixdim.slice(5)],
    xyztUnits: place.unit + time.unit,
    qformCode: place.qformCode,
    sformCode: place.sformCode,
    quaternion: place.quaternion,
    sform: place.sform,
    ...(sameChannels ? { intentCode: source.intentCode, intentName: source.intentName } : {}),
    remaining: {
      ...remaining,
      ...(sameChannels ? {} : { intent: nothingRemaining.intent }),
      ...(slices ? {} : { sliceStart: 0, sliceEnd: 0, sliceCode: 0 }),
      sliceDuration: slices ? remaining.sliceDuration * seconds : 0,
      timeOffset: remaining.timeOffset * seconds,
    },
  };
  return described(header, image, { ...kind, description: options.description, source });
}

/** The header with a description: the remark where the header alone would be misread, then the texts. */
function described(
  header: NiftiHeader,
  image: ImageTemplate,
  texts: { kind?: ComponentKind; description: string | undefined; source: NiftiHeader },
): NiftiHeader {
  const { description } = texts;
  const before = textBehindRemark(texts.source.description);
  const bare = { ...header, description: before };
  const clear =
    description === undefined &&
    texts.kind === undefined &&
    image.unit === "arbitrary" &&
    (image.spacingKnown || !image.orientationKnown) &&
    niftiLayout(bare).axes === image.axes;
  if (clear) return bare;
  const text = joinedTexts(description, before);
  const { kind } = texts;
  return {
    ...header,
    description: remarkOf(image, { ...(kind === undefined ? {} : { kind }), description: text }),
  };
}
