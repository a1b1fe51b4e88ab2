/**
 * Headers of compressed frames, read before a codec sees them: sizes must agree with the data set and
 * the stream must reach its end, because the codecs fill what is missing without a word.
 */
import { dicomError } from "./failure.ts";

export interface CodestreamHeader {
  readonly rows: number;
  readonly columns: number;
  readonly components: number;
  /** Bits of a sample. */
  readonly precision: number;
  readonly signed: boolean;
  /** Byte at which the code stream begins, behind boxes around it. */
  readonly start: number;
  /** JPEG family: the components stand in scans of their own. */
  readonly separateScans?: boolean;
  /** JPEG: a JFIF or Adobe segment says that the components are luma and chroma. */
  readonly chroma?: boolean;
}

function cut(what: string, offset: number): never {
  throw dicomError(
    "truncated",
    offset,
    `Cannot decode ${what}: found the end of the frame, wanted the end of the code stream`,
  );
}

/** Header of a JPEG or JPEG-LS stream. @throws FormatError also when its end marker is missing */
export function jpegHeader(bytes: Uint8Array, offset: number): CodestreamHeader {
  if (bytes.length < 4) cut("JPEG", offset + bytes.length);
  if (bytes[0] !== 0xff || bytes[1] !== 0xd8) {
    throw dicomError(
      "corrupt",
      offset,
      "Cannot decode JPEG: found no start of image, wanted FF D8",
    );
  }
  let at = 2;
  let header: CodestreamHeader | undefined;
  let chroma = false;
  while (at + 4 <= bytes.length) {
    if (bytes[at] !== 0xff) {
      throw dicomError(
        "corrupt",
        offset + at,
        `Cannot decode JPEG: found byte ${bytes[at]}, wanted a marker`,
      );
    }
    const marker = bytes[at + 1]!;
    if (marker === 0xff) {
      at++;
      continue;
    }
    if (marker === 0x01 || (marker >= 0xd0 && marker <= 0xd8)) {
      at += 2;
      continue;
    }
    if (marker === 0xd9) break;
    const length = bytes[at + 2]! * 256 + bytes[at + 3]!;
    if (length < 2)
      throw dicomError(
        "corrupt",
        offset + at,
        `Cannot decode JPEG: found a segment of ${length} bytes, wanted at least 2`,
      );
    if (at + 2 + length > bytes.length) cut("JPEG", offset + bytes.length);
    const says = (name: string) =>
      String.fromCharCode(...bytes.subarray(at + 4, at + 4 + name.length)) === name;
    if (marker === 0xe0 && length >= 7 && says("JFIF")) chroma = true;
    if (marker === 0xee && length >= 14 && says("Adobe")) chroma ||= bytes[at + 15] === 1;
    const frame = marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker);
    if ((frame || marker === 0xf7) && !header) {
      if (length < 8)
        throw dicomError(
          "corrupt",
          offset + at,
          "Cannot decode JPEG: found a short frame header, wanted 8 bytes",
        );
      header = {
        precision: bytes[at + 4]!,
        rows: bytes[at + 5]! * 256 + bytes[at + 6]!,
        columns: bytes[at + 7]! * 256 + bytes[at + 8]!,
        components: bytes[at + 9]!,
        signed: false,
        start: 0,
      };
    }
    if (marker === 0xda && header) {
      const scanned = length > 2 ? bytes[at + 4]! : 0;
      header = { ...header, separateScans: scanned < header.components, chroma };
    }
    at += 2 + length;
    if (marker === 0xda) break;
  }
  if (!header)
    throw dicomError(
      "corrupt",
      offset + at,
      "Cannot decode JPEG: found no frame header, wanted one before the scan",
    );
  if (!endsWithMarker(bytes, 0xd9)) cut("JPEG", offset + bytes.length);
  return header;
}

/** Whether FF `code` stands at the end, before padding of zeros or FF, or one byte of anything. */
function endsWithMarker(bytes: Uint8Array, code: number): boolean {
  let at = bytes.length - 1;
  // Some writers make a length even with whatever byte is at hand.
  if (at >= 3 && at % 2 === 1 && bytes[at - 1] === code && bytes[at - 2] === 0xff) return true;
  while (at > 1 && (bytes[at] === 0 || bytes[at] === 0xff)) at--;
  return at >= 1 && bytes[at] === code && bytes[at - 1] === 0xff;
}

/** Header of a JPEG 2000 code stream, bare or inside JP2 boxes. @throws FormatError also when tile parts are cut */
export function jpeg2000Header(bytes: Uint8Array, offset: number): CodestreamHeader {
  const start = codestreamStart(bytes, offset);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const need = (end: number) => {
    if (end > bytes.length) cut("JPEG 2000", offset + bytes.length);
  };
  need(start + 44);
  if (view.getUint16(start) !== 0xff4f || view.getUint16(start + 2) !== 0xff51) {
    throw dicomError(
      "corrupt",
      offset + start,
      "Cannot decode JPEG 2000: found no image size segment, wanted FF 4F FF 51",
    );
  }
  const siz = start + 4;
  const header = {
    columns: view.getUint32(siz + 4) - view.getUint32(siz + 12),
    rows: view.getUint32(siz + 8) - view.getUint32(siz + 16),
    components: view.getUint16(siz + 36),
    precision: (bytes[siz + 38]! & 0x7f) + 1,
    signed: (bytes[siz + 38]! & 0x80) !== 0,
    start,
  };
  const tileColumns = view.getUint32(siz + 20);
  const tileRows = view.getUint32(siz + 24);
  const tiles =
    tileColumns && tileRows
      ? Math.ceil(header.columns / tileColumns) * Math.ceil(header.rows / tileRows)
      : Infinity;
  if (tiles > 65535) {
    throw dicomError(
      "corrupt",
      offset + siz,
      `Cannot decode JPEG 2000: found tiles of ${tileRows} × ${tileColumns}, wanted at most 65535 of them`,
    );
  }
  for (let c = 0; c < header.components; c++) {
    need(siz + 41 + 3 * c);
    if (bytes[siz + 39 + 3 * c] !== 1 || bytes[siz + 40 + 3 * c] !== 1) {
      throw dicomError(
        "unsupported",
        offset + siz,
        "Cannot decode JPEG 2000: found subsampled components, wanted full resolution",
      );
    }
  }
  checkTileParts(bytes, view, start + 2, offset);
  return header;
}

function checkTileParts(bytes: Uint8Array, view: DataView, from: number, offset: number): void {
  let at = from;
  let tileParts = 0;
  while (at + 4 <= bytes.length) {
    const marker = view.getUint16(at);
    if (marker === 0xffd9) break;
    if (marker < 0xff00) {
      // Zero padding after complete tile parts is harmless; anything else is damage.
      if (tileParts > 0) break;
      throw dicomError(
        "corrupt",
        offset + at,
        `Cannot decode JPEG 2000: found ${marker.toString(16)}, wanted a marker`,
      );
    }
    const length = view.getUint16(at + 2);
    if (marker !== 0xff90) {
      if (length < 2)
        throw dicomError(
          "corrupt",
          offset + at,
          `Cannot decode JPEG 2000: found a segment of ${length} bytes, wanted at least 2`,
        );
      at += 2 + length;
      continue;
    }
    if (at + 12 > bytes.length) cut("JPEG 2000", offset + bytes.length);
    tileParts++;
    const size = view.getUint32(at + 6);
    if (size === 0) {
      if (!endsWithMarker(bytes, 0xd9)) cut("JPEG 2000", offset + bytes.length);
      return;
    }
    if (size < 14)
      throw dicomError(
        "corrupt",
        offset + at,
        `Cannot decode JPEG 2000: found a tile part of ${size} bytes, wanted at least 14`,
      );
    at += size;
    if (at > bytes.length) cut("JPEG 2000", offset + bytes.length);
  }
  if (tileParts === 0) cut("JPEG 2000", offset + bytes.length);
}

/** Byte at which a JPEG 2000 code stream begins, behind boxes around it. @throws FormatError */
export function codestreamStart(bytes: Uint8Array, offset: number): number {
  if (bytes.length < 12) cut("JPEG 2000", offset + bytes.length);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (view.getUint32(0) !== 12 || view.getUint32(4) !== 0x6a502020) return 0;
  let at = 12;
  while (at + 8 <= bytes.length) {
    if (view.getUint32(at + 4) === 0x6a703263) return at + (view.getUint32(at) === 1 ? 16 : 8);
    const length = view.getUint32(at);
    if (length < 8) break;
    at += length;
  }
  throw dicomError(
    "corrupt",
    offset + at,
    "Cannot decode JPEG 2000: found boxes without a code stream, wanted one",
  );
}
