/** Samples of a JPEG from its coefficients: inverse transform, enlargement of subsampled colour, RGB. */
import type { Component, Frame } from "./jpeg-entropy.ts";
import type { JpegStream } from "./jpeg-scan.ts";

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

/** Interleaved samples of a stream in RGB, or its grey plane. */
export function jpegSamples(stream: JpegStream): Uint8Array | Uint16Array {
  const { frame, adobe, jfif } = stream;
  const planes = frame.components.map((component, i) =>
    enlarged(planeOf(component, stream.quantisation[i]!, frame.precision), component, frame),
  );
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
