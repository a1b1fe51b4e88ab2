/** A path becomes a list of images to work on, each of which knows how to be written back. */
import { stat } from "node:fs/promises";
import { basename, join } from "node:path";
import { InputError, throwIfAborted } from "../core/errors.ts";
import type { Image } from "../core/image.ts";
import type { StoredType } from "../core/stored.ts";
import { checkDerivable } from "../dicom/derive.ts";
import { framesOfResampled } from "../dicom/parts.ts";
import { type DicomImage, modalityOf } from "../dicom/read.ts";
import { exactStored, integerRange } from "../codecs/elements.ts";
import {
  formatByName,
  formatOfName,
  openFile,
  reasonOf,
  saveImage,
  skippedText,
  walkFolder,
  writeWhole,
} from "../files/files.ts";
import type { Decoded, DecodedImage, Format } from "../formats/format.ts";
import {
  type Input,
  type InputImage,
  type InputOptions,
  checkFilterable,
  paddingOf,
  type SavedImage,
  type SaveOptions,
} from "./input.ts";
import { withParents } from "./output.ts";

/** @throws InputError when the path is neither a file nor a folder with images */
export async function openInput(path: string, options: InputOptions = {}): Promise<Input> {
  const found = await stat(path).catch((error: unknown) => {
    const reason = reasonOf(error);
    const wanted = reason.includes("wanted") ? "" : ", wanted an image or a folder of images";
    throw new InputError(`Cannot open ${path}: ${reason}${wanted}`, { cause: error });
  });
  if (!found.isDirectory()) {
    if (!found.isFile()) {
      throw new InputError(`Cannot open ${path}: found neither file nor folder, wanted an image`);
    }
    return { kind: "file", images: [fileInput(path, options)], notes: [] };
  }
  return openFolder(path, options);
}

async function openFolder(path: string, options: InputOptions): Promise<Input> {
  const { inputFormat: format } = options;
  const skipped: string[] = [];
  const found = await walkFolder(path, (entry) => skipped.push(skippedText(entry)));
  const names = found.filter((name) => !/(^|\/)\./.test(name));
  const { isDicomFile, seriesInputs } = await import("./input-series.ts");
  const dicom: string[] = [];
  const others: InputImage[] = [];
  for (const name of names) {
    if (format === undefined || format === "dicom" ? await isDicomFile(join(path, name)) : false) {
      dicom.push(name);
    } else if (format !== undefined || (await formatOfName(name)) !== undefined) {
      others.push({ ...fileInput(join(path, name), options), name });
    }
  }
  if (dicom.length === 0 && others.length === 0) {
    throw new InputError(
      `Cannot work on ${path}: found ${names.length === 0 ? "an empty folder" : `${names.length} files of no known image format`}, wanted images`,
    );
  }
  const { images, notes } =
    dicom.length > 0 ? await seriesInputs(path, dicom, options) : { images: [], notes: [] };
  return { kind: "folder", images: [...images, ...others], notes: [...skipped, ...notes] };
}

function fileInput(path: string, { inputFormat: format, unit, gaps }: InputOptions): InputImage {
  return {
    name: basename(path),
    series: false,
    async open(options) {
      const opened = await openFile(path, {
        ...options,
        format,
        unit,
        ...(gaps === undefined ? {} : { gaps }),
      });
      const one = filteredImage(opened, path);
      checkFilterable(path, one.noImage);
      const { padding, notes } = paddingOf(one.image, one.padded);
      return {
        image: one.image,
        format: opened.format,
        notes: [...opened.notes, ...one.notes, ...notes],
        ...(padding ? { padding } : {}),
        ...(one.image.axes.includes("c") ? { components: one.stored.kind } : {}),
        modality: opened.format === "dicom" ? modalityOf(opened.source as DicomImage) : undefined,
        checkSave: async (target) => void (await targetOf(target, opened)),
        save: (target, image, save) =>
          withParents(target, () => saveFile(target, image, { ...save, opened })),
      };
    },
    async openSlabs(voxels) {
      if (format !== undefined) return undefined;
      const { fileSlabs } = await import("./input-slabs.ts");
      return fileSlabs(path, { voxels, unit });
    },
  };
}

/**
 * The image of a file; of a DICOM object whose frames make no single volume all of them, one by one, which go
 * back to their places in an object like it.
 */
function filteredImage(opened: Decoded, path: string): DecodedImage {
  if (opened.format !== "dicom" || opened.images.length === 1) return singleImage(opened, path);
  const { image, stored, padded, findings } = opened.source as DicomImage;
  // What is said of one part besides its values is said of the object.
  const { padded: _, ...first } = opened.images[0]!;
  return { ...first, image, stored, ...(padded ? { padded } : {}), notes: findings };
}

function singleImage(opened: Decoded, path: string): DecodedImage {
  if (opened.images.length !== 1) {
    throw new InputError(
      `Cannot work on ${path}: found ${opened.images.length} images (${opened.images.map((i) => i.name || "unnamed").join(", ")}), wanted one; convert the one that is wanted to a file of its own first`,
    );
  }
  return opened.images[0]!;
}

/**
 * Writes new values to a file. DICOM from DICOM is a derived object; formats of whole numbers get
 * values rounded and clamped to the stored type; a name without a known ending takes the input's format.
 */
async function saveFile(
  path: string,
  image: Image,
  options: SaveOptions & { opened: Decoded },
): Promise<SavedImage> {
  const { opened, method, parameters, signal } = options;
  const { stored } = opened.images[0]!;
  throwIfAborted(signal, `writing ${path}`);
  const { format, whole } = await targetOf(path, opened);
  if (format.name === "dicom" && opened.format === "dicom") {
    const { writeDerivedDicom } = await import("../dicom/derive.ts");
    const source = opened.source as DicomImage;
    const { bytes, notes } = await writeDerivedDicom(source, inFrames(source, image), {
      method,
      parameters,
      signal,
    });
    await writeWhole([{ path, bytes }]);
    return { paths: [path], lost: notes };
  }
  const values = whole === undefined ? image : rounded(image, whole);
  const exact = exactStored(values.data, stored, image.axes);
  const { paths, lost } = await saveImage(path, values, {
    format: format.name,
    description: `${method}, ${Object.entries(parameters)
      .map(([name, value]) => `${name}=${value}`)
      .join(", ")}`,
    source: opened.source,
    ...(exact === undefined ? { kind: stored.kind } : { stored: exact }),
    ...(exact === undefined && whole !== undefined ? { type: whole } : {}),
  });
  return { paths, lost: [...lost, ...factsLeft(opened, format)] };
}

/** What a file of another format does not take over of what the source said. */
function factsLeft(opened: Decoded, { name, title }: Format): string[] {
  const names = Object.keys(opened.images[0]!.facts);
  if (names.length === 0 || (opened.format === name && opened.source !== undefined)) return [];
  return [`${title} does not keep ${names.join(", ")}`];
}

/** The frames of an object from its volume, where that was resampled. */
function inFrames(source: DicomImage, image: Image): Image {
  const same = image.axes === source.image.axes && image.shape.join() === source.image.shape.join();
  return source.uneven && !same ? framesOfResampled(source, image) : image;
}

/**
 * The format that a name asks for, or the input's own, and the type of whole numbers where it holds no others.
 *
 * @throws InputError when it cannot take new values of the image
 */
async function targetOf(
  path: string,
  opened: Decoded,
): Promise<{ format: Format; whole: StoredType | undefined }> {
  const { image, stored } = opened.images[0]!;
  const format = (await formatOfName(path)) ?? (await formatByName(opened.format));
  const { title, holds } = format;
  if (format.name === "dicom" && opened.format === "dicom") {
    checkDerivable(opened.source as DicomImage);
    return { format, whole: undefined };
  }
  if (opened.images.length > 1) {
    throw new InputError(
      `Cannot write ${path}: found frames that make no single volume, wanted DICOM, or an input resampled at its gaps`,
    );
  }
  if (format.write === undefined) {
    throw new InputError(
      `Cannot write ${path}: found ${title}, which is only read, wanted a format that is written`,
    );
  }
  if (!holds.axes.includes(image.axes)) {
    throw new InputError(
      `Cannot write ${path}: found axes "${image.axes}", which ${title} does not hold, wanted ${holds.axes.join(", ")}`,
    );
  }
  if (format.name === "dicom" || holds.types.includes("float32"))
    return { format, whole: undefined };
  const own = stored.slope === 1 && stored.intercept === 0 ? [stored.type] : [];
  // The input's own type, or one that holds the input's values: those of the result are near them.
  const whole = [...own, ...holds.types].find(
    (type) => holds.types.includes(type) && holdsAll(type, image.data),
  );
  if (whole === undefined) {
    throw new InputError(
      `Cannot write ${path}: found values that ${title} does not hold as ${holds.types.join(", ")}, wanted a format with float32; converting with a window makes a picture`,
    );
  }
  return { format, whole };
}

function holdsAll(type: StoredType, values: Float32Array): boolean {
  const range = integerRange(type);
  return (
    range !== undefined &&
    values.every((v) => Number.isInteger(v) && v >= range.min && v <= range.max)
  );
}

function rounded(image: Image, type: StoredType): Image {
  const { min, max } = integerRange(type)!;
  const data = image.data.map((v) => Math.min(max, Math.max(min, Math.round(v))));
  return { ...image, data };
}
