/** The addresses of the server. Errors are told as one sentence; names of patients' files never reach a log. */
import { createReadStream } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { Readable } from "node:stream";
import { Hono } from "hono";
import { streamSSE } from "hono/streaming";
import { InputError, messageOf } from "../core/errors.ts";
import { visibleText } from "../core/visible-text.ts";
import type { AboutDocument, StateDocument } from "../workflows/view/documents.ts";
import { methodForms } from "../workflows/view/method-forms.ts";
import { bytesPerValue } from "../workflows/view/plane-encoding.ts";
import type { Folders } from "./folders.ts";
import { guard, type GuardOptions } from "./guard.ts";
import type { Jobs } from "./jobs.ts";
import { thumbnailName, valuesName } from "./names.ts";
import type { PageFile } from "./page-files.ts";
import { jobRequestOf } from "./requests.ts";
import { saveImage } from "./save-image.ts";
import { checkedPath, takeFile, TooLarge, type UploadLimits } from "./uploads.ts";
import type { Workspace } from "./workspace.ts";

export interface AppOptions extends GuardOptions {
  readonly page: ReadonlyMap<string, PageFile>;
  readonly workspace: Workspace;
  readonly jobs: Jobs;
  readonly folders: Folders;
  readonly limits: UploadLimits;
  readonly about: AboutDocument;
  /** Raised when the server closes: streams of events end then. */
  readonly closing: AbortSignal;
}

/** Milliseconds between two tellings of what changed. */
const tellEvery = 100;

export function makeApp(options: AppOptions): Hono {
  const { page, workspace, jobs, folders, limits, about } = options;
  const app = new Hono();
  app.use(guard(options));
  app.onError((error, context) => {
    const status = error instanceof TooLarge ? 413 : error instanceof InputError ? 400 : 500;
    return context.json({ error: visibleText(messageOf(error)) }, status);
  });
  app.notFound((context) => context.json({ error: "Cannot answer: found no such address" }, 404));

  const sent = new Map<string, { bytes: number; files: number }>();
  const state = (): StateDocument => ({
    images: [...workspace.images.values()].map(({ document }) => document),
    jobs: [...workspace.jobs.values()].sort((a, b) => (a.created < b.created ? -1 : 1)),
  });

  app.get("/api/about", (context) => context.json(about));
  app.get("/api/methods", async (context) => context.json(await methodForms()));
  app.get("/api/state", (context) => context.json(state()));
  app.get("/api/events", (context) =>
    streamSSE(context, async (stream) => {
      let changed = true;
      let wake = () => {};
      const undo = jobs.listen(() => {
        changed = true;
        wake();
      });
      const end = () => wake();
      stream.onAbort(end);
      options.closing.addEventListener("abort", end);
      while (!stream.aborted && !options.closing.aborted) {
        if (changed) {
          changed = false;
          await stream.writeSSE({ event: "state", data: JSON.stringify(state()) });
          await stream.sleep(tellEvery);
        } else {
          // A word now and then shows both sides that the other is there.
          const timer = setTimeout(() => wake(), 15_000);
          await new Promise<void>((resolve) => void (wake = resolve));
          clearTimeout(timer);
          if (!changed) await stream.writeSSE({ event: "beat", data: "" });
        }
      }
      options.closing.removeEventListener("abort", end);
      undo();
    }),
  );

  app.get("/api/folders/:folder", async (context) =>
    context.json(await folders.list(context.req.param("folder"), context.req.query("path") ?? "")),
  );

  app.post("/api/uploads", async (context) => {
    const { id } = await workspace.newUpload();
    sent.set(id, { bytes: 0, files: 0 });
    return context.json({ id });
  });
  app.put("/api/uploads/:id", async (context) => {
    const id = context.req.param("id");
    const so = sent.get(id);
    if (so === undefined) throw new InputError("Cannot take the file: found no such upload");
    const path = checkedPath(context.req.query("path") ?? "");
    const limit = Math.min(limits.fileBytes, limits.totalBytes - so.bytes);
    const stated = Number(context.req.header("content-length") ?? 0);
    if (stated > limit || so.files >= limits.files) {
      throw new TooLarge(
        `Cannot take the file: found more than ${limits.fileBytes} bytes or ${limits.files} files, wanted at most that; open its folder with dprime workbench FOLDER`,
      );
    }
    so.files++;
    const folder = workspace.uploadFolder(id);
    so.bytes += await takeFile(context.req.raw.body, { folder, path, limit });
    return context.json({ bytes: so.bytes });
  });

  app.post("/api/jobs", async (context) => {
    const request = await jobRequestOf(await context.req.json().catch(() => undefined));
    return context.json(await jobs.start(request));
  });
  app.delete("/api/jobs/:id", async (context) => {
    await jobs.cancel(context.req.param("id"));
    return context.json({});
  });

  const imageOf = (id: string) => {
    const kept = workspace.images.get(id);
    if (kept === undefined) {
      throw new InputError("Cannot show the image: found none of this name, wanted an open one");
    }
    return kept;
  };
  app.get("/api/images/:id/planes", (context) => {
    const id = context.req.param("id");
    const { type, planes, rows, columns } = imageOf(id).document;
    const [from, count] = [context.req.query("from"), context.req.query("count")].map(Number) as [
      number,
      number,
    ];
    const good = [from, count].every(Number.isInteger) && from >= 0 && count >= 1;
    if (!good || from + count > planes) {
      throw new InputError(
        `Cannot read planes: found ${from} and ${count}, wanted some of ${planes}`,
      );
    }
    const size = rows * columns * bytesPerValue[type];
    const file = join(workspace.imageFolder(id), valuesName);
    const bytes = createReadStream(file, { start: from * size, end: (from + count) * size - 1 });
    return context.body(Readable.toWeb(bytes) as ReadableStream, 200, {
      "content-type": "application/octet-stream",
      "content-length": String(count * size),
    });
  });
  app.get("/api/images/:id/thumbnail", async (context) => {
    const id = context.req.param("id");
    imageOf(id);
    const bytes = await readFile(join(workspace.imageFolder(id), thumbnailName));
    return context.body(new Uint8Array(bytes), 200, { "content-type": "image/png" });
  });
  app.post("/api/images/:id/save", async (context) => {
    const { name, bytes, lost } = await saveImage(workspace, imageOf(context.req.param("id")), {
      ending: context.req.query("as"),
      signal: context.req.raw.signal,
    });
    return context.body(bytes, 200, {
      "content-type": "application/octet-stream",
      // Headers hold ASCII alone.
      "x-name": encodeURIComponent(name),
      "x-lost": encodeURIComponent(JSON.stringify(lost)),
    });
  });
  app.delete("/api/images/:id", async (context) => {
    await workspace.removeImage(context.req.param("id"));
    jobs.tell();
    return context.json({});
  });

  app.get("*", (context) => {
    const file = page.get(context.req.path);
    if (file === undefined) return context.notFound();
    return context.body(file.bytes, 200, { "content-type": file.type });
  });
  return app;
}
