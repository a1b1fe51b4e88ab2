/** Planes of images as they come from whoever holds them: several at a time, the latest used stay. */
import { bytesPerValue } from "../../src/workflows/view/plane-encoding.ts";
import type { ImageDocument } from "../../src/workflows/view/documents.ts";
import type { Backend } from "../backend.ts";

export interface Plane {
  /** Names image and plane. */
  readonly key: string;
  readonly values: Int16Array | Float32Array;
  readonly rows: number;
  readonly columns: number;
}

/** Bytes that are asked for at once, and that are kept. */
const [askedBytes, keptBytes] = [4 * 2 ** 20, 384 * 2 ** 20];

export interface PlaneStore {
  /** A plane that is there already. */
  get(image: ImageDocument, index: number): Plane | undefined;
  /** @throws Error of the backend */
  load(image: ImageDocument, index: number): Promise<Plane>;
}

export function planeStore(backend: Pick<Backend, "planes">): PlaneStore {
  const kept = new Map<string, Plane>();
  const asked = new Map<string, Promise<void>>();
  let bytes = 0;
  const keyOf = (image: ImageDocument, index: number) => `${image.id}/${index}`;

  function keep(plane: Plane): void {
    bytes += plane.values.byteLength;
    kept.set(plane.key, plane);
    while (bytes > keptBytes && kept.size > 1) {
      const [key, oldest] = kept.entries().next().value!;
      kept.delete(key);
      bytes -= oldest.values.byteLength;
    }
  }

  async function fetchChunk(image: ImageDocument, from: number, count: number): Promise<void> {
    const buffer = await backend.planes(image.id, { from, count });
    const { rows, columns, type } = image;
    const size = rows * columns;
    for (let k = 0; k < count; k++) {
      const offset = k * size * bytesPerValue[type];
      // A copy: a part of a larger buffer would keep all of it.
      const part = buffer.slice(offset, offset + size * bytesPerValue[type]);
      const values = type === "int16" ? new Int16Array(part) : new Float32Array(part);
      const key = keyOf(image, from + k);
      if (!kept.has(key)) keep({ key, values, rows, columns });
    }
  }

  function get(image: ImageDocument, index: number): Plane | undefined {
    const key = keyOf(image, index);
    const plane = kept.get(key);
    if (plane !== undefined) {
      kept.delete(key);
      kept.set(key, plane);
    }
    return plane;
  }

  return {
    get,
    async load(image, index) {
      const size = image.rows * image.columns * bytesPerValue[image.type];
      const chunk = Math.max(1, Math.floor(askedBytes / size));
      const from = Math.floor(index / chunk) * chunk;
      const count = Math.min(chunk, image.planes - from);
      const name = keyOf(image, from);
      for (;;) {
        const plane = get(image, index);
        if (plane !== undefined) return plane;
        const pending =
          asked.get(name) ?? fetchChunk(image, from, count).finally(() => void asked.delete(name));
        asked.set(name, pending);
        await pending;
      }
    },
  };
}
