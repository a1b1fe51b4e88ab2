/** Pictures of what a model does with an image: features of a layer, and where its result comes from. */
import { join } from "node:path";
import { InputError } from "../core/errors.ts";
import { type Image, layoutOf, makeImage, sliceOf } from "../core/image.ts";
import type { WorkOptions } from "../core/progress.ts";
import { noiseOfImage } from "../denoise/noise-level/noise-of-image.ts";
import { parseTrainedOn, type TrainedOn, usualTraining } from "../denoise/trained-on.ts";
import { renderPlane } from "../figures/bitmap.ts";
import { heat } from "../figures/colour-map.ts";
import { contactSheetSvg } from "../figures/contact-sheet.ts";
import { panelsSvg } from "../figures/panels.ts";
import { svgPng } from "../figures/png.ts";
import { windowFor } from "../figures/window.ts";
import { modelUnits } from "../inference/apply-model.ts";
import { trainedOnKey } from "../inference/denoising-model.ts";
import { defaultModel, readModel, readModelCard } from "../inference/files.ts";
import { explainNetwork, type FieldWidth, fieldWidths } from "../learn/explain-network.ts";
import { importNetwork } from "../learn/import-network.ts";
import type { NamedArray } from "../learn/tensor-file.ts";
import { decodeModel } from "../onnx/decode.ts";
import { openInput } from "./open-input.ts";
import { checkPlaces, type OutputOptions, writeFiles } from "./output.ts";
import type { InputOptions } from "./input.ts";

export interface ExplainOptions extends WorkOptions, OutputOptions, InputOptions {
  /** A shipped model or the path of an .onnx file. Defaults to the default model. */
  readonly model?: string | undefined;
  /** Plane of a volume, from 0; by default the middle one. */
  readonly slice?: number | undefined;
  /** Row and column of the pixel; by default the middle one. */
  readonly at?: readonly number[] | undefined;
  /** Name of a layer; by default the last with as many channels as any. */
  readonly layer?: string | undefined;
  /** Noise level in the image's unit; estimated when absent. */
  readonly sigma?: number | undefined;
  readonly threads?: number | undefined;
}

export interface ExplainReport {
  readonly model: string;
  readonly network: string;
  readonly layer: string;
  readonly layers: readonly string[];
  readonly channels: number;
  /** Row and column. */
  readonly at: readonly [number, number];
  readonly sigma: number;
  /** Pixels on each side that the network can see at all; null where it sees everything. */
  readonly reach: number | null;
  /** Radii that hold so much of the result's dependence, in px, and in mm where the pitch is known. */
  readonly field: readonly (FieldWidth & { readonly mm: number | null })[];
  readonly outputs: readonly string[];
}

/** Side in pixels of the part around the pixel that is looked at, where the network sees no further. */
const widest = 512;
/** Magnitudes below this share of the greatest are drawn black. */
const decades = 4;

/**
 * Draws `features.png` and `receptive-field.png` into a folder.
 *
 * @throws InputError on a model that gives no image of a plane, a layer that there is not, or a pixel outside
 */
export async function explainFiles(
  input: string,
  folder: string,
  options: ExplainOptions = {},
): Promise<ExplainReport> {
  const { model = defaultModel, slice, layer, threads = 0, force = false, signal } = options;
  const places = ["features.png", "receptive-field.png"].map((name) => join(folder, name));
  await checkPlaces(
    places.map((path) => ({ path, option: "output" })),
    { inputs: [input], force },
  );
  const bytes = await readModel(model);
  const imported = await importNetwork(bytes);
  const { network, options: own } = imported;
  const trainedOn = await rangesOf(model, bytes);
  const { images } = await openInput(input, options);
  const { image } = await images[0]!.open({ signal });
  const plane = planeOf(image, slice);
  const { ny, nx } = layoutOf(plane);
  const [row = -1, column = -1] = options.at ?? [ny >> 1, nx >> 1];
  if (!(column >= 0 && column < nx && row >= 0 && row < ny)) {
    throw new InputError(
      `Cannot explain pixel ${(options.at ?? []).join(",")}: found a plane of ${ny} rows and ${nx} columns, wanted a row and a column of it`,
    );
  }
  const sigma = options.sigma ?? noiseOfImage(plane).sigma;
  const units = modelUnits(plane, sigma, { trainedOn });
  const multiple = network.multipleOf(own);
  const part = cutAround(plane, { row, column, multiple, side: widest });
  const values = part.data.map((v) => (v - units.offset) / units.scale);
  const explained = await explainNetwork(
    {
      ...imported,
      image: { shape: [1, 1, part.ny, part.nx], data: values },
      sigma: sigma / units.scale,
      at: [part.row, part.column],
      layer,
    },
    { threads },
  );
  const [, pitch] = plane.spacing;
  const field = fieldWidths(explained.sensitivity, [part.row, part.column]).map((width) => ({
    ...width,
    mm: plane.spacingKnown ? width.radius * pitch : null,
  }));
  const reach = network.reach(own);
  const figures = [
    featuresSvg(explained.features, { title: `${model}, layer ${explained.layer}` }),
    fieldSvg(part, { explained: explained.sensitivity, field, reach, plane }),
  ];
  const drawn = await Promise.all(figures.map((svg) => svgPng(svg)));
  await writeFiles(places.map((path, i) => ({ path, bytes: drawn[i]! })));
  return {
    model,
    network: network.name,
    layer: explained.layer,
    layers: explained.layers,
    channels: explained.features.shape[1]!,
    at: [row, column],
    sigma,
    reach: Number.isFinite(reach) ? reach : null,
    field,
    outputs: places,
  };
}

async function rangesOf(model: string, bytes: Uint8Array): Promise<TrainedOn> {
  const own = decodeModel(bytes).metadata[trainedOnKey];
  if (own !== undefined) return parseTrainedOn(JSON.parse(own), `the model ${model}`);
  return (await readModelCard(model, bytes))?.trainedOn ?? usualTraining;
}

function planeOf(image: Image, slice: number | undefined): Image {
  const { blocks, nz } = layoutOf(image);
  const chosen = slice ?? Math.floor(nz / 2);
  if (!(chosen >= 0 && chosen < blocks * nz)) {
    throw new InputError(
      `Cannot take slice ${chosen}: found ${blocks * nz} slices, wanted an index from 0 to ${blocks * nz - 1}`,
    );
  }
  return sliceOf(image, chosen);
}

interface Part {
  readonly data: Float32Array;
  readonly ny: number;
  readonly nx: number;
  /** The pixel within the part. */
  readonly row: number;
  readonly column: number;
}

/** As much of a plane around a pixel as there is, in sizes that the network takes. */
function cutAround(
  plane: Image,
  wanted: { row: number; column: number; multiple: number; side: number },
): Part {
  const { ny, nx } = layoutOf(plane);
  const { multiple } = wanted;
  const spanOf = (at: number, size: number) => {
    const count = Math.floor(Math.min(size, wanted.side) / multiple) * multiple;
    if (count === 0) {
      throw new InputError(
        `Cannot explain an image of ${nx} × ${ny} pixels: found a side below ${multiple}, wanted at least that`,
      );
    }
    return { count, from: Math.min(Math.max(0, at - (count >> 1)), size - count) };
  };
  const [y, x] = [spanOf(wanted.row, ny), spanOf(wanted.column, nx)];
  // What is left over at the far edge has no pixel of its own.
  const row = Math.min(wanted.row - y.from, y.count - 1);
  const column = Math.min(wanted.column - x.from, x.count - 1);
  const data = new Float32Array(y.count * x.count);
  for (let k = 0; k < y.count; k++) {
    const start = (y.from + k) * nx + x.from;
    data.set(plane.data.subarray(start, start + x.count), k * x.count);
  }
  return { data, ny: y.count, nx: x.count, row, column };
}

/** Every channel by itself, its mean grey and three standard deviations black and white. */
function featuresSvg({ shape, data }: NamedArray, { title }: { title: string }): string {
  const [, channels = 1, ny = 1, nx = 1] = shape;
  const size = ny * nx;
  const standard = new Float32Array(data.length);
  for (let c = 0; c < channels; c++) {
    const own = data.subarray(c * size, (c + 1) * size);
    const mean = own.reduce((s, v) => s + v, 0) / size;
    const spread = Math.sqrt(own.reduce((s, v) => s + (v - mean) ** 2, 0) / size);
    for (let i = 0; i < size; i++) {
      standard[c * size + i] = spread > 0 ? (own[i]! - mean) / spread : 0;
    }
  }
  return contactSheetSvg(makeImage(standard, [channels, ny, nx], { unit: "arbitrary" }), {
    title,
    window: { low: -3, high: 3 },
    limit: 64,
    columns: 8,
    panelWidth: 160,
    footnote:
      "Result of the layer before its rectifier; each channel with its mean grey, 3 standard deviations to black and white.",
  });
}

function fieldSvg(
  part: Part,
  {
    explained,
    field,
    reach,
    plane,
  }: {
    explained: NamedArray;
    field: ExplainReport["field"];
    reach: number;
    plane: Image;
  },
): string {
  // Twice the radius of nearly everything, so that the shape is seen.
  const far = Math.max(8, Math.ceil(2 * field.at(-1)!.radius));
  const [y0, y1] = [Math.max(0, part.row - far), Math.min(part.ny, part.row + far + 1)];
  const [x0, x1] = [Math.max(0, part.column - far), Math.min(part.nx, part.column + far + 1)];
  const peak = explained.data.reduce((most, v) => Math.max(most, Math.abs(v)), 0);
  const shape = [y1 - y0, x1 - x0];
  const cut = (value: (i: number) => number) =>
    Float32Array.from({ length: shape[0]! * shape[1]! }, (_, i) =>
      value((y0 + Math.floor(i / shape[1]!)) * part.nx + x0 + (i % shape[1]!)),
    );
  const magnitude = cut((i) =>
    peak > 0
      ? Math.max(-decades, Math.log10(Math.abs(explained.data[i]!) / peak + 1e-30))
      : -decades,
  );
  const seen = makeImage(
    cut((i) => part.data[i]!),
    shape,
    { unit: plane.unit },
  );
  const window = { low: -decades, high: 0 };
  const notes = field.map(
    ({ share, radius, mm }) =>
      `${Math.round(100 * share)} % within ${radius.toFixed(1)} px${mm === null ? "" : `, ${mm.toFixed(1)} mm`}`,
  );
  return panelsSvg(
    [
      {
        title: "Image",
        bitmap: renderPlane(seen, { window: windowFor({ ...seen, data: part.data }) }),
        notes: [`${shape[1]} × ${shape[0]} px around the pixel`],
      },
      {
        title: "Derivative of the result at the pixel",
        bitmap: renderPlane(makeImage(magnitude, shape, { unit: "arbitrary" }), {
          window,
          map: heat,
        }),
        bar: { map: heat, window, unit: "log10 of the greatest" },
        notes: [
          ...notes,
          Number.isFinite(reach) ? `sees ${reach} px on each side at most` : "sees everything",
        ],
      },
    ],
    { panelWidth: 420 },
  );
}
