/**
 * From one format to another, a few planes at a time. The file is the one that `convert` makes of an image
 * that is held as a whole: elements as they are stored where the target takes them, else the values in the
 * smallest type that holds them all, for which the input is read twice.
 */
import { InputError, throwIfAborted } from "../core/errors.ts";
import { layoutOf, sizeOf } from "../core/image.ts";
import type { WorkOptions } from "../core/progress.ts";
import type { Stored, StoredArray, StoredType } from "../core/stored.ts";
import { allTypes, bytesOf, fromFloat } from "../codecs/elements.ts";
import { openElementsWriter, slabFormats } from "../files/files-slab-writer.ts";
import { openSlabs, type Slab, type SlabSource } from "../files/files-slabs.ts";
import {
  type ChangedValues,
  changedValues,
  type Described,
  differencesBesideValues,
  inWords,
  joinedChanges,
} from "../formats/differences.ts";
import { firstExact, isExact, isHeld, valuesOf } from "../formats/elements-to-write.ts";
import type { Format } from "../formats/format.ts";
import { niftiSourceOf } from "../formats/nifti-layout.ts";
import { giveTurn } from "../core/turns.ts";

export interface ConvertSlabsOptions extends WorkOptions {
  readonly target: Format;
  readonly type?: StoredType | undefined;
  readonly compress?: boolean | undefined;
  /** Voxels read, written and compared between two looks at the signal. Defaults to 2^21. */
  readonly slabVoxels?: number;
  /** Opens the input from its beginning. */
  reopen(): Promise<SlabSource>;
}

export interface ConvertedSlabs {
  readonly type: StoredType;
  readonly lost: readonly string[];
}

/** The formats that are written slab by slab. */
export function slabFormatOf(target: Format): (typeof slabFormats)[number] | undefined {
  return slabFormats.find((name) => name === target.name);
}

type Elements = Pick<Stored, "type" | "slope" | "intercept">;

/** Planes whose elements mean something else than those before them. */
class OtherScaling extends Error {}

/**
 * @param first the input, at its beginning; it is closed at the end
 * @throws InputError when an element does not fit the type that is asked for; FormatError for a damaged input
 */
export async function convertSlabs(
  output: string,
  first: SlabSource,
  options: ConvertSlabsOptions,
): Promise<ConvertedSlabs> {
  const { target, type } = options;
  const { slope, intercept } = first;
  const own = { type: first.type, slope, intercept };
  const held = isHeld({ ...own, shape: [], components: 1, kind: "scalar" }, { type }, target.holds);
  if (held && first.frames?.stored.planes === undefined) {
    try {
      return await written(output, first, { ...options, elements: own, kept: true });
    } catch (error) {
      if (!(error instanceof OtherScaling)) throw error;
      return valuesWritten(output, await options.reopen(), options);
    }
  }
  return valuesWritten(output, first, options);
}

async function valuesWritten(
  output: string,
  first: SlabSource,
  options: ConvertSlabsOptions,
): Promise<ConvertedSlabs> {
  const { target } = options;
  let source = first;
  let { type } = options;
  if (type === undefined) {
    let exact: readonly StoredType[] = allTypes;
    await eachSlab(source, { ...options, label: "looking at values" }, (slab) => {
      const { stored } = slab;
      const values = stored === undefined ? slab.data : valuesOf(stored, slab);
      // Elements without a common type are what an image is made of.
      exact = exact.filter((one) =>
        stored === undefined ? one === "float32" : isExact(values, one),
      );
      return Promise.resolve();
    });
    type = firstExact((one) => exact.includes(one), target.holds, target.title);
    source = await options.reopen();
  }
  return written(output, source, {
    ...options,
    elements: { type, slope: 1, intercept: 0 },
    kept: false,
  });
}

async function written(
  output: string,
  source: SlabSource,
  options: ConvertSlabsOptions & { elements: Elements; kept: boolean },
): Promise<ConvertedSlabs> {
  const { target, elements, kept, compress, signal } = options;
  const { image, facts } = source;
  const writer = await openElementsWriter(output, image, {
    format: slabFormatOf(target)!,
    elements,
    source: niftiSourceOf(source.source),
    compress,
  });
  let changes: ChangedValues = { count: 0, changed: 0, most: 0 };
  let common: Omit<Stored, "data"> | undefined;
  try {
    await eachSlab(source, { ...options, label: "converting slabs" }, async (slab) => {
      const stored = slab.stored ?? floatElements(slab);
      if (kept && !isSame(slab.stored, elements)) throw new OtherScaling();
      common ??= stored;
      const data = kept ? stored.data : fromFloat(valuesOf(stored, slab), elements.type);
      await writer.write(data);
      const { scaling } = writer;
      const unchanged =
        kept && scaling.slope === stored.slope && scaling.intercept === stored.intercept;
      const changed = unchanged
        ? { count: data.length, changed: 0, most: 0 }
        : await changedValues(
            { image: slab, stored },
            { image: slab, stored: plainElements(data, { ...elements, ...scaling, slab }) },
            { signal },
          );
      changes = joinedChanges(changes, changed);
    });
    await writer.finish();
  } catch (error) {
    await writer.abandon();
    throw error;
  }
  const read = { image, stored: common!, facts };
  const lost = [
    ...inWords(changes),
    ...differencesBesideValues(read, await describedAt(output, elements)),
  ];
  return { type: elements.type, lost };
}

/** What a file says of itself, by its header. */
async function describedAt(path: string, { type, slope, intercept }: Elements): Promise<Described> {
  const back = await openSlabs(path);
  await back.close();
  const { image, facts } = back;
  const { shape } = image;
  return {
    image,
    facts,
    stored: { type, slope, intercept, shape, components: 1, kind: "scalar" },
  };
}

function isSame(stored: Stored | undefined, { type, slope, intercept }: Elements): boolean {
  return (
    stored !== undefined &&
    stored.planes === undefined &&
    stored.type === type &&
    stored.slope === slope &&
    stored.intercept === intercept
  );
}

function floatElements(slab: Slab): Stored {
  return plainElements(slab.data, { type: "float32", slope: 1, intercept: 0, slab });
}

function plainElements(data: StoredArray, { slab, ...rest }: Elements & { slab: Slab }): Stored {
  return { ...rest, data, shape: slab.shape, components: 1, kind: "scalar" };
}

/** Hands all planes to some work and closes the source. */
async function eachSlab(
  source: SlabSource,
  {
    signal,
    onProgress,
    label,
    slabVoxels = 2 ** 21,
  }: WorkOptions & { readonly label: string; readonly slabVoxels?: number },
  work: (slab: Slab) => Promise<void>,
): Promise<void> {
  const { blocks, nz, ny, nx } = layoutOf(source.image);
  const depth = Math.max(1, Math.floor(slabVoxels / (ny * nx)));
  try {
    for (let block = 0; block < blocks; block++) {
      for (let z = 0; z < nz; z += depth) {
        throwIfAborted(signal, label);
        const count = Math.min(nz - z, depth);
        await work(await source.read(block * nz + z, count));
        await giveTurn(signal, label);
        onProgress?.({ done: block * nz + z + count, total: blocks * nz, label });
      }
    }
  } finally {
    await source.close();
  }
}

/** The refusal of an image that is too large to be held, for a format that is not written in parts. */
export function tooLargeToConvert(
  input: string,
  { source, target }: { source: SlabSource; target: Format },
): InputError {
  const { image, type } = source;
  const voxels = sizeOf(image.shape);
  // The file, its elements, their values, what is written, and what is read back of it.
  const gib = (voxels * (4 * bytesOf[type] + 8)) / 2 ** 30;
  return new InputError(
    `Cannot convert ${input} to ${target.title}: found ${voxels} voxels, which take ${gib.toFixed(1)} GiB of memory at once, wanted at most ${2 ** 28} voxels, or an output of .nii, .nii.gz or .npy, which is written a few planes at a time`,
  );
}
