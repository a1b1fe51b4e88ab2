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
import { type Component, type Frame, jpegFail } from "../codecs/jpeg-entropy.ts";
import { type JpegStream, readJpegStream } from "../codecs/jpeg-scan.ts";

/** cos((2x + 1) u π / 16) · c(u) / 2 for the separable inverse transform, [x][u]. */
const basis = (() => {
  const table = new Float64Array(64);
  for (let x = 0; x < 8; x++) {
    for (let u = 0; u < 8; u++) {
      table[8 * x + u] =
        (Math.cos(((2 * x + 1) * u * Math.PI) / 16) * (u === 0 ? Math.SQRT1_2 : 1)) / 2;
    }
  }
  return table;
})();

/** Samples of a component, `stride · 8` wide, clipped to the precision. */
function planeOf(component: Component, quantisation: Uint16Array, precision: number): Float32Array {
  const { stride, height, coefficients } = component;
  const width = 8 * stride;
  const plane = new Float32Array(width * 8 * height);
  const rows = new Float64Array(64);
  const middle = 2 ** (precision - 1);
  const top = 2 ** precision - 1;
  for (let by = 0; by < height; by++) {
    for (let bx = 0; bx < stride; bx++) {
      const at = (by * stride + bx) * 64;
      // Rows first; a row of zeros stays one.
      for (let v = 0; v < 8; v++) {
        let any = 0;
        for (let u = 1; u < 8; u++) any |= coefficients[at + 8 * v + u]!;
        const first = coefficients[at + 8 * v]! * quantisation[8 * v]! * basis[0]!;
        if (any === 0) {
          rows.fill(first, 8 * v, 8 * v + 8);
          continue;
        }
        for (let x = 0; x < 8; x++) {
          let sum = first;
          for (let u = 1; u < 8; u++) {
            sum += coefficients[at + 8 * v + u]! * quantisation[8 * v + u]! * basis[8 * x + u]!;
          }
          rows[8 * v + x] = sum;
        }
      }
      for (let x = 0; x < 8; x++) {
        for (let y = 0; y < 8; y++) {
          let sum = 0;
          for (let v = 0; v < 8; v++) sum += rows[8 * v + x]! * basis[8 * y + v]!;
          const value = Math.round(sum + middle);
          plane[(8 * by + y) * width + 8 * bx + x] = value < 0 ? 0 : value > top ? top : value;
        }
      }
    }
  }
  return plane;
}

/**
 * A component at full size: linear interpolation between sample centres, the edge repeated. A factor
 * of two gives the weights 3/4 and 1/4 of the usual decoders.
 */
function enlarged(plane: Float32Array, component: Component, frame: Frame): Float32Array {
  const { width, height, hMax, vMax } = frame;
  const stride = 8 * component.stride;
  const [fx, fy] = [hMax / component.h, vMax / component.v];
  const columns = Math.ceil(width / fx);
  const rows = Math.ceil(height / fy);
  const out = new Float32Array(width * height);
  for (let y = 0; y < height; y++) {
    const sy = fy === 1 ? y : Math.min(Math.max((y + 0.5) / fy - 0.5, 0), rows - 1);
    const y0 = Math.floor(sy);
    const y1 = Math.min(y0 + 1, rows - 1);
    const wy = sy - y0;
    for (let x = 0; x < width; x++) {
      if (fx === 1 && fy === 1) {
        out[y * width + x] = plane[y * stride + x]!;
        continue;
      }
      const sx = fx === 1 ? x : Math.min(Math.max((x + 0.5) / fx - 0.5, 0), columns - 1);
      const x0 = Math.floor(sx);
      const x1 = Math.min(x0 + 1, columns - 1);
      const wx = sx - x0;
      const above = plane[y0 * stride + x0]! * (1 - wx) + plane[y0 * stride + x1]! * wx;
      const below = plane[y1 * stride + x0]! * (1 - wx) + plane[y1 * stride + x1]! * wx;
      out[y * width + x] = above * (1 - wy) + below * wy;
    }
  }
  return out;
}

/** Interleaved samples in RGB, or the grey plane. */
function pixels(stream: JpegStream, planes: readonly Float32Array[]): Uint8Array | Uint16Array {
  const { frame, adobe, jfif } = stream;
  const n = frame.width * frame.height;
  const out = new (frame.precision === 8 ? Uint8Array : Uint16Array)(n * planes.length);
  if (planes.length === 1) {
    out.set(planes[0]!);
    return out;
  }
  const ids = String.fromCharCode(...frame.components.map((c) => c.id));
  const rgb = adobe === undefined ? !jfif && ids === "RGB" : adobe === 0;
  const [a, b, c] = planes as [Float32Array, Float32Array, Float32Array];
  const middle = 2 ** (frame.precision - 1);
  const top = 2 ** frame.precision - 1;
  const clip = (v: number) => (v < 0 ? 0 : v > top ? top : Math.round(v));
  for (let i = 0; i < n; i++) {
    const [y, cb, cr] = [a[i]!, b[i]! - middle, c[i]! - middle];
    out[3 * i] = rgb ? clip(a[i]!) : clip(y + 1.402 * cr);
    out[3 * i + 1] = rgb ? clip(b[i]!) : clip(y - 0.344136286 * cb - 0.714136286 * cr);
    out[3 * i + 2] = rgb ? clip(c[i]!) : clip(y + 1.772 * cb);
  }
  return out;
}

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
    const planes = frame.components.map((c, i) =>
      enlarged(planeOf(c, stream.quantisation[i]!, frame.precision), c, frame),
    );
    const components = planes.length;
    const shape = [frame.height, frame.width];
    const stored: Stored = {
      data: pixels(stream, planes),
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
