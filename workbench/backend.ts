/**
 * What the page wants of whoever does its work. A server on this machine implements it over HTTP, and a worker in the
 * page over the browser's build of the library; the page knows neither.
 */
import type {
  AboutDocument,
  FolderListing,
  JobDocument,
  JobRequest,
  MethodDocument,
  StateDocument,
} from "../src/workflows/view/documents.ts";

/** A file that was chosen or dropped, with its path below what was dropped. */
export interface PickedFile {
  readonly path: string;
  readonly file: File;
}

export interface SavedFile {
  readonly name: string;
  readonly blob: Blob;
  /** What the file does not keep, one sentence each. */
  readonly lost: readonly string[];
}

export type Connection = "connecting" | "connected" | "lost";

export interface Watcher {
  state(state: StateDocument): void;
  connection(connection: Connection): void;
}

/** Every call may throw an `Error` whose message says what to do. */
export interface Backend {
  readonly kind: "server" | "page";
  about(): Promise<AboutDocument>;
  methods(): Promise<readonly MethodDocument[]>;
  /** Tells the state now and after every change, also after a lost connection. @returns an undo */
  watch(watcher: Watcher): () => void;
  /** Opens files as one group: DICOM files of a series become one image. */
  openFiles(
    files: readonly PickedFile[],
    onProgress: (done: number, total: number) => void,
  ): Promise<void>;
  /** Endings of formats to which results can be saved beside their own. */
  readonly savedAs: readonly string[];
  listFolder(folder: string, path: string): Promise<FolderListing>;
  start(request: JobRequest): Promise<JobDocument>;
  /** Stops a job; forgets one that is over. */
  cancel(job: string): Promise<void>;
  closeImage(image: string): Promise<void>;
  /** Values of some planes, as bytes of the image's own type. */
  planes(image: string, range: PlaneRange): Promise<ArrayBuffer>;
  /** Address of a small picture. */
  thumbnail(image: string): string;
  /** A result as what its original was, or in another format. */
  save(image: string, ending: string | undefined): Promise<SavedFile>;
}

export interface PlaneRange {
  readonly from: number;
  readonly count: number;
}
