/** The CRC of PNG, gzip and zip (polynomial 0xEDB88320, reflected). */
const tables = (() => {
  const all = Array.from({ length: 4 }, () => new Uint32Array(256));
  for (let n = 0; n < 256; n++) {
    let c = n;
    for (let k = 0; k < 8; k++) c = c & 1 ? 0xedb88320 ^ (c >>> 1) : c >>> 1;
    all[0]![n] = c >>> 0;
  }
  for (let n = 0; n < 256; n++) {
    for (let t = 1; t < 4; t++) {
      const before = all[t - 1]![n]!;
      all[t]![n] = (all[0]![before & 255]! ^ (before >>> 8)) >>> 0;
    }
  }
  return all as [Uint32Array, Uint32Array, Uint32Array, Uint32Array];
})();

/** CRC-32 of bytes as an unsigned number; four bytes a step. */
export function crc32(bytes: Uint8Array): number {
  const [t0, t1, t2, t3] = tables;
  let c = 0xffffffff;
  let i = 0;
  for (; i + 4 <= bytes.length; i += 4) {
    c ^= bytes[i]! | (bytes[i + 1]! << 8) | (bytes[i + 2]! << 16) | (bytes[i + 3]! << 24);
    c = t3[c & 255]! ^ t2[(c >>> 8) & 255]! ^ t1[(c >>> 16) & 255]! ^ t0[(c >>> 24) & 255]!;
  }
  for (; i < bytes.length; i++) c = t0[(c ^ bytes[i]!) & 255]! ^ (c >>> 8);
  return (c ^ 0xffffffff) >>> 0;
}
