/** The images of a pair on their panes, moved together by hand and keys. */
import { useSignal, useSignalEffect } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { type ImagePair, useWorkbench, type WorkbenchState } from "../state/workbench-state.ts";
import { type GlPanes, openPanes, type Scene, type Shown } from "./gl-panes.ts";
import { keyAction } from "./keys.ts";
import { Marks } from "./marks.tsx";
import { type LabelledPane, panesOf } from "./panes.ts";
import { listenToPointer, type Point } from "./pointer.ts";
import type { Plane } from "./plane-store.ts";
import { Readout } from "./readout.tsx";
import { type Looking, lookingOf } from "./looking.ts";
import { imagePoint, moved, type PaneSize, zoomed } from "./view-place.ts";

/** Milliseconds that each of two images shows while they flicker. */
const flickEvery = 500;

export function Viewer({ pair }: { readonly pair: ImagePair }) {
  const state = useWorkbench();
  const canvas = useRef<HTMLCanvasElement>(null);
  const frame = useRef<HTMLDivElement>(null);
  const gl = useRef<GlPanes | undefined>(undefined);
  const size = useSignal<PaneSize>({ width: 1, height: 1 });
  const wipe = useSignal(0.5);
  const flick = useSignal<Shown>("before");
  const hover = useSignal<Point | undefined>(undefined);
  const loaded = useSignal(0);
  const looking = lookingOf(pair, state.view.value);
  const mode = pair.after === undefined ? "single" : state.view.value.mode;
  const panes = panesOf(mode, size.value, { wipe: wipe.value, flick: flick.value });
  const planes = shownPlanes(state, pair, looking);
  void loaded.value;

  // What was drawn last stays until the next planes are there.
  useEffect(() => {
    let gone = false;
    void state.attempt(async () => {
      const needed = [pair.before, ...(pair.after === undefined ? [] : [pair.after])];
      await Promise.all(needed.map((image) => state.planes.load(image, looking.plane)));
      if (!gone) loaded.value++;
      const next = Math.min(pair.before.planes - 1, looking.plane + 8);
      for (const image of needed) await state.planes.load(image, next);
    });
    return () => void (gone = true);
  }, [pair.before.id, pair.after?.id, looking.plane]);

  useEffect(() => {
    const element = frame.current!;
    const watch = new ResizeObserver(() => {
      size.value = { width: element.clientWidth, height: element.clientHeight };
    });
    watch.observe(element);
    void state.attempt(async () => void (gl.current = openPanes(canvas.current!)));
    return () => {
      watch.disconnect();
      gl.current?.dispose();
      gl.current = undefined;
    };
  }, []);

  useEffect(() => {
    if (mode !== "flicker") return;
    const timer = setInterval(() => {
      flick.value = flick.value === "before" ? "after" : "before";
    }, flickEvery);
    return () => clearInterval(timer);
  }, [mode]);

  useSignalEffect(() => {
    const { width, height } = size.value;
    const element = canvas.current;
    if (element === null) return;
    element.width = Math.round(width * devicePixelRatio);
    element.height = Math.round(height * devicePixelRatio);
  });

  useEffect(() => {
    if (planes === undefined || gl.current === undefined) return;
    const { place, window, spread } = looking;
    const ground: Scene["ground"] = [0.035, 0.039, 0.043];
    gl.current.draw({ ...planes, size: looking.size, place, window, spread, panes, ground });
    frame.current!.dataset.drawn = `${planes.before.key} ${planes.after?.key ?? ""}`;
  });

  const now = useRef({ looking, panes, pair });
  now.current = { looking, panes, pair };
  useEffect(() => {
    const paneAt = (at: Point): LabelledPane =>
      now.current.panes.find(({ left, width, clip }) => {
        const from = left + (clip?.left ?? 0);
        return at.x >= from && at.x <= from + (clip?.width ?? width);
      }) ?? now.current.panes[0]!;
    const inPane = (at: Point, pane: LabelledPane) => ({ x: at.x - pane.left, y: at.y - pane.top });
    const pointOf = (at: Point): Point => {
      const pane = paneAt(at);
      const { place, size: image } = now.current.looking;
      return imagePoint(inPane(at, pane), { place, size: image, pane });
    };
    const viewIn = (pane: PaneSize) => {
      const { place, size: image } = now.current.looking;
      return { place, size: image, pane };
    };
    const place = (next: ReturnType<typeof moved>) =>
      state.look({ place: { zoom: next.zoom!, x: next.x, y: next.y } });
    return listenToPointer(frame.current!, {
      tool: () => state.tool.value,
      hasPlanes: () => now.current.pair.before.planes > 1,
      hover: (at) => void (hover.value = at === undefined ? undefined : pointOf(at)),
      move: (by) => place(moved(viewIn(now.current.panes[0]!), by)),
      zoom(factor, at) {
        const pane = paneAt(at);
        place(zoomed(viewIn(pane), { factor, at: inPane(at, pane) }));
      },
      window: (by) =>
        changeWindow(state, now.current.looking, { level: -by.y / 400, width: 1 + by.x / 300 }),
      plane: (by) => goToPlane(state, now.current, by),
      measure(tool, from, to) {
        const [a, b] = [pointOf(from), pointOf(to)];
        const [x, y] = [Math.floor(Math.min(a.x, b.x)), Math.floor(Math.min(a.y, b.y))];
        const [right, bottom] = [Math.ceil(Math.max(a.x, b.x)), Math.ceil(Math.max(a.y, b.y))];
        if (tool === "region") {
          state.look({ region: { x, y, width: right - x, height: bottom - y } });
        } else {
          const whole = (p: Point) => [Math.floor(p.x), Math.floor(p.y)] as const;
          state.look({ line: { from: whole(a), to: whole(b) } });
        }
      },
    });
  }, []);

  const onKeyDown = (event: KeyboardEvent): void => {
    const action = keyAction(event);
    if (action === undefined) return;
    event.preventDefault();
    const pane = panes[0]!;
    const view = { place: looking.place, size: looking.size, pane };
    const place = (next: ReturnType<typeof moved>) =>
      state.look({ place: { zoom: next.zoom!, x: next.x, y: next.y } });
    const middle = { x: pane.width / 2, y: pane.height / 2 };
    if (action.kind === "plane") goToPlane(state, now.current, action.by);
    else if (action.kind === "move") place(moved(view, action));
    else if (action.kind === "zoom") place(zoomed(view, { factor: action.factor, at: middle }));
    else if (action.kind === "fit") state.look({ place: undefined });
    else if (action.kind === "actual") {
      state.look({ place: { zoom: 1, x: looking.place.x, y: looking.place.y } });
    } else if (action.kind === "window") changeWindow(state, looking, action);
    else state.look({ mode: action.mode });
  };

  const { planes: count } = pair.before;
  return (
    <div class="viewer">
      <div
        class={`frame tool-${state.tool.value}`}
        ref={frame}
        tabIndex={0}
        role="application"
        aria-label={`Viewer: ${pair.before.name}, slice ${looking.plane + 1} of ${count}. Arrow keys change the slice, plus and minus the zoom; the help lists all keys.`}
        onKeyDown={onKeyDown}
      >
        <canvas ref={canvas} aria-hidden="true" />
        <Marks panes={panes} looking={looking} view={state.view.value} />
        {mode === "wipe" && (
          <input
            class="wipe"
            type="range"
            min="0"
            max="1"
            step="0.005"
            aria-label="Wipe between before and after"
            value={wipe.value}
            onInput={(event) => void (wipe.value = Number(event.currentTarget.value))}
            onKeyDown={(event) => event.stopPropagation()}
            onPointerDown={(event) => event.stopPropagation()}
          />
        )}
      </div>
      {count > 1 && (
        <label class="planes">
          <span>
            slice {looking.plane + 1} / {count}
          </span>
          <input
            type="range"
            min="0"
            max={count - 1}
            value={looking.plane}
            onInput={(event) => state.look({ plane: Number(event.currentTarget.value) })}
          />
        </label>
      )}
      <Readout pair={pair} planes={planes} at={hover.value} />
    </div>
  );
}

function shownPlanes(
  { planes }: WorkbenchState,
  { before, after }: ImagePair,
  { plane }: Looking,
): { readonly before: Plane; readonly after: Plane | undefined } | undefined {
  const a = planes.get(before, plane);
  const b = after === undefined ? undefined : planes.get(after, plane);
  return a === undefined || (after !== undefined && b === undefined)
    ? undefined
    : { before: a, after: b };
}

function goToPlane(
  state: WorkbenchState,
  { looking, pair }: { readonly looking: Looking; readonly pair: ImagePair },
  by: number,
): void {
  const plane = Math.min(pair.before.planes - 1, Math.max(0, looking.plane + by));
  if (plane !== looking.plane) state.look({ plane });
}

/** @param change.level shift in widths; @param change.width factor */
function changeWindow(
  state: WorkbenchState,
  { window: { low, high } }: Looking,
  change: { readonly level: number; readonly width: number },
): void {
  const width = Math.max((high - low) * Math.max(0.2, change.width), 1e-9);
  const middle = (low + high) / 2 + change.level * (high - low);
  state.look({ window: { low: middle - width / 2, high: middle + width / 2 } });
}
