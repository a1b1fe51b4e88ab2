/** Scans as bytes of a file that any reader of safetensors opens. */
import { FormatError } from "../../core/errors.ts";
import { decodeTensors, encodeTensors, type NamedArray } from "../../learn/tensor-file.ts";
import type { Scan } from "./scan.ts";

const arrayNames = ["noisy", "clean", "again", "labels"] as const;

/** @param key all that decides its numbers */
export function encodeScan(scan: Scan, key: string): Uint8Array {
  const { shape, noisy: _n, clean: _c, again: _a, labels: _l, ...rest } = scan;
  const arrays: Record<string, NamedArray> = {};
  for (const name of arrayNames) {
    const data = scan[name];
    if (data !== undefined) arrays[name] = { shape, data };
  }
  return encodeTensors({ arrays, metadata: { dprime: "scan", key, scan: JSON.stringify(rest) } });
}

/** @throws FormatError on bytes that are damaged, or of another scan */
export function decodeScan(bytes: Uint8Array, key: string): Scan {
  const { arrays, metadata } = decodeTensors(bytes, { own: true });
  const first = arrays["clean"] ?? arrays["noisy"];
  if (metadata["key"] !== key || first === undefined) {
    throw new FormatError("Cannot read a scan: found a file of another scan", {
      format: "safetensors",
      kind: "corrupt",
      offset: 8,
    });
  }
  const rest = JSON.parse(metadata["scan"] ?? "{}") as Omit<Scan, (typeof arrayNames)[number]>;
  const [nz = 1, ny = 1, nx = 1] = first.shape;
  const data = Object.fromEntries(
    Object.entries(arrays).map(([name, array]) => [name, array.data]),
  );
  return { ...rest, ...data, shape: [nz, ny, nx] };
}
