/**
 * JPEG in [wallace1992jpeg]: sequential and progressive, 8 or 12 bits, grey or colour. Only read: the
 * loss of writing it has no place in a measurement.
 *
 * Values differ from those of other decoders by at most the rounding of the inverse transform and,
 * for subsampled colour, by their interpolation.
 */
import { type Axes, makeImage } from "../core/image.ts";
import { checkSizes, toFloat32 } from "../codecs/elements.ts";
import type { Stored } from "../core/stored.ts";
import { checksumText } from "./checksum-text.ts";
import type { Decoded, Facts, Format, ReadOptions } from "./format.ts";
import { jpegFail } from "../codecs/jpeg-entropy.ts";
import { jpegSamples } from "../codecs/jpeg-samples.ts";
import { type JpegStream, readJpegStream } from "../codecs/jpeg-scan.ts";

/** Application segments and comments, which no reader of images looks at. */
function factsOf(stream: JpegStream): Facts {
  return Object.fromEntries(
    stream.passed.map(({ marker, bytes }, i) => [
      marker === 0xfe ? `JPEG comment ${i + 1}` : `JPEG segment ${i + 1}`,
      `${marker === 0xfe ? "text" : `APP${marker - 0xe0}`}, ${bytes.length} bytes, ${checksumText(bytes)}`,
    ]),
  );
}

function read(bytes: Uint8Array, options: ReadOptions = {}): Promise<Decoded> {
  return Promise.resolve().then(() => {
    if (bytes.length < 4)
      jpegFail(
        `Cannot read a JPEG: found ${bytes.length} bytes, wanted a code stream`,
        "truncated",
        bytes.length,
      );
    if (bytes[0] !== 0xff || bytes[1] !== 0xd8)
      jpegFail("Cannot read a JPEG: found other first bytes, wanted FF D8", "corrupt", 0);
    const limit = options.maxElements === undefined ? {} : { maxElements: options.maxElements };
    const stream = readJpegStream(bytes, (width, height, components, offset) => {
      checkSizes([height, width, components], { format: "jpeg", offset, ...limit });
    });
    const { frame } = stream;
    const components = frame.components.length;
    const shape = [frame.height, frame.width];
    const stored: Stored = {
      data: jpegSamples(stream),
      type: frame.precision === 8 ? "uint8" : "uint16",
      shape,
      components,
      kind: components === 3 ? "rgb" : "scalar",
      slope: 1,
      intercept: 0,
      ...(frame.precision === 12 ? { bits: 12 } : {}),
    };
    const axes: Axes = components === 3 ? "cyx" : "yx";
    const notes = ["lossy compression has changed the noise of this image"];
    if (stream.stray > 0) notes.push(`${stream.stray} bytes behind the scans belong to nothing`);
    const image = makeImage(toFloat32(stored, axes), components === 3 ? [3, ...shape] : shape, {
      axes,
      unit: options.unit ?? "arbitrary",
    });
    return {
      format: "jpeg",
      images: [{ name: "", image, stored, notes, facts: factsOf(stream) }],
      notes: [],
      header: {
        width: frame.width,
        height: frame.height,
        bits: frame.precision,
        components,
        progressive: frame.progressive,
      },
    };
  });
}

export const jpeg: Format = {
  name: "jpeg",
  title: "JPEG",
  summary: "Lossy planar images; only read",
  extensions: [".jpg", ".jpeg"],
  holds: {
    types: ["uint8", "uint16"],
    axes: ["yx", "cyx"],
    kinds: ["scalar", "rgb"],
    geometry: "none",
    timeStep: false,
    scaling: false,
    unit: false,
  },
  sniff: (bytes) =>
    bytes.length >= 3 && bytes[0] === 0xff && bytes[1] === 0xd8 && bytes[2] === 0xff,
  read,
};
