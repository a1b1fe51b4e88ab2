/** What a comparison says. */
import type { Image } from "../../core/image.ts";
import type { Fidelity } from "./fidelity.ts";
import type { Invented } from "./invented.ts";
import type { Detected, Figure } from "./judge.ts";
import type { MarginDose } from "./margin-dose.ts";
import type { OwnResolution } from "./own-resolution.ts";
import type { Case } from "./places.ts";
import type { Plan } from "./plan.ts";
import type { SearchFigures } from "./search.ts";
import type { NoiseFigures, TransferFigures } from "./spectra.ts";
import type { SignalTask } from "./task.ts";
import type { Tissue } from "./terms.ts";

/** What leaving the images as they are is called. */
export const untreated = "no denoising";

/** One method at one dose. */
export interface ArmResult {
  readonly method: string;
  readonly dose: number;
  readonly doseFrom: "as acquired" | "noise inserted" | "given";
  /** Channelised Hotelling observer, in the population. */
  readonly hotelling: Detected;
  /** Non-prewhitening observer with eye filter. */
  readonly eye: Detected;
  /** AUC less that without denoising at the same dose. */
  readonly gain: { readonly hotelling: Figure; readonly eye: Figure };
  /** AUC less that without denoising at full dose. */
  readonly againstFull: { readonly hotelling: Figure; readonly eye: Figure };
  /** The same observers with the noise of a viewer, and their gain against no denoising; absent for a viewer without. */
  readonly viewed?: {
    readonly hotelling: Detected;
    readonly eye: Detected;
    readonly gain: { readonly hotelling: Figure; readonly eye: Figure };
  };
  /** Share of the signal's contrast that is left. */
  readonly contrastKept: Figure;
  readonly noise: NoiseFigures;
  readonly transfer: TransferFigures;
  /** Mean over signal-free regions of what the method adds, in the image's unit. */
  readonly bias: Figure;
  /** d' of NPWE from noise and resolution, as the field computes it; NaN where the signal has no closed form. */
  readonly promised: number;
  /** Set where that d' promises more or less than was found. */
  readonly promiseBroken?: string;
  readonly invented: Invented;
  readonly fidelity?: Fidelity;
  readonly search?: SearchFigures;
  /** Noise level that the method was told, in the image's unit. */
  readonly toldSigma?: number;
  /** Of one slice. */
  readonly seconds: number;
}

export type FlagKind =
  | "loses the signal"
  | "takes contrast"
  | "invents structure"
  | "promises more";

/** Something about a method that a reader has to know. */
export interface Flag {
  readonly kind: FlagKind;
  readonly dose: number;
  readonly reason: string;
}

export interface MethodResult {
  readonly method: string;
  /** Dose at which the AUC falls below that of the untreated full dose by more than the margin. */
  readonly marginDose: { readonly hotelling: MarginDose; readonly eye: MarginDose };
  /** The lowest dose looked at down to which every dose is proven within the margin; undefined for none. */
  readonly safeDose?: number;
  readonly flags: readonly Flag[];
  readonly secondsPerSlice: number;
}

export interface CompareResult {
  readonly task: Omit<SignalTask, "mask"> & {
    readonly tissue: Tissue;
    /** Side of the regions in pixels. */
    readonly side: number;
    readonly resolution: OwnResolution;
    readonly references: readonly string[];
  };
  readonly images: {
    readonly shape: readonly number[];
    readonly spacing: Image["spacing"];
    readonly unit: Image["unit"];
    /** Standard deviation of the regions about their planes at full dose. */
    readonly noise: number;
  };
  /** Noise that a viewer adds to what is shown, in the image's unit, of one pixel; from a display's window, or given. */
  readonly viewer: { readonly sd: number; readonly windowWidth?: number };
  readonly plan: Plan;
  readonly seed: number;
  readonly level: number;
  readonly margin: number;
  readonly doses: readonly number[];
  readonly arms: readonly ArmResult[];
  readonly methods: readonly MethodResult[];
  readonly verdict: string;
  readonly assumptions: readonly string[];
  readonly notes: readonly string[];
  readonly seconds: number;
}

/** What pictures are drawn from; no part of the JSON. */
export interface CompareScene {
  readonly cases: readonly Case[];
  readonly side: number;
  readonly unit: Image["unit"];
  readonly spacing: Image["spacing"];
  readonly shownSlice: number;
  readonly shape: readonly [ny: number, nx: number];
  readonly diameterMm: number;
  /** By dose and method, in the order of the arms. */
  readonly arms: readonly {
    readonly method: string;
    readonly dose: number;
    /** Regions of all cases, in the images with and without signals. */
    readonly withSignal: readonly Float32Array[];
    readonly without: readonly Float32Array[];
    readonly shown: { readonly without: Float32Array; readonly withSignal: Float32Array };
    /** Where structure appeared, of the shown slice, in noise variances; where it did. */
    readonly inventedMap?: Float32Array;
  }[];
  /** Places among the present cases, hardest first. */
  readonly hardest: readonly number[];
}
