/** What long work takes besides its data: how to report, and how to be stopped. */
export interface Progress {
  /** Work done so far, in the units of `total`. */
  readonly done: number;
  readonly total: number;
  /** Short present-tense label, such as `denoising slices`. */
  readonly label: string;
  /** Seconds left where the work knows better than what has passed so far tells. */
  readonly secondsLeft?: number;
  /** Extra figures worth a glance, such as the loss. */
  readonly figures?: Readonly<Record<string, number>>;
  /** The course of the first figure so far, for a small chart. */
  readonly trace?: readonly number[];
}

export type ProgressListener = (progress: Progress) => void;

export interface WorkOptions {
  readonly signal?: AbortSignal;
  readonly onProgress?: ProgressListener;
}
