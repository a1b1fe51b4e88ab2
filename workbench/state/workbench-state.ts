/** Everything that the parts of the page share. */
import { computed, effect, type ReadonlySignal, type Signal, signal } from "@preact/signals";
import { createContext } from "preact";
import { useContext } from "preact/hooks";
import type {
  AboutDocument,
  ImageDocument,
  JobDocument,
  MethodDocument,
} from "../../src/workflows/view/documents.ts";
import type { Backend, Connection, PickedFile } from "../backend.ts";
import { type PlaneStore, planeStore } from "../viewer/plane-store.ts";
import { startTheme, type Theme } from "./theme.ts";
import { addressOf, firstView, type View, viewOf } from "./view.ts";

/** What a drag on the image does. */
export type Tool = "move" | "window" | "region" | "line";

export interface WorkbenchState {
  readonly backend: Backend;
  readonly planes: PlaneStore;
  readonly about: ReadonlySignal<AboutDocument | undefined>;
  readonly methods: ReadonlySignal<readonly MethodDocument[]>;
  /** Undefined before the first word of the backend. */
  readonly images: ReadonlySignal<readonly ImageDocument[] | undefined>;
  readonly jobs: ReadonlySignal<readonly JobDocument[]>;
  readonly connection: ReadonlySignal<Connection>;
  readonly view: ReadonlySignal<View>;
  readonly tool: Signal<Tool>;
  readonly theme: Signal<Theme>;
  /** What was last refused, as one sentence. */
  readonly trouble: Signal<string | undefined>;
  /** Files on their way. */
  readonly sending: ReadonlySignal<{ readonly done: number; readonly total: number } | undefined>;
  /** The image that is looked at, and what became of it where a result is chosen. */
  readonly pair: ReadonlySignal<ImagePair | undefined>;
  /** Changes the view; `step` makes it a step that the browser's back button takes back. */
  look(change: Partial<View>, options?: { readonly step?: boolean }): void;
  /** Does something and shows why it cannot be done. */
  attempt(work: () => Promise<void>): Promise<void>;
  openFiles(files: readonly PickedFile[]): Promise<void>;
}

export interface ImagePair {
  readonly before: ImageDocument;
  readonly after?: ImageDocument;
}

const Shared = createContext<WorkbenchState | undefined>(undefined);
export const StateProvider = Shared.Provider;

export function useWorkbench(): WorkbenchState {
  return useContext(Shared)!;
}

export function startState(backend: Backend): WorkbenchState {
  const about = signal<AboutDocument | undefined>(undefined);
  const methods = signal<readonly MethodDocument[]>([]);
  const images = signal<readonly ImageDocument[] | undefined>(undefined);
  const jobs = signal<readonly JobDocument[]>([]);
  const connection = signal<Connection>("connecting");
  const view = signal<View>(viewOf(location.hash));
  const trouble = signal<string | undefined>(undefined);
  const sending = signal<{ done: number; total: number } | undefined>(undefined);

  const pair = computed<ImagePair | undefined>(() => {
    const all = images.value ?? [];
    const chosen = all.find(({ id }) => id === view.value.image) ?? all[0];
    if (chosen === undefined) return undefined;
    const before = all.find(({ id }) => id === chosen.from?.image);
    return before === undefined ? { before: chosen } : { before, after: chosen };
  });

  function look(change: Partial<View>, { step = false } = {}): void {
    view.value = { ...view.value, ...change };
    const address = addressOf(view.value);
    if (step) history.pushState(null, "", address);
    else history.replaceState(null, "", address);
  }

  async function attempt(work: () => Promise<void>): Promise<void> {
    try {
      trouble.value = undefined;
      await work();
    } catch (error) {
      trouble.value = error instanceof Error ? error.message : String(error);
    }
  }

  addEventListener("popstate", () => void (view.value = viewOf(location.hash)));
  let seen = new Set<string>();
  let first = true;
  backend.watch({
    connection: (value) => void (connection.value = value),
    state(state) {
      const fresh = state.images.filter(({ id }) => !seen.has(id));
      seen = new Set(state.images.map(({ id }) => id));
      images.value = state.images;
      jobs.value = state.jobs;
      // What was made just now is looked at; a page that was opened again stays where it was.
      const [newest] = first ? [] : fresh.slice(-1);
      first = false;
      if (newest !== undefined) look(lookAt(newest, pair.peek()), { step: true });
    },
  });
  const load = () =>
    attempt(async () => {
      about.value = await backend.about();
      methods.value = await backend.methods();
    });
  effect(() => {
    if (connection.value === "connected" && about.peek() === undefined) void load();
  });
  return {
    backend,
    planes: planeStore(backend),
    about,
    methods,
    images,
    jobs,
    connection,
    view,
    tool: signal<Tool>("move"),
    theme: startTheme(),
    trouble,
    sending,
    pair,
    look,
    attempt,
    openFiles: (files) =>
      attempt(async () => {
        if (files.length === 0) return;
        try {
          await backend.openFiles(files, (done, total) => void (sending.value = { done, total }));
        } finally {
          sending.value = undefined;
        }
      }),
  };
}

/** The view of another image: a result of the image that is looked at keeps place, plane and window. */
export function lookAt(image: ImageDocument, now: ImagePair | undefined): View {
  const same = now !== undefined && [image.id, image.from?.image].includes(now.before.id);
  const change = { image: image.id };
  if (same) return change as View;
  return {
    ...firstView,
    ...change,
    plane: Math.floor(image.planes / 2),
    window: undefined,
    place: undefined,
    region: undefined,
    line: undefined,
  };
}
