/** Drags, wheels and pinches on the viewer, as what they do to the view. */
import type { Tool } from "../state/workbench-state.ts";

export interface Point {
  readonly x: number;
  readonly y: number;
}

/** What a hand does; points are in CSS pixels of the viewer. */
export interface Gestures {
  readonly tool: () => Tool;
  hover(at: Point | undefined): void;
  move(by: Point): void;
  zoom(factor: number, at: Point): void;
  window(by: Point): void;
  /** From where the drag began to where it is. */
  measure(tool: "region" | "line", from: Point, to: Point): void;
  plane(by: number): void;
  /** Whether a wheel goes through planes. */
  readonly hasPlanes: () => boolean;
}

/** @returns an undo */
export function listenToPointer(element: HTMLElement, gestures: Gestures): () => void {
  const held = new Map<number, Point>();
  let began: Point | undefined;
  let button = 0;
  const pointOf = (event: MouseEvent): Point => {
    const box = element.getBoundingClientRect();
    return { x: event.clientX - box.left, y: event.clientY - box.top };
  };
  const down = (event: PointerEvent): void => {
    element.setPointerCapture(event.pointerId);
    held.set(event.pointerId, pointOf(event));
    began = pointOf(event);
    button = event.button;
  };
  const pinch = (id: number, to: Point): void => {
    const [other] = [...held].filter(([key]) => key !== id).map(([, point]) => point);
    const from = held.get(id)!;
    const apart = (a: Point) => Math.hypot(a.x - other!.x, a.y - other!.y);
    const middle = { x: (to.x + other!.x) / 2, y: (to.y + other!.y) / 2 };
    if (apart(from) > 8) gestures.zoom(apart(to) / apart(from), middle);
    gestures.move({ x: (to.x - from.x) / 2, y: (to.y - from.y) / 2 });
  };
  const drag = (event: PointerEvent): void => {
    const at = pointOf(event);
    gestures.hover(at);
    const from = held.get(event.pointerId);
    if (from === undefined || began === undefined) return;
    if (held.size === 2) pinch(event.pointerId, at);
    else {
      const by = { x: at.x - from.x, y: at.y - from.y };
      const tool = gestures.tool();
      if (button === 2 || event.shiftKey || tool === "window") gestures.window(by);
      else if (button === 1 || tool === "move") gestures.move(by);
      else gestures.measure(tool, began, at);
    }
    held.set(event.pointerId, at);
  };
  const up = (event: PointerEvent): void => {
    held.delete(event.pointerId);
    if (held.size === 0) began = undefined;
  };
  const leave = (): void => gestures.hover(undefined);
  const wheel = (event: WheelEvent): void => {
    event.preventDefault();
    // A pinch on a touchpad comes as a wheel with Ctrl.
    if (event.ctrlKey || event.metaKey || !gestures.hasPlanes()) {
      gestures.zoom(Math.exp(-event.deltaY * 0.002), pointOf(event));
    } else gestures.plane(Math.sign(event.deltaY));
  };
  const menu = (event: Event): void => event.preventDefault();
  const listeners = [
    ["pointerdown", down],
    ["pointermove", drag],
    ["pointerup", up],
    ["pointercancel", up],
    ["pointerleave", leave],
    ["wheel", wheel],
    ["contextmenu", menu],
  ] as const;
  for (const [name, listener] of listeners) {
    element.addEventListener(name, listener as EventListener, { passive: false });
  }
  return () => {
    for (const [name, listener] of listeners) {
      element.removeEventListener(name, listener as EventListener);
    }
  };
}
