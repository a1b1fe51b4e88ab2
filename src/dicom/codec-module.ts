/**
 * The WebAssembly module of dcmjs-codecs (CharLS, libjpeg, OpenJPEG, OpenJPH, libjxl behind one C
 * interface), called without its JavaScript: that asks for a whole DICOM library and, in a page, for
 * `eval`. A context of the module holds one frame, coded and decoded.
 */
import { readVendorFile, vendorAddress } from "../core/vendor-files.ts";

/** Names in the order of the module's own enumeration. */
const photometrics = [
  "MONOCHROME1",
  "MONOCHROME2",
  "PALETTE COLOR",
  "RGB",
  "YBR_FULL",
  "YBR_FULL_422",
  "YBR_PARTIAL_422",
  "YBR_PARTIAL_420",
  "YBR_ICT",
  "YBR_RCT",
  "CMYK",
  "ARGB",
  "HSV",
  "XYB",
];

/** The module's name for what is decoded or coded. */
export type ModuleCodec = "Jpeg" | "JpegLs" | "Jpeg2000" | "HtJpeg2000" | "JpegXl";

export interface ModuleFrame {
  readonly columns: number;
  readonly rows: number;
  readonly bitsAllocated: number;
  readonly bitsStored: number;
  readonly samples: number;
  readonly signed: boolean;
  /** DICOM's name. */
  readonly photometric: string;
}

export interface CodecModule {
  /**
   * Decodes one frame to little-endian samples.
   *
   * @param toRgb whether colours are converted to RGB
   * @throws Error in the module's words; the module is unusable afterwards
   */
  decode(
    codec: ModuleCodec,
    frame: ModuleFrame,
    input: { readonly bytes: Uint8Array; readonly toRgb: boolean },
  ): { readonly bytes: Uint8Array; readonly planar: boolean };
  /** Codes one frame of interleaved little-endian samples without loss. */
  encode(codec: ModuleCodec, frame: ModuleFrame, bytes: Uint8Array): Uint8Array;
}

type Call = (...values: number[]) => number;

let compiled: Promise<WebAssembly.Module> | undefined;

/** The module, compiled once; its memory never shrinks, so large frames want an instance of their own. */
export async function openCodecModule(): Promise<CodecModule> {
  compiled ??= compile();
  const module = await compiled.catch((error: unknown) => {
    compiled = undefined;
    throw error;
  });
  const words = (memory: WebAssembly.Memory, from: number, length: number): string =>
    String.fromCharCode(...new Uint8Array(memory.buffer, from, length));
  const memory = (): WebAssembly.Memory => instance.exports.memory as WebAssembly.Memory;
  const success = () => 0;
  // It has no environment and no clock worth the name, and what it prints is nobody's business.
  const instance: WebAssembly.Instance = await WebAssembly.instantiate(module, {
    wasi_snapshot_preview1: {
      environ_get: success,
      environ_sizes_get: (count: number, size: number) => {
        const view = new DataView(memory().buffer);
        view.setUint32(count, 0, true);
        view.setUint32(size, 0, true);
        return 0;
      },
      proc_exit: (code: number) => {
        throw new Error(`the codecs ended with code ${code}`);
      },
      clock_time_get: (_id: number, _precision: bigint, time: number) => {
        new DataView(memory().buffer).setBigUint64(time, 0n, true);
        return 0;
      },
      fd_write: (_fd: number, parts: number, count: number, written: number) => {
        const view = new DataView(memory().buffer);
        let sum = 0;
        for (let i = 0; i < count; i++) sum += view.getUint32(parts + 8 * i + 4, true);
        view.setUint32(written, sum, true);
        return 0;
      },
      fd_seek: success,
      fd_close: success,
    },
    env: {
      emscripten_notify_memory_growth: () => undefined,
      onCodecsInfo: () => undefined,
      onCodecsTrace: () => undefined,
      onCodecsException: (from: number, length: number) => {
        throw new Error(words(memory(), from, length));
      },
    },
  });
  const call = (name: string, ...values: number[]): number =>
    (instance.exports[name] as Call)(...values);

  const contextOf = (frame: ModuleFrame): number => {
    const photometric = photometrics.indexOf(frame.photometric);
    if (photometric < 0) throw new Error(`photometric interpretation ${frame.photometric}`);
    const context = call("CreateCodecsContext");
    call("SetColumns", context, frame.columns);
    call("SetRows", context, frame.rows);
    call("SetBitsAllocated", context, frame.bitsAllocated);
    call("SetBitsStored", context, frame.bitsStored);
    call("SetSamplesPerPixel", context, frame.samples);
    call("SetPixelRepresentation", context, frame.signed ? 1 : 0);
    call("SetPlanarConfiguration", context, 0);
    call("SetPhotometricInterpretation", context, photometric);
    return context;
  };
  // The size is set first: that is what reserves the memory.
  const put = (context: number, side: "Encoded" | "Decoded", bytes: Uint8Array): void => {
    call(`Set${side}BufferSize`, context, bytes.length);
    const from = call(`Get${side}Buffer`, context);
    new Uint8Array(memory().buffer).set(bytes, from);
  };
  const take = (context: number, side: "Encoded" | "Decoded"): Uint8Array => {
    const from = call(`Get${side}Buffer`, context);
    const length = call(`Get${side}BufferSize`, context);
    return new Uint8Array(memory().buffer, from, length).slice();
  };

  return {
    decode(codec, frame, { bytes, toRgb }) {
      const context = contextOf(frame);
      put(context, "Encoded", bytes);
      const settings = call("CreateDecoderParameters");
      call("SetConvertColorspaceToRgb", settings, toRgb ? 1 : 0);
      call(`Decode${codec}`, context, settings);
      call("ReleaseDecoderParameters", settings);
      const planar = call("GetPlanarConfiguration", context) === 1;
      const out = take(context, "Decoded");
      call("ReleaseCodecsContext", context);
      return { bytes: out, planar };
    },
    encode(codec, frame, bytes) {
      const context = contextOf(frame);
      put(context, "Decoded", bytes);
      const settings = call("CreateEncoderParameters");
      for (const [name, value] of losslessSettings) call(`Set${name}`, settings, value);
      call(`Encode${codec}`, context, settings);
      call("ReleaseEncoderParameters", settings);
      const out = take(context, "Encoded");
      call("ReleaseCodecsContext", context);
      return out;
    },
  };
}

/** Lossless coding; the rest is what the module's own JavaScript sets. */
const losslessSettings: readonly [string, number][] = [
  ["Lossy", 0],
  ["Quality", 90],
  ["SmoothingFactor", 0],
  ["SampleFactor", 0],
  ["Predictor", 1],
  ["PointTransform", 0],
  ["AllowedLossyError", 10],
  ["ProgressionOrder", 0],
  ["Rate", 20],
  ["AllowMct", 1],
];

async function compile(): Promise<WebAssembly.Module> {
  const file = "dcmjs-codecs/dcmjs-native-codecs.wasm";
  // Written out whole: bundlers copy the file when they can read its place here.
  const usual = new URL("../../vendor/dcmjs-codecs/dcmjs-native-codecs.wasm", import.meta.url);
  return WebAssembly.compile(await readVendorFile(vendorAddress(file) ?? usual));
}
