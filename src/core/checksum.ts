/**
 * SHA-256 of bytes [nist2015sha], wherever the package runs: what is kept carries one, so that a changed
 * byte is noticed before it becomes a number.
 */

/** Cube roots of the first 64 primes: 32 bits after the point. */
const constants = wordsOf(firstPrimes(64), Math.cbrt);

/** Square roots of the first 8 primes: 32 bits after the point. */
const initial = wordsOf(firstPrimes(8), Math.sqrt);

function firstPrimes(count: number): number[] {
  const primes: number[] = [];
  for (let n = 2; primes.length < count; n++) {
    if (primes.every((p) => n % p !== 0)) primes.push(n);
  }
  return primes;
}

/**
 * The first 32 bits after the point of each root: exact, since a double has 52 bits after its first and
 * the roots are below 8. Signed, because the engine adds signed words without leaving integers.
 */
function wordsOf(primes: readonly number[], root: (p: number) => number): Int32Array {
  return Int32Array.from(primes, (p) => Math.floor((root(p) % 1) * 2 ** 32) | 0);
}

const blockBytes = 64;

interface NativeCrypto {
  createHash(name: string): { update(bytes: Uint8Array): { digest(form: "hex"): string } };
}

/** Node's own, ten times as fast; asked for at run time, so that bundlers for browsers meet no import. */
const native = (
  globalThis.process as { getBuiltinModule?: (name: string) => unknown } | undefined
)?.getBuiltinModule?.("node:crypto") as NativeCrypto | undefined;

/** Hash of some bytes or of a text in UTF-8, as 64 hexadecimal digits. */
export function sha256(content: Uint8Array | string): string {
  const bytes = typeof content === "string" ? new TextEncoder().encode(content) : content;
  return native === undefined
    ? sha256InScript(bytes)
    : native.createHash("sha256").update(bytes).digest("hex");
}

/** The same hash where the platform has none to lend. */
export function sha256InScript(content: Uint8Array | string): string {
  const bytes = typeof content === "string" ? new TextEncoder().encode(content) : content;
  const hash = initial.slice();
  const schedule = new Int32Array(64);
  const whole = bytes.length - (bytes.length % blockBytes);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let start = 0; start < whole; start += blockBytes) digest(hash, schedule, { view, start });
  // The rest, a one bit, zeros, and the length in bits as the last eight bytes of a block.
  const rest = bytes.length - whole;
  const tail = new DataView(new ArrayBuffer(rest + 9 > blockBytes ? 2 * blockBytes : blockBytes));
  new Uint8Array(tail.buffer).set(bytes.subarray(whole));
  tail.setUint8(rest, 0x80);
  tail.setBigUint64(tail.byteLength - 8, BigInt(bytes.length) * 8n);
  for (let start = 0; start < tail.byteLength; start += blockBytes) {
    digest(hash, schedule, { view: tail, start });
  }
  return Array.from(hash, (word) => (word >>> 0).toString(16).padStart(8, "0")).join("");
}

/** One block of 64 bytes into the hash; section 6.2.2 of the standard. */
function digest(
  hash: Int32Array,
  w: Int32Array,
  { view, start }: { view: DataView; start: number },
): void {
  for (let t = 0; t < 16; t++) w[t] = view.getInt32(start + 4 * t);
  for (let t = 16; t < 64; t++) {
    const x = w[t - 15]!;
    const y = w[t - 2]!;
    const s0 = ((x >>> 7) | (x << 25)) ^ ((x >>> 18) | (x << 14)) ^ (x >>> 3);
    const s1 = ((y >>> 17) | (y << 15)) ^ ((y >>> 19) | (y << 13)) ^ (y >>> 10);
    w[t] = (w[t - 16]! + s0 + w[t - 7]! + s1) | 0;
  }
  let a = hash[0]!;
  let b = hash[1]!;
  let c = hash[2]!;
  let d = hash[3]!;
  let e = hash[4]!;
  let f = hash[5]!;
  let g = hash[6]!;
  let h = hash[7]!;
  for (let t = 0; t < 64; t++) {
    const s1 = ((e >>> 6) | (e << 26)) ^ ((e >>> 11) | (e << 21)) ^ ((e >>> 25) | (e << 7));
    const t1 = (h + s1 + ((e & f) ^ (~e & g)) + constants[t]! + w[t]!) | 0;
    const s0 = ((a >>> 2) | (a << 30)) ^ ((a >>> 13) | (a << 19)) ^ ((a >>> 22) | (a << 10));
    const t2 = (s0 + ((a & b) ^ (a & c) ^ (b & c))) | 0;
    h = g;
    g = f;
    f = e;
    e = (d + t1) | 0;
    d = c;
    c = b;
    b = a;
    a = (t1 + t2) | 0;
  }
  hash[0]! += a;
  hash[1]! += b;
  hash[2]! += c;
  hash[3]! += d;
  hash[4]! += e;
  hash[5]! += f;
  hash[6]! += g;
  hash[7]! += h;
}
