/** Raw: elements without a header, whose sizes and type the caller states. */
import { FormatError, InputError } from "../core/errors.ts";
import { type Axes, allAxes, makeImage } from "../core/image.ts";
import {
  bytesOf,
  checkSizes,
  readElements,
  valuesOfElements,
  writeElements,
} from "../codecs/elements.ts";
import { elementsToWrite } from "./elements-to-write.ts";
import type { Stored } from "../core/stored.ts";
import type { Format } from "./format.ts";

const axesByRank: Readonly<Record<number, Axes>> = { 2: "yx", 3: "zyx", 4: "tzyx", 5: "tczyx" };

export const raw: Format = {
  name: "raw",
  title: "raw",
  summary: "Elements without a header; sizes and type are stated by the caller",
  extensions: [".raw", ".bin"],
  holds: {
    types: [
      "int8",
      "uint8",
      "int16",
      "uint16",
      "int32",
      "uint32",
      "int64",
      "uint64",
      "float32",
      "float64",
    ],
    axes: allAxes,
    kinds: ["scalar", "complex", "rgb", "rgba", "grey-alpha", "vector"],
    geometry: "none",
    timeStep: false,
    scaling: false,
    unit: false,
  },
  sniff: () => false,
  async read(bytes, options = {}) {
    const shape = options.raw;
    if (shape === undefined) {
      throw new InputError(
        `Cannot read ${options.fileName ?? "a raw file"}: found no header in it, wanted its shape and type stated (or the .mhd that belongs to it)`,
      );
    }
    const { offset = 0, slope = 1, intercept = 0, littleEndian = true } = shape;
    const axes = shape.axes ?? axesByRank[shape.shape.length];
    if (axes === undefined || axes.length !== shape.shape.length) {
      throw new InputError(
        `Cannot read a raw file of ${shape.shape.length} sizes: found axes "${axes ?? "none"}", wanted one size for each axis`,
      );
    }
    const count = checkSizes(shape.shape, {
      format: "raw",
      offset: 0,
      ...(options.maxElements === undefined ? {} : { maxElements: options.maxElements }),
    });
    const wanted = offset + count * bytesOf[shape.type];
    if (bytes.length > wanted) {
      throw new FormatError(
        `Cannot read a raw file of shape [${shape.shape.join(", ")}] and type ${shape.type}: found ${bytes.length} bytes, wanted ${wanted}`,
        { format: "raw", kind: "mismatch", offset: wanted },
      );
    }
    const data = readElements(bytes, {
      format: "raw",
      type: shape.type,
      count,
      offset,
      littleEndian,
    });
    const stored: Stored = {
      data,
      type: shape.type,
      shape: shape.shape,
      components: 1,
      kind: "scalar",
      slope,
      intercept,
    };
    const image = makeImage(await valuesOfElements(stored, axes, options), shape.shape, {
      axes,
      unit: options.unit ?? "arbitrary",
      ...(shape.spacing === undefined ? {} : { spacing: shape.spacing }),
    });
    return {
      format: "raw",
      images: [{ name: "", image, stored, notes: [], facts: {} }],
      notes: [],
      header: {},
    };
  },
  write(image, options) {
    return Promise.resolve().then(() => {
      const elements = elementsToWrite(image, { ...options, isPlanar: () => true }, raw);
      return {
        files: [{ name: options.fileName, bytes: writeElements(elements.data).slice() }],
        lost: [
          ...elements.lost,
          `sizes [${image.shape.join(", ")}], axes and type ${elements.type} (little-endian): state them when reading`,
        ],
        readAs: { raw: { shape: image.shape, axes: image.axes, type: elements.type } },
      };
    });
  },
};
