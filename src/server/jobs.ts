/** Jobs: one after the other in worker threads, kept on the disk, told of to whoever listens. */
import { CancelledError, messageOf, RunError } from "../core/errors.ts";
import { visibleText } from "../core/visible-text.ts";
import { runInWorker } from "../parallel/index.ts";
import type {
  DenoiseRequest,
  JobDocument,
  JobRequest,
  OpenRequest,
} from "../workflows/view/documents.ts";
import { denoising, opening } from "./work.ts";
import { newId, type Workspace } from "./workspace.ts";

export interface Jobs {
  /** Queues a job; it is on the disk when this resolves. */
  start(request: JobRequest): Promise<JobDocument>;
  /** Stops a job that waits or runs; forgets one that is over. */
  cancel(id: string): Promise<void>;
  /** Called after every change of jobs or images. @returns an undo */
  listen(listener: () => void): () => void;
  /** Something else than a job changed. */
  tell(): void;
  close(): Promise<void>;
}

export interface JobsOptions {
  readonly workspace: Workspace;
  /** The path that a request names, checked. @throws InputError when it lies outside of what was opened */
  readonly pathOf: (place: OpenRequest["place"]) => Promise<{ path: string; upload?: string }>;
}

/** Takes up at once what an earlier server did not finish. */
export function startJobs({ workspace, pathOf }: JobsOptions): Jobs {
  const listeners = new Set<() => void>();
  const tell = () => listeners.forEach((listener) => listener());
  const stops = new Map<string, AbortController>();
  let closing = false;
  let running: Promise<void> | undefined;

  async function update(id: string, change: Partial<JobDocument>): Promise<void> {
    const job = workspace.jobs.get(id);
    if (job === undefined) return;
    await workspace.putJob({ ...job, ...change });
    tell();
  }

  async function work(job: JobDocument, signal: AbortSignal): Promise<Partial<JobDocument>> {
    const onMessage = (said: unknown) => {
      const now = workspace.jobs.get(job.id);
      if (now?.state !== "running") return;
      workspace.showJob({ ...now, progress: said as NonNullable<JobDocument["progress"]> });
      tell();
    };
    return job.request.kind === "open"
      ? open(job.request, { signal, onMessage })
      : denoise(job.request, { signal, onMessage });
  }

  async function open(request: OpenRequest, options: Running): Promise<Partial<JobDocument>> {
    const { path, upload } = await pathOf(request.place);
    const task = { path, into: workspace.part };
    const { images, notes } = await runInWorker(opening, task, options).catch(
      async (error: unknown) => {
        // What cannot be opened is not kept; what was only stopped with the server is taken up again.
        if (upload !== undefined && !closing) await workspace.removeUpload(upload);
        throw nameFor(error, { path, name: request.name });
      },
    );
    const group = request.name;
    const added: string[] = [];
    for (const made of images) {
      const more = { group, ...(upload === undefined ? {} : { upload }) };
      added.push((await workspace.addImage(made, more)).id);
    }
    return { images: added, notes };
  }

  async function denoise(request: DenoiseRequest, options: Running): Promise<Partial<JobDocument>> {
    const before = workspace.images.get(request.image);
    if (before === undefined) throw new CancelledError("denoising: the image was closed");
    const { document, source, upload } = before;
    const task = { source, request, name: document.name, into: workspace.part };
    const made = await runInWorker(denoising, task, options).catch((error: unknown) => {
      throw nameFor(error, { path: source.path, name: document.name });
    });
    const from = { image: document.id, denoised: made.denoised };
    const added = await workspace.addImage(made, {
      group: document.group,
      from,
      ...(upload === undefined ? {} : { upload }),
    });
    return { images: [added.id], notes: made.denoised.notes };
  }

  async function run(id: string): Promise<void> {
    const job = workspace.jobs.get(id)!;
    const stop = new AbortController();
    stops.set(id, stop);
    const started = performance.now();
    await update(id, { state: "running" });
    const outcome = await work(job, stop.signal).then(
      (done): Partial<JobDocument> => ({ ...done, state: "done" }),
      (error: unknown): Partial<JobDocument> =>
        error instanceof CancelledError || stop.signal.aborted
          ? { state: "cancelled" }
          : { state: "failed", error: visibleText(messageOf(error)) },
    );
    stops.delete(id);
    // Stopped with the server: the next one takes it up.
    if (closing && outcome.state === "cancelled") return;
    const seconds = (performance.now() - started) / 1000;
    await update(id, { ...outcome, seconds, progress: undefined });
  }

  const next = (): JobDocument | undefined =>
    [...workspace.jobs.values()]
      .filter(({ state }) => state === "waiting")
      .sort((a, b) => (a.created < b.created ? -1 : 1))[0];

  function wake(): void {
    if (running !== undefined || closing) return;
    const job = next();
    if (job === undefined) return;
    running = run(job.id).finally(() => {
      running = undefined;
      wake();
    });
  }

  const interrupted = [...workspace.jobs.values()].filter(({ state }) => state === "running");
  void Promise.all(
    interrupted.map((job) => workspace.putJob({ ...job, state: "waiting", progress: undefined })),
  ).then(wake);

  return {
    async start(request) {
      const job: JobDocument = {
        id: newId(),
        request,
        state: "waiting",
        created: new Date().toISOString(),
        images: [],
        notes: [],
      };
      await workspace.putJob(job);
      tell();
      wake();
      return job;
    },
    async cancel(id) {
      const job = workspace.jobs.get(id);
      if (job === undefined) return;
      if (job.state === "running") stops.get(id)?.abort();
      else if (job.state === "waiting") await update(id, { state: "cancelled" });
      else await workspace.removeJob(id);
      tell();
    },
    listen(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    tell,
    async close() {
      closing = true;
      for (const stop of stops.values()) stop.abort();
      await running;
    },
  };
}

interface Running {
  readonly signal: AbortSignal;
  readonly onMessage: (said: unknown) => void;
}

/** An error that names what was opened, not its path on this machine. */
const nameFor = (error: unknown, { path, name }: { path: string; name: string }): unknown =>
  error instanceof CancelledError
    ? error
    : new RunError(messageOf(error).replaceAll(path, name), { cause: error });
