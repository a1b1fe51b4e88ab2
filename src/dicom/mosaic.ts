/**
 * Siemens' mosaics: the slices of a volume as tiles of one plane, row by row from the upper left. How many
 * there are and how they lie stands in private headers only; the standard's position is that of the
 * plane as if it were one slice of its size, so that the tiles share its centre.
 */
import type { StoredArray } from "../core/stored.ts";
import { type CsaHeader, csaHeader, csaNumbers } from "./csa-header.ts";
import { type DataSet, numberOf, textOf, textsOf } from "./elements.ts";
import { dicomError } from "./failure.ts";
import { cross, dot, type Plane, type Vector } from "./plane.ts";
import { privateElement } from "./private-element.ts";

export interface Mosaic {
  readonly slices: number;
  /** Tiles in a row of them, and rows of tiles. */
  readonly across: number;
  /** Size of a tile. */
  readonly rows: number;
  readonly columns: number;
  /** Plane of the first slice. */
  readonly plane: Plane;
  /** Unit vector from a slice to the next, and their distance in mm. */
  readonly normal: Vector;
  readonly step: number;
  readonly findings: readonly string[];
}

const header = { group: 0x0029, creator: "SIEMENS CSA HEADER" } as const;

function csaOf(set: DataSet, element: number): CsaHeader | undefined {
  const found = privateElement(set, { ...header, element });
  return found === undefined ? undefined : csaHeader(found.value);
}

function statedSlices(set: DataSet, image: CsaHeader | undefined): number | undefined {
  const own = privateElement(set, { group: 0x0019, creator: "SIEMENS MR HEADER", element: 0x0a });
  // In data sets without representations these two bytes are of an unknown one.
  const short = own && numberOf(set, own.tag, "US");
  return short ?? (image && csaNumbers(image, "NumberOfImagesInMosaic")[0]);
}

/** Whether an object says that its plane is a mosaic of slices. */
export function holdsMosaic(set: DataSet): boolean {
  return (
    (numberOf(set, 0x00280008) ?? 1) <= 1 && isMosaic(set, statedSlices(set, csaOf(set, 0x10)))
  );
}

function isMosaic(set: DataSet, slices: number | undefined): boolean {
  const named = textsOf(set, 0x00080008).some((value) => value.toUpperCase() === "MOSAIC");
  const siemens = /SIEMENS/i.test(textOf(set, 0x00080070) ?? "");
  return named ? siemens || slices !== undefined : slices !== undefined && slices > 1;
}

/**
 * The slices of a mosaic.
 *
 * @param size of the plane that the object holds
 * @returns undefined for objects that are none
 * @throws FormatError when the headers do not tell how many slices there are, or how they lie
 */
export function mosaicOf(
  set: DataSet,
  size: { readonly rows: number; readonly columns: number; readonly offset: number },
  place: { readonly plane: Plane | undefined; readonly spacing: readonly number[] | undefined },
): Mosaic | undefined {
  const image = csaOf(set, 0x10);
  const slices = statedSlices(set, image);
  if (!isMosaic(set, slices)) return undefined;
  const refuse = (found: string, wanted: string): never => {
    throw dicomError(
      "unsupported",
      size.offset,
      `Cannot read a Siemens mosaic: found ${found}, wanted ${wanted}`,
    );
  };
  if (slices === undefined || !Number.isInteger(slices) || slices < 1) {
    return refuse(
      "no number of slices",
      "it in (0019,xx0A) of SIEMENS MR HEADER or in the CSA header",
    );
  }
  const across = Math.ceil(Math.sqrt(slices));
  if (size.rows % across !== 0 || size.columns % across !== 0) {
    return refuse(
      `${size.rows} × ${size.columns} pixels for ${slices} slices`,
      `a size that ${across} tiles divide`,
    );
  }
  const { plane, spacing } = place;
  const [rowPitch, columnPitch] = spacing ?? [];
  if (!plane || rowPitch === undefined || columnPitch === undefined) {
    return refuse("no position, orientation or pixel spacing", "all of them");
  }
  const own = cross(plane.rowDirection, plane.columnDirection);
  const stated = image && csaNumbers(image, "SliceNormalVector");
  const protocol = protocolSlices(csaOf(set, 0x20), slices);
  const along = stated?.length === 3 ? dot(stated as unknown as Vector, own) : undefined;
  const way = along ?? (protocol && dot(protocol.direction, own));
  if (way === undefined) {
    return refuse(
      "no direction from slice to slice",
      "SliceNormalVector in the CSA header (0029,xx10): a volume that is upside down looks like one that is not",
    );
  }
  if (Math.abs(way) < 0.99) {
    return refuse("slices that are not stacked along their normal", "such as are");
  }
  const between = numberOf(set, 0x00180088);
  const thickness = numberOf(set, 0x00180050);
  const step = between ?? protocol?.step ?? thickness;
  if (step === undefined || !(step > 0)) {
    return refuse("no distance between slices", "Spacing Between Slices");
  }
  const [rows, columns] = [size.rows / across, size.columns / across];
  const right = ((size.columns - columns) / 2) * columnPitch;
  const down = ((size.rows - rows) / 2) * rowPitch;
  const { position, rowDirection, columnDirection } = plane;
  const at = (i: 0 | 1 | 2) => position[i] + right * rowDirection[i] + down * columnDirection[i];
  const sign = way < 0 ? -1 : 1;
  return {
    slices,
    across,
    rows,
    columns,
    plane: { rowDirection, columnDirection, position: [at(0), at(1), at(2)] },
    normal: [sign * own[0], sign * own[1], sign * own[2]],
    step,
    findings: [
      `the plane is a Siemens mosaic: read as ${slices} slices of ${columns} × ${rows}`,
      ...(between === undefined && protocol === undefined
        ? ["the distance between slices is not stated; their thickness is taken for it"]
        : []),
    ],
  };
}

/** Distance and direction of the slices by the protocol, where it lists the places of all. */
function protocolSlices(
  series: CsaHeader | undefined,
  slices: number,
): { step: number; direction: Vector } | undefined {
  const text = series?.get("MrPhoenixProtocol")?.[0] ?? series?.get("MrProtocol")?.[0];
  if (text === undefined) return undefined;
  const number = (name: string) => {
    const escaped = name.replace(/[[\].]/g, "\\$&");
    const found = new RegExp(`^\\s*${escaped}\\s*=\\s*(\\S+)`, "m").exec(text)?.[1];
    return found === undefined ? undefined : Number(found);
  };
  if (number("sSliceArray.lSize") !== slices || slices < 2) return undefined;
  // A coordinate of zero is left out.
  const place = (slice: number): Vector => {
    const of = (axis: string) => number(`sSliceArray.asSlice[${slice}].sPosition.${axis}`) ?? 0;
    return [of("dSag"), of("dCor"), of("dTra")];
  };
  const [first, last] = [place(0), place(slices - 1)];
  const way: Vector = [last[0] - first[0], last[1] - first[1], last[2] - first[2]];
  const length = Math.hypot(...way);
  if (!(length > 0)) return undefined;
  return {
    step: length / (slices - 1),
    direction: [way[0] / length, way[1] / length, way[2] / length],
  };
}

/** Places of the first samples of all rows of all tiles, in the order of the slices. */
function* rowsOf(
  { slices, across, rows, columns: pixels }: Mosaic,
  components: number,
): Generator<{ readonly inPlane: number; readonly inSlices: number }> {
  const columns = pixels * components;
  for (let slice = 0; slice < slices; slice++) {
    const [down, right] = [Math.floor(slice / across), slice % across];
    for (let row = 0; row < rows; row++) {
      yield {
        inPlane: (down * rows + row) * across * columns + right * columns,
        inSlices: (slice * rows + row) * columns,
      };
    }
  }
}

function sizeOf({ across, rows, columns }: Mosaic): number {
  return across * rows * across * columns;
}

/** The slices of a mosaic's plane, one after the other. */
export function slicesOf<T extends StoredArray>(plane: T, mosaic: Mosaic): T {
  const components = plane.length / sizeOf(mosaic);
  const columns = mosaic.columns * components;
  const out = plane.slice(0, mosaic.slices * mosaic.rows * columns) as T;
  for (const { inPlane, inSlices } of rowsOf(mosaic, components)) {
    // One of the types stands for all: source and target are of the same.
    const row = plane.subarray(inPlane, inPlane + columns) as Uint16Array;
    (out as Uint16Array).set(row, inSlices);
  }
  return out;
}

/** A copy of a mosaic's plane with its slices in place; tiles without a slice stay as they are. */
export function withSlices<T extends StoredArray>(plane: T, slices: T, mosaic: Mosaic): T {
  const out = plane.slice() as T;
  const components = plane.length / sizeOf(mosaic);
  const columns = mosaic.columns * components;
  for (const { inPlane, inSlices } of rowsOf(mosaic, components)) {
    const row = slices.subarray(inSlices, inSlices + columns) as Uint16Array;
    (out as Uint16Array).set(row, inPlane);
  }
  return out;
}
