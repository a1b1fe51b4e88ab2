/** A path becomes a list of images to work on, each of which knows how to be written back. */
import { stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { InputError, throwIfAborted } from "../core/errors.ts";
import type { Image } from "../core/image.ts";
import type { DicomImage } from "../dicom/read.ts";
import { exactStored, integerRange } from "../codecs/elements.ts";
import {
  formatByName,
  formatOfName,
  openFile,
  saveImage,
  walkFolder,
  writeWhole,
} from "../files/files.ts";
import type { Decoded, DecodedImage } from "../formats/format.ts";
import { makeFolder } from "./output-place.ts";
import { paddingOf, type SavedImage, type SaveOptions, type Work, type WorkItem } from "./work.ts";

/** @throws InputError when the path is neither a file nor a folder with images */
export async function openWork(path: string, options: { format?: string } = {}): Promise<Work> {
  const found = await stat(path).catch((error: unknown) => {
    const code = (error as { code?: string }).code;
    throw new InputError(
      `Cannot open ${path}: found ${code === "ENOENT" || code === "ENOTDIR" ? "no such file or folder" : "no permission"}, wanted an image or a folder of images`,
      { cause: error },
    );
  });
  if (!found.isDirectory()) {
    if (!found.isFile()) {
      throw new InputError(`Cannot open ${path}: found neither file nor folder, wanted an image`);
    }
    return { kind: "file", items: [fileItem(path, options.format)], notes: [] };
  }
  return openFolder(path, options.format);
}

async function openFolder(path: string, format: string | undefined): Promise<Work> {
  const names = (await walkFolder(path)).filter((name) => !/(^|\/)\./.test(name));
  const { isDicomFile, seriesWork } = await import("./series-work.ts");
  const dicom: string[] = [];
  const others: WorkItem[] = [];
  for (const name of names) {
    if (format === undefined || format === "dicom" ? await isDicomFile(join(path, name)) : false) {
      dicom.push(name);
    } else if (format !== undefined || (await formatOfName(name)) !== undefined) {
      others.push({ ...fileItem(join(path, name), format), name });
    }
  }
  if (dicom.length === 0 && others.length === 0) {
    throw new InputError(
      `Cannot work on ${path}: found ${names.length === 0 ? "an empty folder" : `${names.length} files of no known image format`}, wanted images`,
    );
  }
  const series = dicom.length > 0 ? await seriesWork(path, dicom) : { items: [], notes: [] };
  return { kind: "folder", items: [...series.items, ...others], notes: series.notes };
}

function fileItem(path: string, format: string | undefined): WorkItem {
  return {
    name: basename(path),
    series: false,
    async open(options) {
      const opened = await openFile(path, { ...options, ...(format ? { format } : {}) });
      const one = singleImage(opened, path);
      return {
        image: one.image,
        format: opened.format,
        notes: [...opened.notes, ...one.notes],
        ...paddingOf(one.stored),
        save: (target, image, save) => saveFile(target, image, { ...save, opened }),
      };
    },
    async openSlabs(voxels) {
      if (format !== undefined) return undefined;
      const { fileSlabs } = await import("./slab-work.ts");
      return fileSlabs(path, voxels);
    },
  };
}

function singleImage(opened: Decoded, path: string): DecodedImage {
  if (opened.images.length !== 1) {
    throw new InputError(
      `Cannot work on ${path}: found ${opened.images.length} images (${opened.images.map((i) => i.name || "unnamed").join(", ")}), wanted one; take it out by "dprime convert" first`,
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
  await makeFolder(dirname(path));
  throwIfAborted(signal, `writing ${path}`);
  const named = await formatOfName(path);
  const format = named ?? (await formatByName(opened.format));
  if (format.name === "dicom" && opened.format === "dicom") {
    const { writeDerivedDicom } = await import("../dicom/derive.ts");
    const { bytes, notes } = await writeDerivedDicom(opened.source as DicomImage, image, {
      method,
      parameters,
      signal,
    });
    await writeWhole([{ path, bytes }]);
    return { paths: [path], lost: notes };
  }
  const range = integerRange(stored.type);
  const { holds, title } = format;
  const whole =
    range !== undefined &&
    holds.types.includes(stored.type) &&
    !holds.types.includes("float32") &&
    stored.slope === 1 &&
    stored.intercept === 0;
  const values = whole ? rounded(image, range) : image;
  const exact = exactStored(values.data, stored, image.axes);
  const { paths, lost } = await saveImage(path, values, {
    format: format.name,
    description: `${method}, ${Object.entries(parameters)
      .map(([name, value]) => `${name}=${value}`)
      .join(", ")}`,
    source: opened.source,
    ...(exact === undefined ? { kind: stored.kind } : { stored: exact }),
  });
  const passed = factsLeft(opened, { format: format.name, title });
  return { paths, lost: [...lost, ...passed] };
}

/** What a file of another format does not take over of what the source said. */
function factsLeft(opened: Decoded, to: { format: string; title: string }): string[] {
  const names = Object.keys(opened.images[0]!.facts);
  if (names.length === 0 || (opened.format === to.format && opened.source !== undefined)) return [];
  return [`${to.title} does not keep ${names.join(", ")}`];
}

function rounded(image: Image, range: { min: number; max: number }): Image {
  const data = image.data.map((v) => Math.min(range.max, Math.max(range.min, Math.round(v))));
  return { ...image, data };
}
