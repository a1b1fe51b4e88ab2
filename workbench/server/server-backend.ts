/** The work done by the server that sent this page. */
import type { JobDocument, StateDocument } from "../../src/workflows/view/documents.ts";
import type { Backend, Watcher } from "../backend.ts";

/** Shows the server that a page of its own asks. */
const own = { "x-dprime": "1" };

type Asked = Omit<RequestInit, "headers"> & { readonly headers?: Readonly<Record<string, string>> };

async function ask(path: string, init: Asked = {}): Promise<Response> {
  const headers = { ...own, ...init.headers };
  const response = await fetch(`api/${path}`, { ...init, headers }).catch(() => {
    throw new Error(
      "Cannot reach the server: found no answer, wanted dprime workbench still running; start it again, its work is kept",
    );
  });
  if (response.ok) return response;
  const answer = (await response.json().catch(() => ({}))) as { error?: string };
  throw new Error(answer.error ?? `Cannot go on: found status ${response.status} of the server`);
}

const json = async <T>(path: string, init?: Asked): Promise<T> =>
  (await (await ask(path, init)).json()) as T;

const post = (path: string, body: unknown = {}): Promise<Response> =>
  ask(path, {
    method: "POST",
    body: JSON.stringify(body),
    headers: { "content-type": "application/json" },
  });

export const serverBackend: Backend = {
  kind: "server",
  savedAs: [".nii.gz", ".npy", ".nrrd", ".mha", ".tif"],
  about: () => json("about"),
  methods: () => json("methods"),
  watch(watcher) {
    let ended = false;
    let events: EventSource | undefined;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const listen = (): void => {
      events = listenTo(watcher, () => {
        // A browser gives up for good after some failures; this page does not.
        if (!ended) timer = setTimeout(listen, 1000);
      });
    };
    listen();
    return () => {
      ended = true;
      clearTimeout(timer);
      events?.close();
    };
  },
  async openFiles(files, onProgress) {
    const { id } = (await (await post("uploads")).json()) as { id: string };
    for (const [i, { path, file }] of files.entries()) {
      onProgress(i, files.length);
      await ask(`uploads/${id}?path=${encodeURIComponent(path)}`, { method: "PUT", body: file });
    }
    onProgress(files.length, files.length);
    const [first] = files;
    const single = files.length === 1 && first !== undefined;
    const top = first?.path.split("/")[0] ?? "images";
    const place = { folder: "uploads", path: single ? `${id}/${first.path}` : id };
    const name = files.every(({ path }) => path.startsWith(`${top}/`)) || single ? top : "files";
    await post("jobs", { kind: "open", name, place });
  },
  listFolder: (folder, path) => json(`folders/${folder}?path=${encodeURIComponent(path)}`),
  start: async (request) => (await (await post("jobs", request)).json()) as JobDocument,
  cancel: async (job) => void (await ask(`jobs/${job}`, { method: "DELETE" })),
  closeImage: async (image) => void (await ask(`images/${image}`, { method: "DELETE" })),
  planes: async (image, { from, count }) =>
    (await ask(`images/${image}/planes?from=${from}&count=${count}`)).arrayBuffer(),
  thumbnail: (image) => `api/images/${image}/thumbnail`,
  async save(image, ending) {
    const as = ending === undefined ? "" : `?as=${encodeURIComponent(ending)}`;
    const response = await post(`images/${image}/save${as}`);
    const header = (name: string) => decodeURIComponent(response.headers.get(name) ?? "");
    return {
      name: header("x-name") || "image",
      blob: await response.blob(),
      lost: JSON.parse(header("x-lost") || "[]") as string[],
    };
  },
};

function listenTo(watcher: Watcher, onEnd: () => void): EventSource {
  const events = new EventSource("api/events");
  events.addEventListener("open", () => watcher.connection("connected"));
  events.addEventListener("state", ({ data }: MessageEvent<string>) => {
    watcher.connection("connected");
    watcher.state(JSON.parse(data) as StateDocument);
  });
  events.addEventListener("error", () => {
    watcher.connection("lost");
    events.close();
    onEnd();
  });
  return events;
}
