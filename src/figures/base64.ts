const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/** Bytes as base64 text; the same in Node and in browsers. */
export function bytesToBase64(bytes: Uint8Array): string {
  const out: string[] = [];
  for (let i = 0; i < bytes.length; i += 3) {
    const word = (bytes[i]! << 16) | ((bytes[i + 1] ?? 0) << 8) | (bytes[i + 2] ?? 0);
    out.push(
      letters[(word >> 18) & 63]!,
      letters[(word >> 12) & 63]!,
      i + 1 < bytes.length ? letters[(word >> 6) & 63]! : "=",
      i + 2 < bytes.length ? letters[word & 63]! : "=",
    );
  }
  return out.join("");
}
