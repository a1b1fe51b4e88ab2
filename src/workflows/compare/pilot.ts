/** A first look at a comparison: how hard the task is, and how long each method takes. */
import { throwIfAborted } from "../../core/errors.ts";
import { type Image, layoutOf } from "../../core/image.ts";
import type { WorkOptions } from "../../core/progress.ts";
import { denoise } from "../denoise.ts";
import { armCases, byHotelling, channelsFor } from "./judge.ts";
import type { OpenCompared } from "./open-compared.ts";
import { casesAt, type Place, regionOf } from "./places.ts";
import { blockOf, slicesOf } from "./stack.ts";

interface PilotOptions extends WorkOptions {
  readonly methods: OpenCompared["methods"];
  readonly draw: (id: string) => Float32Array;
  readonly at: {
    readonly side: number;
    readonly spacing: Image["spacing"];
    readonly unit: Image["unit"];
  };
  readonly task: { readonly diameterMm: number };
  readonly seed: number;
  readonly level: number;
  readonly threads: number;
}

/** Seconds of a call beyond which its start does not matter. */
const slowCall = 3;
/** Places of the pilot. */
const pilotPlaces = 200;

/** AUC of the untreated images at full dose, and seconds of each method for one slice. */
export async function pilotOf(
  image: Image,
  places: readonly Place[],
  options: PilotOptions,
): Promise<{ readonly auc: number; readonly seconds: readonly number[] }> {
  const { methods, draw, at, task, seed, level, threads, signal } = options;
  const { ny, nx } = layoutOf(image);
  const some = places.filter((_, i) => i % Math.ceil(places.length / pilotPlaces) === 0);
  const cases = casesAt(some, { seed });
  const without = cases.map((c) =>
    regionOf(image.data.subarray(c.slice * ny * nx, (c.slice + 1) * ny * nx), nx, {
      ...c,
      side: at.side,
    }),
  );
  const withSignal = cases.map((c, i) => {
    const s = c.present ? draw(c.id) : undefined;
    return s ? without[i]!.map((v, k) => v + s[k]!) : without[i]!;
  });
  const arm = armCases({ without, withSignal }, cases, at);
  const { auc } = byHotelling(arm, channelsFor(at, task.diameterMm), level);
  const seconds: number[] = [];
  const plane = blockOf(slicesOf(image, [mostHeld(places.map((p) => p.slice))]), {
    from: 0,
    to: 1,
  });
  for (const { denoiser, parameters } of methods) {
    throwIfAborted(signal, "comparing");
    // Twice: the first call starts threads and sessions.
    let spent = Infinity;
    for (let call = 0; call < 2 && spent > 0.05; call++) {
      const started = performance.now();
      await denoise(plane, {
        method: denoiser,
        parameters,
        threads,
        ...(signal ? { signal } : {}),
      });
      spent = Math.min(spent, (performance.now() - started) / 1000);
      if (spent > slowCall) break;
    }
    seconds.push(spent);
  }
  return { auc: auc.estimate, seconds };
}

/** The slice that most places lie in; the middle one of several. */
export function mostHeld(slices: readonly number[]): number {
  const counts = new Map<number, number>();
  for (const slice of slices) counts.set(slice, (counts.get(slice) ?? 0) + 1);
  const most = Math.max(...counts.values());
  const best = [...counts].filter(([, n]) => n === most).map(([slice]) => slice);
  return best.sort((a, b) => a - b)[best.length >> 1]!;
}
