/** Regions of the images with and without signals, as a method leaves them. */
import { throwIfAborted } from "../../core/errors.ts";
import { type Image, layoutOf, sliceOf, withData } from "../../core/image.ts";
import type { ParameterValues } from "../../core/parameters.ts";
import type { WorkOptions } from "../../core/progress.ts";
import { streamOf } from "../../core/random.ts";
import type { Denoiser } from "../../denoise/denoiser.ts";
import { type DenoiserLevel, noiseFor } from "../../denoise/noise-level/level-for.ts";
import { judgedPlanes } from "../../denoise/noise-level/noise-of-image.ts";
import { denoise } from "../denoise.ts";
import { pieceKey, type PieceStore } from "./pieces.ts";
import { type Case, regionOf } from "./places.ts";
import { type Block, blockOf, type Stack } from "./stack.ts";

/** Noise like that of the images. */
export interface NoiseProbe {
  readonly sigma: number;
  /** Full width at half maximum of its autocorrelation in px. */
  readonly grain: number;
  readonly seed: number;
}

/** A way to treat the images; `denoiser` is absent for leaving them as they are. */
export interface Method {
  readonly label: string;
  readonly denoiser?: Denoiser;
  readonly parameters: ParameterValues;
}

export interface Treated {
  /** Regions of all cases without any signal, in the order of the cases. */
  readonly without: readonly Float32Array[];
  /**
   * The same of the images with signals. Absent regions are judged on these too: a method that sees the whole slice
   * lets signals elsewhere shift all of it, and that must tell nothing.
   */
  readonly withSignal: readonly Float32Array[];
  /** The slice that is shown, without and with signals. */
  readonly shown: { readonly without: Float32Array; readonly withSignal: Float32Array };
  /** Noise level that the method was told; absent for none. */
  readonly level?: DenoiserLevel;
  /** Of one slice. */
  readonly seconds: number;
  /** Mean of bᵀ(D(g + εb) − D(g))/ε over the regions of the shown slice, b being the probe; NaN without one. */
  readonly divergence: number;
  /** Wider regions of all cases for search: with the signal where it is present. */
  readonly searched: readonly Float32Array[];
  readonly notes: readonly string[];
}

export interface TreatOptions extends WorkOptions {
  readonly cases: readonly Case[];
  /** The signal of each present case, in the order of the cases. */
  readonly signals: readonly Float32Array[];
  readonly side: number;
  readonly diameterMm: number;
  /** Slice of the series that figures show. */
  readonly shownSlice: number;
  readonly threads?: number | undefined;
  readonly pieces: PieceStore;
  /** Noise to probe the method with, for an estimate of its error without a truth. */
  readonly probe?: NoiseProbe | undefined;
  /** Side of the regions in which the signal is searched; absent where its place is known. */
  readonly searchSide?: number | undefined;
}

/**
 * Denoises every block twice, with and without signals, with the noise level of the images without: the same noise in
 * both, so that their difference is what the method makes of the signal.
 *
 * @param image the stack's volume at one dose
 */
export async function treat(
  stack: Stack,
  image: Image,
  method: Method,
  options: TreatOptions,
): Promise<Treated> {
  const { cases, signals, side, shownSlice, pieces, signal, onProgress, threads } = options;
  const { ny, nx } = layoutOf(image);
  const size = side * side;
  const present = cases.filter((c) => c.present);
  const signalOf = new Map(present.map((c, i) => [c, signals[i]!]));
  const found = method.denoiser ? levelOf(stack, image, method) : undefined;
  const without = new Map<Case, Float32Array>();
  const withSignal = new Map<Case, Float32Array>();
  const shown: { without: Float32Array; withSignal: Float32Array } = {
    without: new Float32Array(0),
    withSignal: new Float32Array(0),
  };
  const notes = new Set<string>();
  const searched = new Map<Case, Float32Array>();
  const wide = options.searchSide ?? 0;
  let [seconds, slices] = [0, 0];
  let divergence = NaN;
  for (const [index, block] of stack.blocks.entries()) {
    throwIfAborted(signal, "comparing");
    const held = stack.slices.slice(block.from, block.to);
    const here = cases.filter((c) => held.includes(c.slice));
    const plain = blockOf(image, block);
    const field = fieldOf(stack, block, {
      here,
      signalOf,
      side,
      plain,
      diameterMm: options.diameterMm,
    });
    const showing = held.includes(shownSlice) ? held.indexOf(shownSlice) : -1;
    const work = async (): Promise<{ facts: Record<string, unknown>; values: Float32Array }> => {
      const padding = stack.padding?.slice(block.from * ny * nx, block.to * ny * nx);
      const given = {
        parameters: method.parameters,
        sigma: found?.sigma,
        threads,
        padding,
        signal,
      };
      const started = performance.now();
      const first = method.denoiser
        ? await denoise(plain, { ...given, method: method.denoiser })
        : undefined;
      const spent = (performance.now() - started) / 1000;
      const bare = first?.image ?? plain;
      const added = withData(
        plain,
        plain.data.map((v, i) => v + field[i]!),
      );
      const filled = method.denoiser
        ? (await denoise(added, { ...given, method: method.denoiser })).image
        : added;
      const parts: Float32Array[] = [];
      for (const c of here)
        parts.push(regionOf(planeOf(bare, held.indexOf(c.slice)), nx, { ...c, side }));
      for (const c of here) {
        parts.push(regionOf(planeOf(filled, held.indexOf(c.slice)), nx, { ...c, side }));
      }
      for (const c of wide > 0 ? here : []) {
        const plane = planeOf(filled, held.indexOf(c.slice));
        parts.push(regionOf(plane, nx, { ...c.area!, side: wide }));
      }
      let probed: number | null = null;
      if (showing >= 0) {
        parts.push(planeOf(bare, showing).slice(), planeOf(filled, showing).slice());
        if (options.probe && method.denoiser) {
          const b = probeNoise(plain, options.probe);
          const shifted = withData(
            plain,
            plain.data.map((v, i) => v + probeStep * b[i]!),
          );
          const moved = await denoise(shifted, { ...given, method: method.denoiser });
          const change = moved.image.data.map((v, i) => (b[i]! * (v - bare.data[i]!)) / probeStep);
          const shownCases = here.filter((c) => c.slice === shownSlice);
          const planeOfChange = change.subarray(showing * ny * nx, (showing + 1) * ny * nx);
          const regions = shownCases.map((c) => regionOf(planeOfChange, nx, { ...c, side }));
          probed = meanOf(joined(regions));
        }
      }
      const facts = { seconds: spent, notes: first?.notes ?? [], divergence: probed };
      return { facts, values: joined(parts) };
    };
    const key = pieceKey({
      kind: "treated 2",
      plain: plain.data,
      field,
      spacing: image.spacing,
      method: method.denoiser?.name ?? "none",
      label: method.label,
      parameters: method.parameters,
      sigma: found?.sigma ?? null,
      here: here.map((c) => [c.slice, c.row, c.column, c.present]),
      side,
      showing,
      probe: (showing >= 0 && options.probe) || null,
      wide,
    });
    let piece = await pieces.get(key);
    if (piece === undefined) {
      piece = await work();
      if (method.denoiser) await pieces.put(key, piece);
    }
    seconds += piece.facts["seconds"] as number;
    slices += held.length;
    for (const text of piece.facts["notes"] as string[]) notes.add(text);
    let at = 0;
    const take = (n: number) => piece.values.subarray(at, (at += n));
    for (const c of here) without.set(c, take(size));
    for (const c of here) withSignal.set(c, take(size));
    for (const c of wide > 0 ? here : []) searched.set(c, take(wide * wide));
    if (showing >= 0) {
      divergence = (piece.facts["divergence"] as number | null) ?? NaN;
      shown.without = take(ny * nx);
      shown.withSignal = take(ny * nx);
    }
    onProgress?.({ done: index + 1, total: stack.blocks.length, label: method.label });
  }
  return {
    without: cases.map((c) => without.get(c)!),
    withSignal: cases.map((c) => withSignal.get(c)!),
    shown,
    ...(found ? { level: found.level } : {}),
    seconds: seconds / slices,
    divergence,
    searched: wide > 0 ? cases.map((c) => searched.get(c)!) : [],
    notes: [...notes],
  };
}

/** ε of the probe: small against the noise, large against rounding. */
const probeStep = 0.1;

/** Gaussian noise of the probe's level and grain, its own for every slice. */
function probeNoise(image: Image, { sigma, grain, seed }: NoiseProbe): Float32Array {
  const { nz, ny, nx } = layoutOf(image);
  const out = new Float32Array(image.data.length);
  const white = 1.3;
  // An autocorrelation of width w at half height is that of a Gaussian kernel of standard deviation w/(2 √2 √(2 ln 2)).
  const s = grain > white ? grain / (4 * Math.sqrt(Math.log(2))) : 0;
  const reach = Math.ceil(3 * s);
  const taps = Float64Array.from({ length: 2 * reach + 1 }, (_, i) =>
    s > 0 ? Math.exp(-((i - reach) ** 2) / (2 * s * s)) : 1,
  );
  const norm = Math.sqrt(taps.reduce((a, t) => a + t * t, 0));
  for (let k = 0; k < nz; k++) {
    const stream = streamOf(seed, "probe", k);
    let plane = stream.normals(ny * nx);
    for (const [count, stride, lines, across] of [
      [nx, 1, ny, nx],
      [ny, nx, nx, 1],
    ] as const) {
      const next = new Float64Array(plane.length);
      for (let l = 0; l < lines; l++) {
        for (let i = 0; i < count; i++) {
          let sum = 0;
          for (let t = -reach; t <= reach; t++) {
            // Wrapped round, so that its strength is the same everywhere.
            sum += taps[t + reach]! * plane[l * across + ((i + t + count) % count) * stride]!;
          }
          next[l * across + i * stride] = sum / norm;
        }
      }
      plane = next;
    }
    plane.forEach((v, i) => (out[k * ny * nx + i] = sigma * v));
  }
  return out;
}

function meanOf(values: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i]!;
  return sum / values.length;
}

function planeOf(image: Image, k: number): Float32Array {
  const { ny, nx } = layoutOf(image);
  return image.data.subarray(k * ny * nx, (k + 1) * ny * nx);
}

function joined(parts: readonly Float32Array[]): Float32Array {
  const out = new Float32Array(parts.reduce((n, part) => n + part.length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}

/** The noise level of all worked slices, as `denoise` would find it for the series. */
function levelOf(
  stack: Stack,
  image: Image,
  method: Method,
): { readonly level: DenoiserLevel; readonly sigma: number | undefined } {
  const { ny, nx } = layoutOf(image);
  const judged = judgedPlanes(stack.slices.length);
  return noiseFor(
    judged.map((k) => sliceOf(image, k)),
    method.denoiser!,
    {
      parameters: method.parameters,
      paddings: judged.map((k) => stack.padding?.subarray(k * ny * nx, (k + 1) * ny * nx)),
    },
  );
}

/**
 * The signals of a block alone. A signal fills its slice, and the neighbours within its radius too, so that a method
 * that joins slices meets a body and no flake.
 */
function fieldOf(
  stack: Stack,
  block: Block,
  options: {
    readonly here: readonly Case[];
    readonly signalOf: ReadonlyMap<Case, Float32Array>;
    readonly side: number;
    readonly plain: Image;
    readonly diameterMm: number;
  },
): Float32Array {
  const { here, signalOf, side, plain, diameterMm } = options;
  const { ny, nx } = layoutOf(plain);
  const field = new Float32Array(plain.data.length);
  const half = Math.floor(side / 2);
  const beside = Math.floor(diameterMm / 2 / plain.spacing[0]);
  for (const c of here) {
    const signal = signalOf.get(c);
    if (!signal) continue;
    for (let k = block.from; k < block.to; k++) {
      if (Math.abs(stack.slices[k]! - c.slice) > beside) continue;
      for (let j = 0; j < side; j++) {
        const to = ((k - block.from) * ny + c.row - half + j) * nx + c.column - half;
        for (let i = 0; i < side; i++) field[to + i]! += signal[j * side + i]!;
      }
    }
  }
  return field;
}
