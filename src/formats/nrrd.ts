/**
 * NRRD: header attached (`.nrrd`) or beside its data (`.nhdr`), raw, gzip, text or
 * hex, both byte orders.
 *
 * Axes: spatial ones become x, y, z in their order; a `time` or `list` axis, or one without a
 * direction and without a kind, becomes t; a colour, vector or complex axis becomes channels. The
 * space is turned to LPS; a space that is not anatomical leaves the orientation unknown.
 */
import { type Axes, type Geometry, type Image, allAxes, makeImage, sizeOf } from "../core/image.ts";
import { allTypes, bytesOf, checkSizes, toFloat32, writeElements } from "../codecs/elements.ts";
import { elementsToWrite, isPositive, parseRemark, remarkOf } from "./elements-to-write.ts";
import type { ComponentKind, Stored, StoredArray } from "../core/stored.ts";
import type { Decoded, Format, ReadOptions, WriteOptions, Written } from "./format.ts";
import { deflateGzip } from "../codecs/inflate.ts";
import { elementsOf, nrrdFail } from "./nrrd-data.ts";
import { type NrrdHeader, isNrrd, nrrdNameOf, parseNrrdHeader } from "./nrrd-header.ts";
import { determinant, geometryOf, lpsFromRas } from "./orientation.ts";
import { secondsOf } from "./units-of-measure.ts";

const componentKinds: Readonly<Record<string, ComponentKind>> = {
  complex: "complex",
  "rgb-color": "rgb",
  "3-color": "rgb",
  "rgba-color": "rgba",
  "4-color": "rgba",
};
const channelKind =
  /^(complex|.*color|.*vector|.*gradient|.*normal|quaternion|.*matrix|stub|scalar)$/;

/** Letter of each axis, fastest first. */
function rolesOf(header: NrrdHeader): { roles: string[]; component: string } {
  let component = "";
  let spatial = 0;
  const spatialSizes = header.directions?.filter((d) => d !== undefined).length;
  const roles = header.sizes.map((_, i) => {
    const kind = (header.kinds[i] ?? "").toLowerCase();
    const outside = header.directions !== undefined && header.directions[i] === undefined;
    if (channelKind.test(kind)) {
      component = kind;
      return "c";
    }
    if (kind === "time" || kind === "list") return "t";
    if (outside && (spatialSizes ?? 0) > 0) return "t";
    spatial++;
    return spatial <= 3 ? "xyz"[spatial - 1]! : "t";
  });
  for (const letter of "tc") {
    if (roles.filter((r) => r === letter).length > 1) {
      nrrdFail(
        `Cannot read an NRRD with axes ${roles.join("")}: found two axes of one meaning, wanted one series and one channel axis at most`,
        "unsupported",
        8,
      );
    }
  }
  if (spatial < 1) nrrdFail("Cannot read an NRRD: found no spatial axis", "unsupported", 8);
  return { roles, component };
}

function geometryFrom(
  header: NrrdHeader,
  roles: readonly string[],
  notes: string[],
): Partial<Geometry> {
  const vectors = ["x", "y", "z"].map((letter) => {
    const at = roles.indexOf(letter);
    return at < 0 ? undefined : { at, vector: header.directions?.[at] };
  });
  if (!vectors.some((v) => v?.vector !== undefined)) {
    const found = [2, 1, 0].map((i) => {
      const value = header.spacings?.[vectors[i]?.at ?? -1];
      return value !== undefined && Number.isFinite(value) && value > 0 ? value : undefined;
    });
    const spacing = found.map((value) => value ?? 1) as [number, number, number];
    return { spacing, spacingKnown: found.some((value) => value !== undefined) };
  }
  const columns = vectors.map((v) => v?.vector);
  const flat = columns.every((c) => c === undefined || c.length === 2);
  const embed = (v: readonly number[] | undefined) =>
    v === undefined ? undefined : flat ? [v[0] ?? NaN, v[1] ?? NaN, 0] : v;
  const [x, y, z] = columns.map(embed);
  if (x === undefined || y === undefined) {
    notes.push("space directions do not span space; the identity is assumed");
    return {};
  }
  // A planar image in space: the third direction is the normal, one millimetre long.
  const normal = z ?? unitNormal(x, y);
  const origin = embed(header.origin) ?? [0, 0, 0];
  const affine = [0, 1, 2].flatMap((r) => [x[r]!, y[r]!, normal[r]!, origin[r]!]);
  const space = header.space.replace(/-time$/, "").replace(/t$/, "");
  const anatomical: Readonly<Record<string, "lps" | "ras" | "las">> = {
    "left-posterior-superior": "lps",
    lps: "lps",
    "right-anterior-superior": "ras",
    ras: "ras",
    "left-anterior-superior": "las",
    las: "las",
  };
  const found = anatomical[space];
  const lps =
    found === "ras"
      ? lpsFromRas(affine)
      : found === "las"
        ? affine.map((v, i) => (i >= 4 && i < 8 ? -v || 0 : v))
        : affine;
  const geometry = geometryOf(lps);
  if (geometry === undefined) {
    notes.push("space directions do not span space; the identity is assumed");
    return {};
  }
  if (found === undefined) {
    notes.push(`space "${header.space}" is not anatomical; orientation is unknown`);
    return { spacing: geometry.spacing };
  }
  return geometry;
}

/**
 * Seconds from one entry of the series axis to the next: its direction along the time of a space with
 * time, else its spacing. A spacing of 1 without a unit says nothing.
 */
function timeStepFrom(header: NrrdHeader, roles: readonly string[]): number | undefined {
  const at = roles.indexOf("t");
  if (at < 0) return undefined;
  const along = /-time$|^[a-z]{3}t$/.test(header.space) ? header.directions?.[at]?.[3] : undefined;
  const value = along ?? header.spacings?.[at];
  const unit = (along === undefined ? header.units[at] : header.spaceUnits[3]) ?? "";
  if (!isPositive(value) || (unit === "" && value === 1)) return undefined;
  const scale = unit === "" ? 1 : secondsOf(unit);
  return scale === undefined ? undefined : value * scale;
}

function unitNormal(x: readonly number[], y: readonly number[]): number[] {
  const n = [
    x[1]! * y[2]! - x[2]! * y[1]!,
    x[2]! * y[0]! - x[0]! * y[2]!,
    x[0]! * y[1]! - x[1]! * y[0]!,
  ];
  const length = Math.hypot(...n) || 1;
  return n.map((v) => v / length);
}

async function read(bytes: Uint8Array, options: ReadOptions = {}): Promise<Decoded> {
  const header = parseNrrdHeader(bytes);
  checkSizes(header.sizes, {
    format: "nrrd",
    offset: 8,
    ...(options.maxElements === undefined ? {} : { maxElements: options.maxElements }),
  });
  const notes: string[] = [];
  const { roles, component } = rolesOf(header);
  const geometry = geometryFrom(header, roles, notes);
  const data = await elementsOf(bytes, header, options);
  const size = (letter: string) => {
    const at = roles.indexOf(letter);
    return at < 0 ? undefined : header.sizes[at]!;
  };
  const remark = parseRemark(header.text);
  const single = size("z") === 1 && remark.axes !== undefined && !remark.axes.includes("z");
  const spatial = roles.includes("z") && !single ? "zyx" : "yx";
  const axes =
    `${roles.includes("t") ? "t" : ""}${roles.includes("c") ? "c" : ""}${spatial}` as Axes;
  const shape = Array.from(axes, (letter) => size(letter) ?? 1);
  // Interleaved components stay as they are; every other order is brought into the image's.
  const interleaved = roles[0] === "c" && [2, 3, 4].includes(header.sizes[0]!);
  const without = interleaved ? shape.filter((_, i) => axes[i] !== "c") : shape;
  const wantedOrder = axes
    .split("")
    .reverse()
    .filter((letter) => !interleaved || letter !== "c");
  const order = interleaved ? ["c", ...wantedOrder] : wantedOrder;
  const present = order.filter((letter) => roles.includes(letter));
  const arranged =
    present.join() === roles.filter((r) => !single || r !== "z").join()
      ? data
      : permute(
          data,
          header.sizes,
          present.map((l) => roles.indexOf(l)),
        );
  const components = interleaved ? header.sizes[0]! : 1;
  const kind: ComponentKind = interleaved
    ? (componentKinds[component] ?? "vector")
    : roles.includes("c")
      ? "vector"
      : "scalar";
  const stored: Stored = {
    data: arranged,
    type: header.type,
    shape: without,
    components,
    kind: componentKind(kind, components),
    slope: 1,
    intercept: 0,
  };
  const image = makeImage(toFloat32(stored, axes), shape, {
    axes,
    ...geometry,
    ...(remark.spacing === undefined ? {} : { spacing: remark.spacing }),
    ...(remark.spacingKnown === undefined ? {} : { spacingKnown: remark.spacingKnown }),
    timeStep: timeStepFrom(header, roles),
    unit: remark.unit ?? options.unit ?? "arbitrary",
  });
  return {
    format: "nrrd",
    images: [{ name: "", image, stored, notes }],
    notes: [],
    header: { ...header.fields },
    source: header,
  };
}

/** A kind only where its number of components fits. */
function componentKind(kind: ComponentKind, components: number): ComponentKind {
  const wanted: Partial<Record<ComponentKind, number>> = { complex: 2, rgb: 3, rgba: 4 };
  if (components === 1) return kind === "vector" ? "vector" : "scalar";
  return wanted[kind] === components ? kind : "vector";
}

/** Elements with axes in another order; both orders fastest first. */
function permute(
  data: StoredArray,
  sizes: readonly number[],
  order: readonly number[],
): StoredArray {
  const out = data.slice();
  const strides = sizes.map((_, i) => sizeOf(sizes.slice(0, i)));
  const steps = order.map((axis) => strides[axis]!);
  const limits = order.map((axis) => sizes[axis]!);
  const index = new Array<number>(order.length).fill(0);
  let from = 0;
  for (let to = 0; to < data.length; to++) {
    out[to] = data[from]!;
    for (let a = 0; a < order.length; a++) {
      index[a]!++;
      from += steps[a]!;
      if (index[a]! < limits[a]!) break;
      from -= steps[a]! * limits[a]!;
      index[a] = 0;
    }
  }
  return out;
}

function write(image: Image, options: WriteOptions): Promise<Written> {
  return Promise.resolve().then(() => {
    const elements = elementsToWrite(image, options, nrrd);
    const detached = /\.nhdr$/i.test(options.fileName);
    const compress = options.compress ?? true;
    const inside = elements.components > 1;
    const letters = Array.from(image.axes, (letter, i) => ({ letter, size: image.shape[i]! }))
      .filter((a) => !inside || a.letter !== "c")
      .reverse();
    const flat = !image.axes.includes("z");
    // Readers take the normal of a plane by the right-hand rule: a mirrored one becomes a volume.
    if (flat && image.orientationKnown && determinant(image.direction) < 0)
      letters.splice(2, 0, { letter: "z", size: 1 });
    const kinds: Record<string, string> = { t: "time", c: "vector" };
    const insideKinds: Record<string, string> = {
      complex: "complex",
      rgb: "RGB-color",
      rgba: "RGBA-color",
      vector: "vector",
    };
    const d = image.direction;
    const vector = (column: number, length: number) =>
      `(${[0, 1, 2].map((r) => d[3 * r + column]! * length).join(",")})`;
    const [sz, sy, sx] = image.spacing;
    const directions: Record<string, string> = {
      x: vector(0, sx),
      y: vector(1, sy),
      z: vector(2, sz),
    };
    const spacing: Record<string, number> = { x: sx, y: sy, z: sz };
    const head = inside
      ? { sizes: [elements.components], kinds: [insideKinds[elements.kind] ?? "vector"] }
      : { sizes: [], kinds: [] };
    // An axis with a direction in space must have neither spacing nor unit of its own.
    const pitches = letters.map(({ letter }) => {
      if (letter === "t") return image.timeStep;
      return image.orientationKnown || !image.spacingKnown ? undefined : spacing[letter];
    });
    const withTime = image.timeStep !== undefined;
    const lines = [
      "NRRD0005",
      `type: ${nrrdNameOf[elements.type]}`,
      `dimension: ${letters.length + head.sizes.length}`,
      ...(image.orientationKnown ? ["space: left-posterior-superior"] : []),
      `sizes: ${[...head.sizes, ...letters.map((a) => a.size)].join(" ")}`,
      ...(image.orientationKnown
        ? [
            `space directions: ${[...head.sizes.map(() => "none"), ...letters.map((a) => directions[a.letter] ?? "none")].join(" ")}`,
          ]
        : []),
      ...(!image.orientationKnown || withTime
        ? [
            `spacings: ${[...head.sizes.map(() => "NaN"), ...pitches.map((p) => p ?? "NaN")].join(" ")}`,
          ]
        : []),
      ...(withTime
        ? [
            `units: ${[...head.sizes.map(() => '""'), ...letters.map((a) => (a.letter === "t" ? '"s"' : '""'))].join(" ")}`,
          ]
        : []),
      `kinds: ${[...head.kinds, ...letters.map((a) => kinds[a.letter] ?? "domain")].join(" ")}`,
      ...(image.orientationKnown ? [`space origin: (${image.origin.join(",")})`] : []),
      ...(bytesOf[elements.type] > 1 ? ["endian: little"] : []),
      `encoding: ${compress ? "gzip" : "raw"}`,
    ];
    const { lost } = elements;
    const remark = `remark:=${remarkOf(image, { spacing: flat, description: options.description?.replace(/[\r\n]+/g, " ") })}`;
    const body = writeElements(elements.data);
    const packed = compress ? deflateGzip(body) : body;
    if (detached) {
      const name = options.fileName.replace(/\.nhdr$/i, compress ? ".raw.gz" : ".raw");
      const text = [...lines, `data file: ${name}`, remark, ""].join("\n");
      return {
        files: [
          { name: options.fileName, bytes: latinBytes(text) },
          { name, bytes: packed.slice() },
        ],
        lost,
      };
    }
    const text = latinBytes([...lines, remark, "", ""].join("\n"));
    const bytes = new Uint8Array(text.length + packed.length);
    bytes.set(text);
    bytes.set(packed, text.length);
    return { files: [{ name: options.fileName, bytes }], lost };
  });
}

function latinBytes(text: string): Uint8Array {
  return Uint8Array.from(text, (c) => (c.charCodeAt(0) < 256 ? c.charCodeAt(0) : 63));
}

export const nrrd: Format = {
  name: "nrrd",
  title: "NRRD",
  summary: "Volumes and series with geometry, common around 3D Slicer",
  extensions: [".nrrd", ".nhdr"],
  holds: {
    types: allTypes,
    axes: allAxes,
    kinds: ["scalar", "complex", "rgb", "rgba", "vector"],
    geometry: "full",
    timeStep: true,
    scaling: false,
    unit: true,
  },
  sniff: isNrrd,
  read,
  write,
};
