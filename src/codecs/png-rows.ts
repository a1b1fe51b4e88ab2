/** Rows of PNG pixel data [iso2004png]: passes of interlacing, filters, and samples of any depth. */
import { FormatError } from "../core/errors.ts";

type Kind = "truncated" | "corrupt" | "unsupported" | "mismatch";

export function pngFail(message: string, kind: Kind, offset: number): never {
  throw new FormatError(message, { format: "png", kind, offset });
}

export interface PngHeader {
  readonly width: number;
  readonly height: number;
  readonly depth: number;
  readonly colourType: number;
  readonly interlaced: boolean;
}

export const samplesOf: Readonly<Record<number, number>> = { 0: 1, 2: 3, 3: 1, 4: 2, 6: 4 };
/** Start and step of the seven passes of Adam7 along x and y. */
const passes = [
  [0, 8, 0, 8],
  [4, 8, 0, 8],
  [0, 4, 4, 8],
  [2, 4, 0, 4],
  [0, 2, 2, 4],
  [1, 2, 0, 2],
  [0, 1, 1, 2],
] as const;

interface Pass {
  readonly x0: number;
  readonly dx: number;
  readonly y0: number;
  readonly dy: number;
  readonly columns: number;
  readonly rows: number;
  readonly rowBytes: number;
}

export function passesOf(header: PngHeader): Pass[] {
  const bits = samplesOf[header.colourType]! * header.depth;
  const list = header.interlaced ? passes : ([[0, 1, 0, 1]] as const);
  return list
    .map(([x0, dx, y0, dy]) => {
      const columns = Math.max(0, Math.ceil((header.width - x0) / dx));
      const rows = Math.max(0, Math.ceil((header.height - y0) / dy));
      return { x0, dx, y0, dy, columns, rows, rowBytes: Math.ceil((columns * bits) / 8) };
    })
    .filter((p) => p.columns > 0 && p.rows > 0);
}

/** Undoes the row filters of one pass in place; `at` is the first filter byte. */
function unfilter(data: Uint8Array, at: number, pass: Pass, pixelBytes: number): void {
  const { rows, rowBytes } = pass;
  for (let row = 0; row < rows; row++) {
    const start = at + row * (rowBytes + 1) + 1;
    const filter = data[start - 1]!;
    const above = row === 0 ? -1 : start - rowBytes - 1;
    if (filter > 4) {
      pngFail(
        `Cannot read PNG rows: found filter type ${filter} in row ${row}, wanted 0 to 4`,
        "corrupt",
        0,
      );
    }
    if (filter === 0) continue;
    for (let i = 0; i < rowBytes; i++) {
      const left = i >= pixelBytes ? data[start + i - pixelBytes]! : 0;
      const up = above < 0 ? 0 : data[above + i]!;
      let guess = left;
      if (filter === 2) guess = up;
      else if (filter === 3) guess = (left + up) >> 1;
      else if (filter === 4) {
        const corner = above < 0 || i < pixelBytes ? 0 : data[above + i - pixelBytes]!;
        guess = paeth(left, up, corner);
      }
      data[start + i] = (data[start + i]! + guess) & 255;
    }
  }
}

function paeth(left: number, up: number, corner: number): number {
  const p = left + up - corner;
  const [a, b, c] = [Math.abs(p - left), Math.abs(p - up), Math.abs(p - corner)];
  if (a <= b && a <= c) return left;
  return b <= c ? up : corner;
}

/** Samples of all passes at their places, one array entry each. */
export function samples(data: Uint8Array, header: PngHeader): Uint8Array | Uint16Array {
  const count = samplesOf[header.colourType]!;
  const { width, height, depth } = header;
  const out = new (depth === 16 ? Uint16Array : Uint8Array)(width * height * count);
  const pixelBytes = Math.max(1, (count * depth) >> 3);
  const mask = (1 << Math.min(depth, 8)) - 1;
  let at = 0;
  for (const pass of passesOf(header)) {
    unfilter(data, at, pass, pixelBytes);
    for (let row = 0; row < pass.rows; row++) {
      const start = at + row * (pass.rowBytes + 1) + 1;
      const y = pass.y0 + row * pass.dy;
      for (let column = 0; column < pass.columns; column++) {
        const to = (y * width + pass.x0 + column * pass.dx) * count;
        for (let c = 0; c < count; c++) {
          const s = column * count + c;
          if (depth === 8) out[to + c] = data[start + s]!;
          else if (depth === 16) {
            out[to + c] = 256 * data[start + 2 * s]! + data[start + 2 * s + 1]!;
          } else {
            const bit = s * depth;
            out[to + c] = (data[start + (bit >> 3)]! >> (8 - depth - (bit & 7))) & mask;
          }
        }
      }
    }
    at += pass.rows * (pass.rowBytes + 1);
  }
  return out;
}

/** Rows with the filter (none, up or Paeth) of the smallest sum of absolute differences each. */
export function filterRows(
  raw: Uint8Array,
  sizes: { height: number; rowBytes: number; pixelBytes: number },
): Uint8Array {
  const { height, rowBytes, pixelBytes } = sizes;
  const out = new Uint8Array(height * (rowBytes + 1));
  const tried = [0, 2, 4].map((filter) => ({ filter, row: new Uint8Array(rowBytes) }));
  for (let y = 0; y < height; y++) {
    let best = { filter: 0, row: tried[0]!.row, cost: Infinity };
    for (const { filter, row } of tried) {
      let cost = 0;
      for (let i = 0; i < rowBytes; i++) {
        const at = y * rowBytes + i;
        const up = y > 0 ? raw[at - rowBytes]! : 0;
        const left = i >= pixelBytes ? raw[at - pixelBytes]! : 0;
        const corner = y > 0 && i >= pixelBytes ? raw[at - rowBytes - pixelBytes]! : 0;
        const guess = filter === 0 ? 0 : filter === 2 ? up : paeth(left, up, corner);
        const d = (raw[at]! - guess) & 255;
        row[i] = d;
        cost += d < 128 ? d : 256 - d;
      }
      if (cost < best.cost) best = { filter, row, cost };
    }
    out[y * (rowBytes + 1)] = best.filter;
    out.set(best.row, y * (rowBytes + 1) + 1);
  }
  return out;
}
