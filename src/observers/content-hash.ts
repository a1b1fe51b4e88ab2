/** Finding equal images among sets without comparing all pairs. */
import type { Cases } from "./cases.ts";
import { caseAt } from "./cases.ts";

/** 53-bit FNV-1a style hash of the values' bytes. Equal images have equal hashes; the converse is checked. */
export function contentHash(values: Float32Array): number {
  const words = new Uint32Array(values.buffer, values.byteOffset, values.length);
  let a = 0x811c9dc5;
  let b = 0x9e3779b9;
  for (let i = 0; i < words.length; i++) {
    a = Math.imul(a ^ words[i]!, 0x01000193);
    b = Math.imul(b ^ words[i]! ^ (a >>> 15), 0x85ebca6b);
  }
  return (a >>> 0) * 0x200000 + ((b >>> 0) & 0x1fffff);
}

const equal = (a: Float32Array, b: Float32Array): boolean => a.every((v, i) => Object.is(v, b[i]));

/** Names of pairs of equal images, one from each set. */
export function sharedCases(a: Cases, b: Cases): { readonly a: string; readonly b: string }[] {
  const byHash = new Map<number, number[]>();
  for (let i = 0; i < a.count; i++) {
    const h = contentHash(caseAt(a, i));
    byHash.set(h, [...(byHash.get(h) ?? []), i]);
  }
  const out: { a: string; b: string }[] = [];
  for (let j = 0; j < b.count; j++) {
    const own = caseAt(b, j);
    for (const i of byHash.get(contentHash(own)) ?? []) {
      if (equal(caseAt(a, i), own)) out.push({ a: a.ids[i]!, b: b.ids[j]! });
    }
  }
  return out;
}
