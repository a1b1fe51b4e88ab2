/** What a page and whoever does its work tell each other, as plain data. */
import type { Geometry, Image, IntensityUnit } from "../../core/image.ts";
import type { ParameterTable, ParameterValues } from "../../core/parameters.ts";
import type { Progress } from "../../core/progress.ts";
import type { PlaneLayout, PlaneType } from "./plane-encoding.ts";

/** An image as a viewer needs it; its values come separately. */
export interface ViewFacts extends PlaneLayout, Pick<Geometry, "spacing" | "spacingKnown"> {
  readonly name: string;
  readonly axes: Image["axes"];
  readonly shape: readonly number[];
  readonly unit: IntensityUnit;
  readonly type: PlaneType;
  /** Of the finite values; absent when there is none. */
  readonly range?: { readonly min: number; readonly max: number };
  /** To begin with. */
  readonly window: { readonly low: number; readonly high: number };
  /** DICOM's code of what made the image, where the file says it. */
  readonly modality?: string;
  readonly format: string;
  /** What a reader should know, one sentence each. */
  readonly notes: readonly string[];
}

/** What became of an image by a denoiser. */
export interface DenoisedFacts {
  readonly method: string;
  readonly parameters: ParameterValues;
  /** In the image's unit, or that of `sigmaUnit`. */
  readonly sigma: number;
  readonly sigmaUnit?: string;
  readonly noiseBefore: number;
  readonly noiseAfter: number;
  /** Root mean square of what was taken away. */
  readonly rmsChange: number;
  readonly seconds: number;
  /** Why that method, where it was chosen by the image. */
  readonly why?: string;
  readonly notes: readonly string[];
}

export interface ImageDocument extends ViewFacts {
  readonly id: string;
  /** Opened together: a folder, or files that were dropped at once. */
  readonly group: string;
  /** The image that this one was made of, and how. */
  readonly from?: { readonly image: string; readonly denoised: DenoisedFacts };
}

export interface DenoiseRequest {
  readonly kind: "denoise";
  readonly image: string;
  /** `auto`, a member or a model, wrapped where wanted. */
  readonly method: string;
  readonly parameters: ParameterValues;
  /** In the image's unit; estimated when absent. */
  readonly sigma?: number;
  /** Share of the denoised image in the result, 0 to 1. */
  readonly strength?: number;
  /** Diameter in mm of the lesion that must survive. */
  readonly keep?: number;
}

export interface OpenRequest {
  readonly kind: "open";
  /** What the page calls what it opens. */
  readonly name: string;
  /** Folder and path of what is opened, where it lies with whoever does the work. */
  readonly place: { readonly folder: string; readonly path: string };
}

export type JobRequest = DenoiseRequest | OpenRequest;

export type JobState = "waiting" | "running" | "done" | "failed" | "cancelled";

export interface JobDocument {
  readonly id: string;
  readonly request: JobRequest;
  readonly state: JobState;
  /** ISO 8601. */
  readonly created: string;
  readonly seconds?: number;
  readonly progress?: Pick<Progress, "done" | "total" | "label">;
  /** Why it failed, as one sentence. */
  readonly error?: string;
  /** Images that it made. */
  readonly images: readonly string[];
  /** What there is to know of its result, one sentence each. */
  readonly notes: readonly string[];
}

/** Everything that is there at one moment. */
export interface StateDocument {
  readonly images: readonly ImageDocument[];
  /** Oldest first. */
  readonly jobs: readonly JobDocument[];
}

export interface MethodDocument {
  readonly name: string;
  readonly title: string;
  readonly summary: string;
  /** What it is: a trained model, or a classical method for a kind of noise. */
  readonly family: string;
  readonly parameters: ParameterTable;
  /** Processor seconds for a plane of a million pixels, where it was measured. */
  readonly seconds?: number;
}

/** A folder whose entries a page may open. */
export interface OpenFolder {
  readonly id: string;
  readonly name: string;
}

export interface FolderListing {
  /** Folders first, then by name. */
  readonly entries: readonly { readonly name: string; readonly folder: boolean }[];
  /** Whether there are more than are told of. */
  readonly more: boolean;
}

/** Who does the work, for the page and for a report of a fault. */
export interface AboutDocument {
  readonly version: string;
  /** The system that does the work, such as "Node 20.20.2, linux x64". */
  readonly system: string;
  readonly folders: readonly OpenFolder[];
  /** Most bytes of one file that may be sent. */
  readonly largestFile: number;
}
