/** Arrays of numbers as the bytes of a blob (little-endian, as every machine that runs this is). */
export const bytesOf = (array: Float32Array | Float64Array): Uint8Array =>
  new Uint8Array(array.buffer, array.byteOffset, array.byteLength);

/** A copy, since the bytes of a blob need not be aligned. */
export const float32Of = (bytes: Uint8Array): Float32Array =>
  new Float32Array(new Uint8Array(bytes).buffer);

export const float64Of = (bytes: Uint8Array): Float64Array =>
  new Float64Array(new Uint8Array(bytes).buffer);
