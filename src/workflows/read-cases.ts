/** Images of one class for observers: a folder with one case per file, or a stack in one file. */
import { stat } from "node:fs/promises";
import { join } from "node:path";
import { InputError, throwIfAborted } from "../core/errors.ts";
import type { Image } from "../core/image.ts";
import { layoutOf, makeImage, sliceOf, withData } from "../core/image.ts";
import type { WorkOptions } from "../core/progress.ts";
import { filledFromNearest } from "../denoise/fill-padding.ts";
import {
  formatOfName,
  openFile,
  type OpenOptions,
  type Skipped,
  skippedText,
  walkFolder,
} from "../files/files.ts";
import { openLcdCt } from "../files/lcd-ct.ts";
import type { DecodedImage } from "../formats/format.ts";
import type { Cases } from "../observers/cases.ts";
import { casesOf } from "../observers/cases.ts";
import { findInserts, pitchOfMita } from "../observers/inserts.ts";
import type { FoundInsert } from "../observers/inserts.ts";
import type { Arm } from "../observers/observe.ts";
import { unmeasured } from "./input.ts";

export interface ReadCasesOptions extends OpenOptions {
  /** Cases are volumes; otherwise the slices of a volume in one file are taken as cases. */
  readonly volumes?: boolean;
  /** Told in a sentence what of a folder takes no part. */
  readonly note?: (text: string) => void;
}

/**
 * Cases of a folder (one file each, named by it) or of one file (a stack, named by number).
 *
 * @throws InputError when nothing can be read, or images differ in size or unit
 */
export async function readCases(path: string, options: ReadCasesOptions = {}): Promise<Cases> {
  const found = await stat(path).catch((error: unknown) => {
    throw new InputError(
      `Cannot read cases from ${path}: found no such file or folder, wanted images`,
      { cause: error },
    );
  });
  const images: Image[] = [];
  const ids: string[] = [];
  const add = ({ image: read, padded }: Pick<DecodedImage, "image" | "padded">, name: string) => {
    const padding = unmeasured({ image: read, ...(padded ? { padded } : {}) });
    const image = padding ? withData(read, filledFromNearest(read, padding)) : read;
    if (padding) {
      options.note?.(
        `${path}: what holds no measurement is filled from the nearest pixels, so that observers do not see it`,
      );
    }
    const { blocks, nz, ny, nx, volumetric } = layoutOf(image);
    if (blocks === 1 && (!volumetric || options.volumes)) {
      images.push(image);
      ids.push(name);
      return;
    }
    if (options.volumes && volumetric) {
      const size = nz * ny * nx;
      for (let b = 0; b < blocks; b++) {
        images.push(
          makeImage(image.data.slice(b * size, (b + 1) * size), [nz, ny, nx], {
            ...image,
            axes: "zyx",
          }),
        );
        ids.push(`${name}#${b}`);
      }
      return;
    }
    for (let k = 0; k < blocks * nz; k++) {
      images.push(sliceOf(image, k));
      ids.push(`${name}#${k}`);
    }
  };
  if (!found.isDirectory()) {
    for (const one of (await openFile(path, options)).images) add(one, one.name);
    return casesOf(images, { ids: ids.map((id) => id.replace(/^#/, "")) });
  }
  const skip = ({ name, reason }: Skipped) =>
    options.note?.(skippedText({ name: join(path, name), reason }));
  for (const name of await walkFolder(path, skip)) {
    throwIfAborted(options.signal, `reading ${path}`);
    if ((await formatOfName(name)) === undefined && !/\.(dcm|ima)$|(^|\/)[^.]+$/i.test(name))
      continue;
    for (const one of (await openFile(join(path, name), options)).images) {
      // Without its extension, so that a denoised copy in another format is the same case.
      add(one, name.replace(/(\.nii)?\.[^./]+$/, "") + (one.name ? `:${one.name}` : ""));
    }
  }
  if (images.length === 0)
    throw new InputError(`Cannot read cases from ${path}: found no image, wanted at least one`);
  return casesOf(images, { ids });
}

/** One task of an LCD_CT collection: an insert, with an arm for every dose. */
export interface LcdTask {
  /** Contrast and size of this very insert. */
  readonly name: string;
  readonly contrastHU: number;
  readonly diameterMm: number;
  readonly diameterPx: number;
  readonly arms: readonly Arm[];
  /** Dose in per cent of each arm, by its name. */
  readonly doses: Readonly<Record<string, number>>;
  /** Noise-free signal in the region that the arms show. */
  readonly signal: Float64Array;
  readonly radiusPx: number;
}

export interface LcdStudy {
  readonly tasks: readonly LcdTask[];
  readonly notes: readonly string[];
  readonly spacingMm: number;
}

function crop(image: Image, at: { x: number; y: number; side: number; spacing: number }): Image {
  const { side, spacing } = at;
  const nx = image.shape[1]!;
  const x0 = Math.round(at.x) - Math.floor(side / 2);
  const y0 = Math.round(at.y) - Math.floor(side / 2);
  const data = new Float32Array(side * side);
  for (let j = 0; j < side; j++)
    data.set(image.data.subarray((y0 + j) * nx + x0, (y0 + j) * nx + x0 + side), j * side);
  return makeImage(data, [side, side], { unit: image.unit, spacing: [1, spacing, spacing] });
}

/**
 * Reads a folder in the layout of LCD_CT with its `ground_truth.mhd`: one task for each insert, one arm
 * for each dose, regions of `sideFactor` diameters about the insert in images with and without signal.
 *
 * @param options.spacingMm pixel pitch; inferred from the MITA module's design when the file states none
 */
export async function readLcdStudy(
  root: string,
  options: WorkOptions & { spacingMm?: number; sideFactor?: number; truth?: string } = {},
): Promise<LcdStudy> {
  const collection = await openLcdCt(root);
  const truthPath = options.truth ?? join(root, "ground_truth.mhd");
  const truth = (await openFile(truthPath)).images[0]!.image;
  const inserts = findInserts(truth);
  const notes: string[] = [];
  const spacing = spacingFor(truth, inserts, options.spacingMm, notes);
  // Highest first: differences are taken from the full dose.
  const doses = [...new Set(collection.cases.map((c) => c.dose))].sort((a, b) => b - a);
  const classesOf = async (
    dose: number,
  ): Promise<{ present: Map<string, Image>; absent: Map<string, Image> }> => {
    const out = { present: new Map<string, Image>(), absent: new Map<string, Image>() };
    for (const which of collection.cases.filter((c) => c.dose === dose)) {
      throwIfAborted(options.signal, `reading ${root}`);
      const image = await collection.load(which);
      if (image.shape.join() !== truth.shape.join()) {
        throw new InputError(
          `Cannot read ${which.path}: found ${image.shape.join("×")} pixels, wanted the ground truth's ${truth.shape.join("×")}`,
        );
      }
      out[which.signalPresent ? "present" : "absent"].set(
        String(which.realisation).padStart(3, "0"),
        image,
      );
    }
    return out;
  };
  const loaded = await Promise.all(
    doses.map(async (dose) => ({ dose, ...(await classesOf(dose)) })),
  );
  const tasks = inserts.map((insert): LcdTask => {
    const side = Math.max(
      9,
      2 * Math.ceil(((options.sideFactor ?? 2) * insert.diameterPx) / 2) + 1,
    );
    const at = { x: insert.x, y: insert.y, side, spacing };
    const region = (images: Map<string, Image>) =>
      casesOf(
        [...images.values()].map((image) => crop(image, at)),
        { ids: [...images.keys()] },
      );
    const diameterMm = insert.diameterPx * spacing;
    const signal = crop(
      makeImage(Float32Array.from(insert.signal), truth.shape, { unit: "HU" }),
      at,
    );
    return {
      name: `${Number(insert.contrast.toFixed(1))} HU, ${diameterMm.toFixed(1)} mm`,
      contrastHU: insert.contrast,
      diameterMm,
      diameterPx: insert.diameterPx,
      radiusPx: insert.diameterPx / 2,
      signal: Float64Array.from(signal.data),
      doses: Object.fromEntries(doses.map((dose) => [armName(dose), Math.round(100 * dose)])),
      arms: loaded.map(({ dose, present, absent }) => ({
        name: armName(dose),
        present: region(present),
        absent: region(absent),
      })),
    };
  });
  return { tasks, notes, spacingMm: spacing };
}

const armName = (dose: number): string => `dose ${Math.round(100 * dose)} %`;

function spacingFor(
  truth: Image,
  inserts: readonly FoundInsert[],
  given: number | undefined,
  notes: string[],
): number {
  if (given !== undefined) return given;
  const stated = truth.spacingKnown && truth.spacing[2] !== 1;
  if (stated) return truth.spacing[2];
  const inferred = pitchOfMita(inserts);
  if (inferred !== undefined) {
    notes.push(
      `the ground truth states no pixel pitch; ${inferred.toFixed(4)} mm was inferred from the design diameters of the MITA low-contrast module (3, 5, 7, 10 mm), whose contrasts its inserts have; option spacing overrides it`,
    );
    return inferred;
  }
  notes.push(
    "the ground truth states no pixel pitch: sizes are in pixels taken as 1 mm; give option spacing",
  );
  return 1;
}
