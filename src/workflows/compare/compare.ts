/**
 * Which denoiser, at which dose, for a task, on one's own images.
 *
 * Known signals are added at many places of the images, half of the places of each slice, at every dose. Each method
 * denoises the images twice, with and without the signals. Observers tell places with the signal from other places
 * without; the difference of both runs tells what became of the signal itself.
 */
import { InputError, throwIfAborted } from "../../core/errors.ts";
import { type Image, layoutOf } from "../../core/image.ts";
import { settingsOf } from "../../core/parameters.ts";
import type { Progress, WorkOptions } from "../../core/progress.ts";
import type { Denoiser } from "../../denoise/denoiser.ts";
import { ctWindows, windowFor } from "../../figures/window.ts";
import { noiseOfImage } from "../../denoise/noise-level/noise-of-image.ts";
import { defaultThreads } from "../../parallel/index.ts";
import type { MemberChoice } from "../member-choice.ts";
import { assumptionsOf } from "./assumptions.ts";
import { checkImage, dosesOf, greySlices, otherNames, unlike } from "./compared-image.ts";
import { type DoseImage, imagesAtDoses } from "./doses.ts";
import { roomFor } from "./room.ts";
import { viewerNoise } from "../../observers/viewer-noise.ts";
import { eye } from "./judge.ts";
import { judgeArms } from "./judge-arms.ts";
import { ownResolution, type OwnResolution } from "./own-resolution.ts";
import { noPieces, type PieceStore } from "./pieces.ts";
import { casesAt, deviationAboutPlane, type Place, regionOf } from "./places.ts";
import { type OpenCompared, openCompared } from "./open-compared.ts";
import { mostHeld, pilotOf } from "./pilot.ts";
import { fewestPlaces, type Plan, planPlaces } from "./plan.ts";
import { presets } from "./presets.ts";
import { type CompareResult, type CompareScene, untreated } from "./result.ts";
import { compareSettings } from "./settings.ts";
import { drawSignal } from "./signals.ts";
import { slicesOf, stackOf } from "./stack.ts";
import { type SignalOptions, signalTask, statedTask } from "./task.ts";
import type { Tissue } from "./terms.ts";
import { type Method, type NoiseProbe, treat, type Treated } from "./treat.ts";
import { methodResults, verdictOf } from "./verdict.ts";

export interface CompareOptions extends WorkOptions {
  /**
   * Denoisers by name, with parameters, or themselves. `default`, which is taken when there are none, is what `denoise`
   * chooses for the images; inside a wrapper, as in `preserving+default`, its plain form.
   */
  readonly methods?: readonly (MemberChoice | Denoiser)[] | undefined;
  /** Fractions of the images' own dose. Defaults to 1, 0.5 and 0.25 for CT in HU without `doseImages`, else to 1 and those given. */
  readonly doses?: readonly number[] | undefined;
  /** Images that were acquired at lower doses, of the same geometry. */
  readonly doseImages?: readonly { readonly dose: number; readonly image: Image }[] | undefined;
  /** The usual questions; see `presets`. */
  readonly preset?: string | undefined;
  /** The signal that is looked for, where it is another than the preset's. */
  readonly lookFor?: SignalOptions | undefined;
  /** Local means in which signals are placed. */
  readonly tissue?: Tissue | undefined;
  /** The same as percentiles, 0 to 100, of local means, where the unit says nothing. */
  readonly tissuePercent?: Tissue | undefined;
  /** Where signals go; chosen in the tissue when absent. */
  readonly places?: readonly Place[] | undefined;
  /** Places wanted, half of them with the signal; by default so many that the interval is as short as `halfWidth`. */
  readonly count?: number | undefined;
  /** Half-width of the AUC's interval that is planned for. Defaults to 0.05. */
  readonly halfWidth?: number;
  /** Loss of AUC that does not matter. Defaults to 0.05. */
  readonly margin?: number;
  /** Defaults to 0.95. */
  readonly level?: number;
  /** Frequency in 1/mm at which the images' transfer falls to a half; Infinity leaves signals sharp. Measured when absent. */
  readonly resolution?: number | undefined;
  /** Another scan of the same object, for the error against it. */
  readonly repeat?: Image | undefined;
  /** The noise-free object, for the error against it. */
  readonly truth?: Image | undefined;
  /**
   * Noise that a viewer adds to what is shown, in the image's unit, of one pixel; 0 for none. Follows from the window of
   * a display when absent; see `viewerNoise`.
   */
  readonly internalNoise?: number | undefined;
  /** Judge search for the signal too. */
  readonly search?: boolean;
  /** As much as is done in a minute and a half. */
  readonly quick?: boolean;
  /** Defaults to 1. */
  readonly seed?: number;
  readonly threads?: number | undefined;
  /** One byte per voxel, 1 where it holds no measurement. */
  readonly padding?: Uint8Array | undefined;
  /** Where finished pieces are kept, so that a killed comparison goes on. */
  readonly pieces?: PieceStore;
  /** Told what is going to be done, before it is. */
  readonly onPlan?: (plan: Plan) => void;
}

export interface Comparison {
  readonly result: CompareResult;
  readonly scene: CompareScene;
}

/** Seconds of work in which `quick` has to be done, report and pilot beside them. */
const quickBudget = 75;
/** Slices looked at for places. */
const [mostSlices, mostQuick] = [120, 24];
/** Slices on each side that a method may see. */
const mostBeside = 3;

/**
 * Compares denoisers and doses on an image of one grey channel, `yx` or `zyx`; channels that are all equal count as one,
 * frames `tyx` as slices. A truth or repeat of other geometry is left out, with a note.
 *
 * @throws InputError on colours and time series of volumes, doses of other geometry, doses below 1 of what is not CT,
 *   signals outside the tissue, and too few places; CancelledError
 */
export async function compare(given: Image, options: CompareOptions = {}): Promise<Comparison> {
  const started = performance.now();
  const { seed, level, margin, halfWidth, quick } = settingsOf("compare", compareSettings, options);
  const { pieces = noPieces, signal, padding } = options;
  const threads = options.threads ?? defaultThreads();
  const notes: string[] = [];
  const note = (text: string) => void (notes.includes(text) || notes.push(text));
  const image = greySlices(given, note);
  checkImage(image, options);
  const [truth, repeat] = (["truth", "repeat"] as const).map((name) => {
    const other = options[name] && greySlices(options[name], note);
    const why = other && unlike(image, other);
    if (why !== undefined) note(`the ${otherNames[name]} is left out: ${why}`);
    return why === undefined ? other : undefined;
  });
  const doses = dosesOf(image, options);
  const stated = statedTask(image.unit, {
    preset: options.preset,
    signal: options.lookFor,
    tissue: options.tissue,
  });
  const { nz, ny, nx } = layoutOf(image);
  if (nz === 1) note("one slice gives few places, of one anatomy: intervals hold for this slice");
  const opened = await openCompared(image, { choices: options.methods, threads, padding });
  try {
    const { methods } = opened;
    const looked = spread(nz, quick ? mostQuick : mostSlices);
    const looking = { ...options, stated, looked, seed };
    const { found, side, wide } = roomFor(image, looking, note);
    const { tissue, places } = found;
    const resolution: OwnResolution =
      options.resolution === undefined
        ? ownResolution(image, looked)
        : { f50: options.resolution, from: "given", edges: 0 };
    const planeOf = (slice: number) => image.data.subarray(slice * ny * nx, (slice + 1) * ny * nx);
    const sigma = rootMeanSquare(
      places.map((p) => deviationAboutPlane(regionOf(planeOf(p.slice), nx, { ...p, side }), side)),
    );
    if (!(sigma > 0)) {
      throw new InputError(
        "Cannot compare on these images: found no noise at any place, wanted images as they were acquired",
      );
    }
    const task = signalTask(stated, sigma);
    const at = { side, spacing: image.spacing, unit: image.unit };
    const draw = (id: string) =>
      drawSignal(task, id, { side, spacing: image.spacing, f50: resolution.f50, seed });
    const beside = besideOf(methods, image, { quick, note });

    // Pilot: the untreated images at full dose, and one slice by every method.
    const pilot = await pilotOf(image, places, {
      methods,
      draw,
      at,
      task,
      seed,
      level,
      threads,
      signal,
    });
    const insertion = doses.filter((d) => d !== 1 && !found.given.has(d)).length;
    const secondsPerSlice =
      (1 + 2 * beside) *
      (2 * doses.length * pilot.seconds.reduce((a, b) => a + b, 0) +
        insertion * insertionSeconds(ny * nx));
    const { plan, chosen } = planPlaces(places, {
      pilotAuc: pilot.auc,
      halfWidth,
      level,
      secondsPerSlice,
      budget: quick ? quickBudget : undefined,
      count: options.places ? places.length : options.count,
      leastStep: beside > 0 ? 1 + Math.ceil(task.diameterMm / image.spacing[0]) : 1,
    });
    if (plan.cases < fewestPlaces) {
      throw new InputError(
        `Cannot compare on these images: found ${plan.cases} places on ${plan.slices} slices so far apart that the signals do not touch, wanted at least ${fewestPlaces}; give more slices, a smaller signal, or methods that work slice by slice`,
      );
    }
    options.onPlan?.(plan);
    if (plan.by !== "interval" && plan.by !== "given") {
      note(
        `${plan.cases} places give intervals of the AUC of about ±${plan.reached.toFixed(3)}, where ±${plan.wanted} was planned for: ${plan.by === "time" ? "a quick comparison has no time for more" : "the images have no more"}`,
      );
    }
    if (pilot.auc > 0.97) {
      note(
        `the signal is found nearly always without denoising at full dose (AUC ${pilot.auc.toFixed(3)}): a smaller or fainter one would tell methods apart better`,
      );
    }
    const cases = casesAt(chosen, { seed, displaced: wide > 0 ? (wide - side) / 2 : 0 });
    const present = cases.filter((c) => c.present);
    const signals = present.map((c) => draw(c.id));
    const used = [...new Set(cases.map((c) => c.slice))].sort((a, b) => a - b);
    const stack = stackOf(image, used, { beside, padding });
    const shownSlice = mostHeld(cases.map((c) => c.slice));
    const steps = doses.length * (methods.length + 1);
    let step = 0;
    const progress = (label: string) => (p: Progress) =>
      options.onProgress?.({
        done: (step + p.done / p.total) / steps,
        total: 1,
        label: `${label}: ${p.label}`,
      });
    const images = await imagesAtDoses(stack, {
      doses,
      given: found.given,
      seed,
      threads,
      pieces,
      note,
      signal,
      onProgress: progress("doses"),
    });
    const needsProbe = truth === undefined && repeat === undefined;
    const treated: { dose: DoseImage; method: Method; treated: Treated; probe?: NoiseProbe }[] = [];
    for (const dose of images) {
      const { sigma: level0, grain = 1.2 } = noiseOfImage(dose.image, { padding: stack.padding });
      const probe = needsProbe ? { sigma: level0, grain, seed } : undefined;
      for (const method of [{ label: untreated, parameters: {} }, ...methods]) {
        throwIfAborted(signal, "comparing");
        const done = await treat(stack, dose.image, method, {
          cases,
          signals,
          side,
          diameterMm: task.diameterMm,
          shownSlice,
          threads,
          pieces,
          probe,
          searchSide: wide || undefined,
          signal,
          onProgress: progress(`dose ${dose.dose}`),
        });
        for (const text of done.notes) note(`${method.label}: ${text}`);
        treated.push({ dose, method, treated: done, ...(probe ? { probe } : {}) });
        step++;
      }
    }
    const other = (of: Image | undefined) =>
      of &&
      cases.map((c) =>
        regionOf(of.data.subarray(c.slice * ny * nx, (c.slice + 1) * ny * nx), nx, { ...c, side }),
      );
    const viewer = viewerOf(slicesOf(image, [shownSlice]), stated.preset, options.internalNoise);
    const { arms, scene } = await judgeArms(treated, {
      cases,
      signals,
      task,
      at,
      wide,
      level,
      seed,
      ownF50: resolution.f50,
      viewer: viewer.sd > 0 ? { sd: viewer.sd, seed } : undefined,
      shownSlice,
      shape: [ny, nx],
      truth: other(truth),
      truthPlane: truth && slicesOf(truth, [shownSlice]),
      repeat: other(repeat),
      acquired: other(image),
      signal,
    });
    const results = methodResults(arms, {
      margin,
      methods: [untreated, ...methods.map((m) => m.label)],
    });
    const { mask: _mask, ...plainTask } = task;
    const partial = {
      task: {
        ...plainTask,
        tissue,
        side,
        resolution,
        references: presets[task.preset]?.references ?? [],
      },
      images: { shape: image.shape, spacing: image.spacing, unit: image.unit, noise: sigma },
      viewer,
      plan,
      seed,
      level,
      margin,
      doses,
      arms,
      methods: results,
    };
    const seconds = (performance.now() - started) / 1000;
    return {
      result: Object.freeze({
        ...partial,
        verdict: verdictOf(partial),
        assumptions: assumptionsOf(partial, { beside, given: [...found.given.keys()] }),
        notes,
        seconds,
      }),
      scene,
    };
  } finally {
    await opened.dispose();
  }
}

/** The viewer's noise: as given, or from the window in which the preset's tissue, or the image, is shown. */
function viewerOf(
  image: Image,
  preset: string,
  given: number | undefined,
): CompareResult["viewer"] {
  if (given !== undefined) {
    if (!(given >= 0 && Number.isFinite(given))) {
      throw new InputError(
        `Cannot compare: found an internal noise of ${given}, wanted a finite number of at least 0`,
      );
    }
    return { sd: given };
  }
  const named = presets[preset]?.window;
  const { low, high } = named ? ctWindows[named] : windowFor(image);
  return { sd: viewerNoise(high - low, eye), windowWidth: high - low };
}

/** How many slices on each side the methods see. */
function besideOf(
  methods: OpenCompared["methods"],
  image: Image,
  { quick, note }: { readonly quick: boolean; readonly note: (text: string) => void },
): number {
  const { nz } = layoutOf(image);
  if (nz === 1) return 0;
  let most = 0;
  for (const { denoiser, parameters, label } of methods) {
    if (denoiser.dimensions.every((d) => d === 2)) continue;
    const reach = denoiser.reach?.({ parameters, spacing: image.spacing }) ?? Infinity;
    const wanted = typeof reach === "number" ? reach : Infinity;
    if (quick && wanted > 0) {
      // Neighbours on both sides would cost seven times as long.
      note(
        `${label} sees one slice at a time in a quick comparison, where it joins slices otherwise`,
      );
      continue;
    }
    if (wanted > mostBeside) {
      note(`${label} sees ${mostBeside} slices on each side here, where it may look farther`);
    }
    most = Math.max(most, Math.min(mostBeside, wanted));
  }
  return most;
}

/** Of a slice with so many pixels, on two threads. */
const insertionSeconds = (pixels: number): number => (1.2 * pixels) / 512 ** 2;

function spread(count: number, most: number): number[] {
  const n = Math.min(count, most);
  return Array.from({ length: n }, (_, i) => Math.floor(((i + 0.5) * count) / n));
}

const rootMeanSquare = (values: readonly number[]): number =>
  Math.sqrt(values.reduce((s, v) => s + v * v, 0) / values.length);
