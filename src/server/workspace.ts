/**
 * What the server keeps on the disk, so that a page finds its work again after the server was stopped or killed:
 *
 *   images/ID/{document.json, values.bin, thumbnail.png}
 *   jobs/ID.json
 *   uploads/ID/…
 *   part/          what is being written
 *
 * Documents appear whole or not at all. Only the user can read the folder.
 */
import { randomUUID } from "node:crypto";
import { mkdir, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type {
  DenoisedFacts,
  ImageDocument,
  JobDocument,
  JobState,
} from "../workflows/view/documents.ts";
import { documentName } from "./names.ts";
import type { ImageSource, MadeImage } from "./work.ts";

/** An image, and where it came from: paths stay with the server. */
export interface KeptImage {
  readonly document: ImageDocument;
  readonly source: ImageSource;
  /** Folder of its own files, where it was uploaded. */
  readonly upload?: string;
}

export interface Workspace {
  readonly images: ReadonlyMap<string, KeptImage>;
  readonly jobs: ReadonlyMap<string, JobDocument>;
  /** Folder for what is being written. */
  readonly part: string;
  /** A new folder for files that a page sends. */
  newUpload(): Promise<{ readonly id: string; readonly folder: string }>;
  uploadFolder(id: string): string;
  /** Takes away what was uploaded, unless an image needs it. */
  removeUpload(id: string): Promise<void>;
  imageFolder(id: string): string;
  addImage(made: MadeImage, more: AddedImage): Promise<ImageDocument>;
  /** Forgets an image, what was made of it, and what was uploaded for it when no other image needs it. */
  removeImage(id: string): Promise<void>;
  putJob(job: JobDocument): Promise<void>;
  /** Changes a job for those who look, and not on the disk. */
  showJob(job: JobDocument): void;
  removeJob(id: string): Promise<void>;
}

export interface AddedImage {
  readonly group: string;
  readonly from?: { readonly image: string; readonly denoised: DenoisedFacts };
  readonly upload?: string;
}

/** An id that is safe in paths and addresses. */
export const newId = (): string => randomUUID().replaceAll("-", "").slice(0, 12);

export async function openWorkspace(folder: string): Promise<Workspace> {
  const [imagesAt, jobsAt, uploadsAt, part] = ["images", "jobs", "uploads", "part"].map((name) =>
    join(folder, name),
  ) as [string, string, string, string];
  // What an earlier server left unfinished is nobody's.
  await rm(part, { recursive: true, force: true });
  for (const place of [imagesAt, jobsAt, uploadsAt, part]) {
    await mkdir(place, { recursive: true, mode: 0o700 });
  }
  const images = new Map<string, KeptImage>();
  const jobs = new Map<string, JobDocument>();
  for (const id of await readdir(imagesAt)) {
    const kept = await readJson<KeptImage>(join(imagesAt, id, documentName));
    if (kept !== undefined) images.set(id, kept);
  }
  for (const name of await readdir(jobsAt)) {
    if (!name.endsWith(".json")) continue;
    const job = await readJson<JobDocument>(join(jobsAt, name));
    if (job !== undefined) jobs.set(job.id, job);
  }
  const writeWhole = async (path: string, value: unknown): Promise<void> => {
    const beside = join(part, newId());
    await writeFile(beside, JSON.stringify(value), { mode: 0o600 });
    await rename(beside, path);
  };
  // Writes of one job keep their order.
  let writing: Promise<void> = Promise.resolve();
  const inTurn = (write: () => Promise<void>): Promise<void> => {
    writing = writing.then(write, write);
    return writing;
  };
  const removeUpload = async (id: string): Promise<void> => {
    const needed = [...images.values()].some(({ upload }) => upload === id);
    if (!needed) await rm(join(uploadsAt, id), { recursive: true, force: true });
  };
  // Of pages that were closed before they opened what they had sent.
  const unfinished = [...jobs.values()].filter(({ state }) => !isOver(state));
  const wanted = new Set(
    unfinished.flatMap(({ request }) =>
      request.kind === "open" ? [request.place.path.split("/")[0]!] : [],
    ),
  );
  for (const id of await readdir(uploadsAt)) if (!wanted.has(id)) await removeUpload(id);
  return {
    images,
    jobs,
    part,
    removeUpload,
    async newUpload() {
      const id = newId();
      const place = join(uploadsAt, id);
      await mkdir(place, { mode: 0o700 });
      return { id, folder: place };
    },
    uploadFolder: (id) => join(uploadsAt, id),
    imageFolder: (id) => join(imagesAt, id),
    async addImage(made, { upload, ...more }) {
      const id = newId();
      const document: ImageDocument = { id, ...made.facts, ...more };
      const kept = { document, source: made.source, ...(upload === undefined ? {} : { upload }) };
      await writeWhole(join(made.folder, documentName), kept);
      await rename(made.folder, join(imagesAt, id));
      images.set(id, kept);
      return document;
    },
    async removeImage(id) {
      const kept = images.get(id);
      if (kept === undefined) return;
      const results = [...images.values()].filter(({ document }) => document.from?.image === id);
      for (const one of [id, ...results.map(({ document }) => document.id)]) {
        images.delete(one);
        await rm(join(imagesAt, one), { recursive: true, force: true });
      }
      if (kept.upload !== undefined) await removeUpload(kept.upload);
    },
    putJob(job) {
      jobs.set(job.id, job);
      return inTurn(() => writeWhole(join(jobsAt, `${job.id}.json`), job));
    },
    showJob: (job) => void jobs.set(job.id, job),
    async removeJob(id) {
      jobs.delete(id);
      await inTurn(() => rm(join(jobsAt, `${id}.json`), { force: true }));
    },
  };
}

const isOver = (state: JobState): boolean => state !== "waiting" && state !== "running";

async function readJson<T>(path: string): Promise<T | undefined> {
  const text = await readFile(path, "utf8").catch(() => undefined);
  if (text === undefined) return undefined;
  try {
    return JSON.parse(text) as T;
  } catch {
    return undefined;
  }
}
