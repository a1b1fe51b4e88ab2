/** Code streams without their comments, application segments that no decoder needs, and what stands behind them. */

export interface PlainCodeStream {
  readonly bytes: Uint8Array;
  /** Whether comments or application segments held anything. */
  readonly comments: boolean;
  /** Whether there was anything but padding behind the end. */
  readonly behind: boolean;
}

/** Application segments by which decoders tell colours: JFIF, JPEG-LS's colour transform, Adobe. */
const neededSegments = new Set([0xe0, 0xe8, 0xee]);

/**
 * @param bytes a sound stream from its first marker on
 * @param family JPEG and JPEG-LS, or JPEG 2000 with its high-throughput form
 */
export function withoutComments(bytes: Uint8Array, family: "jpeg" | "jpeg-2000"): PlainCodeStream {
  const out = bytes.slice();
  let comments = false;
  let end = 0;
  let at = 2;
  const clear = (from: number, to: number) => {
    if (out.subarray(from, to).some((byte) => byte !== 0 && byte !== 0x20)) comments = true;
    out.fill(0x20, from, to);
  };
  while (at + 2 <= out.length) {
    if (out[at] !== 0xff) {
      // Coded data: a marker follows where FF is not followed by a stuffing byte.
      at = nextMarker(out, at, family);
      continue;
    }
    const marker = out[at + 1]!;
    if (marker === 0xff) {
      at++;
      continue;
    }
    if (marker === 0xd9) {
      end = at + 2;
      break;
    }
    const bare =
      family === "jpeg"
        ? marker === 0x01 || (marker >= 0xd0 && marker <= 0xd8)
        : marker === 0x93 || marker === 0x92 || (marker >= 0x30 && marker <= 0x3f);
    if (bare) {
      at += 2;
      if (family === "jpeg-2000" && marker === 0x93) at = nextMarker(out, at, family);
      continue;
    }
    const length = out[at + 2]! * 256 + out[at + 3]!;
    if (!(length >= 2)) break;
    const [from, to] = [at + 4, at + 2 + length];
    if (family === "jpeg") {
      const application = marker >= 0xe0 && marker <= 0xef;
      if (marker === 0xfe || (application && !neededSegments.has(marker))) clear(from, to);
      // JFIF has a thumbnail, Adobe nothing, behind what is read of them.
      else if (marker === 0xe0 && length > 16) clear(at + 18, to);
    } else if (marker === 0x64) clear(from + 2, to);
    at = to;
    if (family === "jpeg" && marker === 0xda) at = nextMarker(out, at, family);
  }
  if (end === 0) return { bytes: out, comments, behind: false };
  const rest = out.subarray(end);
  const behind = rest.some((byte) => byte !== 0 && byte !== 0xff);
  return { bytes: out.slice(0, end), comments, behind };
}

/** Place of the next marker from within coded data; the end where there is none. */
function nextMarker(bytes: Uint8Array, from: number, family: "jpeg" | "jpeg-2000"): number {
  for (let at = from; at + 1 < bytes.length; at++) {
    if (bytes[at] !== 0xff) continue;
    const next = bytes[at + 1]!;
    // JPEG stuffs a zero, JPEG-LS a zero bit; JPEG 2000 keeps bytes from 90 on for markers.
    const marker =
      family === "jpeg" ? next >= 0x80 && next !== 0xff : next >= 0x90 && next !== 0xff;
    const restart = family === "jpeg" && next >= 0xd0 && next <= 0xd7;
    if (marker && !restart) return at;
  }
  return bytes.length;
}
