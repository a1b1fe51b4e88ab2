/**
 * NRRD: header attached (`.nrrd`) or beside its data (`.nhdr`), raw, gzip, text or
 * hex, both byte orders.
 *
 * Axes: spatial ones become x, y, z in their order; a `time` or `list` axis becomes t, a colour, vector or
 * complex axis channels; one without kind and direction is channels when it runs fastest and t otherwise.
 * The space is turned to LPS in mm; a space that is not anatomical leaves the orientation unknown.
 */
import {
  type Axes,
  type Image,
  allAxes,
  type IntensityUnit,
  isSamePlace,
  makeImage,
  makeTemplate,
  sizeOf,
} from "../core/image.ts";
import {
  allTypes,
  bytesOf,
  checkSizes,
  valuesOfElements,
  writeElements,
} from "../codecs/elements.ts";
import { elementsToWrite } from "./elements-to-write.ts";
import { fittingKind, joinedTexts, parseRemark, remarkOf, textBehindRemark } from "./remark.ts";
import type { Decoded, Format, ReadOptions, WriteOptions, Written } from "./format.ts";
import type { ComponentKind, Stored, StoredArray } from "../core/stored.ts";
import { deflateGzip } from "../codecs/inflate.ts";
import { elementsOf } from "./nrrd-data.ts";
import { type NrrdHeader, isNrrd, nrrdNameOf, parseNrrdHeader } from "./nrrd-header.ts";
import { headerBytes } from "./header-text.ts";
import { keptLines, nrrdFacts, nrrdSourceOf } from "./nrrd-facts.ts";
import { nrrdGeometry, nrrdRoles, nrrdTimeStep } from "./nrrd-geometry.ts";
import { determinant } from "./orientation.ts";

const componentKinds: Readonly<Record<string, ComponentKind>> = {
  complex: "complex",
  "rgb-color": "rgb",
  "3-color": "rgb",
  "rgba-color": "rgba",
  "4-color": "rgba",
};
async function read(bytes: Uint8Array, options: ReadOptions = {}): Promise<Decoded> {
  const header = parseNrrdHeader(bytes);
  checkSizes(header.sizes, {
    format: "nrrd",
    offset: 8,
    ...(options.maxElements === undefined ? {} : { maxElements: options.maxElements }),
  });
  const notes: string[] = [];
  const { roles, component } = nrrdRoles(header);
  const geometry = nrrdGeometry(header, roles, notes);
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
  const kind = roles.includes("c")
    ? fittingKind(remark.kind ?? componentKinds[component] ?? "vector", size("c") ?? 1)
    : "scalar";
  const stored: Stored = {
    data: arranged,
    type: header.type,
    shape: without,
    components,
    kind,
    slope: 1,
    intercept: 0,
  };
  const image = makeImage(await valuesOfElements(stored, axes, options), shape, {
    axes,
    ...geometry,
    ...(remark.spacing === undefined ? {} : { spacing: remark.spacing }),
    ...(remark.spacingKnown === undefined ? {} : { spacingKnown: remark.spacingKnown }),
    timeStep: nrrdTimeStep(header, roles),
    unit: remark.unit ?? sampleUnit(header) ?? options.unit ?? "arbitrary",
  });
  return {
    format: "nrrd",
    images: [{ name: "", image, stored, notes, facts: nrrdFacts(header) }],
    notes: [],
    header: { ...header.fields },
    source: header,
  };
}

function sampleUnit(header: NrrdHeader): IntensityUnit | undefined {
  const unit = header.fields["sample units"] ?? header.fields.sampleunits ?? "";
  return /^"?(hu|hounsfield( units?)?)"?$/i.test(unit) ? "HU" : undefined;
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

/** What a header that an image came from has in common with the one to write. */
function sameAs(
  source: NrrdHeader | undefined,
  now: { image: Image; sizes: readonly number[]; roles: readonly string[] },
): { axes: boolean; place: boolean } {
  if (source === undefined) return { axes: false, place: false };
  const { roles } = nrrdRoles(source);
  const axes = now.sizes.join() === source.sizes.join() && now.roles.join() === roles.join();
  const { image } = now;
  const was = makeTemplate(image.shape, {
    ...nrrdGeometry(source, roles, []),
    axes: image.axes,
    timeStep: nrrdTimeStep(source, roles),
  });
  const place = axes && isSamePlace(was, image) && was.timeStep === image.timeStep;
  return { axes, place };
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
    const insideKinds: Record<string, string> = {
      complex: "complex",
      rgb: "RGB-color",
      rgba: "RGBA-color",
    };
    const channelKind = insideKinds[elements.kind] ?? "vector";
    const kinds: Record<string, string> = { t: "time", c: channelKind };
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
      ? { sizes: [elements.components], kinds: [channelKind] }
      : { sizes: [], kinds: [] };
    // An axis with a direction in space must have neither spacing nor unit of its own.
    const pitches = letters.map(({ letter }) => {
      if (letter === "t") return image.timeStep;
      return image.orientationKnown || !image.spacingKnown ? undefined : spacing[letter];
    });
    const source = nrrdSourceOf(options.source);
    const sizes = [...head.sizes, ...letters.map((a) => a.size)];
    const written = [...(inside ? ["c"] : []), ...letters.map((a) => a.letter)];
    const same = sameAs(source, { image, sizes, roles: written });
    const withTime = image.timeStep !== undefined;
    const placed = image.orientationKnown && !same.place;
    const lines = [
      "NRRD0005",
      `type: ${nrrdNameOf[elements.type]}`,
      `dimension: ${letters.length + head.sizes.length}`,
      `sizes: ${sizes.join(" ")}`,
      ...(placed ? ["space: left-posterior-superior"] : []),
      ...(placed
        ? [
            `space directions: ${[...head.sizes.map(() => "none"), ...letters.map((a) => directions[a.letter] ?? "none")].join(" ")}`,
          ]
        : []),
      ...(!same.place && (!placed || withTime)
        ? [
            `spacings: ${[...head.sizes.map(() => "NaN"), ...pitches.map((p) => p ?? "NaN")].join(" ")}`,
          ]
        : []),
      ...(!same.place && withTime
        ? [
            `units: ${[...head.sizes.map(() => '""'), ...letters.map((a) => (a.letter === "t" ? '"s"' : '""'))].join(" ")}`,
          ]
        : []),
      `kinds: ${(same.axes && source?.kinds.length === sizes.length ? source.kinds : [...head.kinds, ...letters.map((a) => kinds[a.letter] ?? "domain")]).join(" ")}`,
      ...(placed ? [`space origin: (${image.origin.join(",")})`] : []),
      ...(bytesOf[elements.type] > 1 ? ["endian: little"] : []),
      `encoding: ${compress ? "gzip" : "raw"}`,
      ...(source === undefined ? [] : keptLines(source, same)),
    ];
    const { lost } = elements;
    const remark = `remark:=${remarkOf(image, { spacing: flat, ...(elements.kind === "grey-alpha" ? { kind: elements.kind } : {}), description: joinedTexts(options.description, textBehindRemark(source?.fields["remark:="] ?? "")) })}`;
    const body = writeElements(elements.data);
    const packed = compress ? deflateGzip(body) : body;
    if (detached) {
      const name = options.fileName.replace(/\.nhdr$/i, compress ? ".raw.gz" : ".raw");
      const text = [...lines, `data file: ${name}`, remark, ""].join("\n");
      return {
        files: [
          { name: options.fileName, bytes: headerBytes(text) },
          { name, bytes: packed.slice() },
        ],
        lost,
      };
    }
    const text = headerBytes([...lines, remark, "", ""].join("\n"));
    const bytes = new Uint8Array(text.length + packed.length);
    bytes.set(text);
    bytes.set(packed, text.length);
    return { files: [{ name: options.fileName, bytes }], lost };
  });
}

export const nrrd: Format = {
  name: "nrrd",
  title: "NRRD",
  summary: "Volumes and series with geometry, common around 3D Slicer",
  extensions: [".nrrd", ".nhdr"],
  holds: {
    types: allTypes,
    axes: allAxes,
    kinds: ["scalar", "complex", "rgb", "rgba", "grey-alpha", "vector"],
    geometry: "full",
    timeStep: true,
    scaling: false,
    unit: true,
  },
  sniff: isNrrd,
  read,
  write,
};
