/** What keys do on the viewer. */
import type { Mode } from "../state/view.ts";

export type KeyAction =
  | { readonly kind: "plane"; readonly by: number }
  | { readonly kind: "move"; readonly x: number; readonly y: number }
  | { readonly kind: "zoom"; readonly factor: number }
  | { readonly kind: "fit" }
  | { readonly kind: "actual" }
  | { readonly kind: "window"; readonly level: number; readonly width: number }
  | { readonly kind: "mode"; readonly mode: Mode };

interface KeyRow {
  readonly keys: readonly string[];
  readonly does: string;
}

/** For the page's own help. */
export const keyHelp: readonly KeyRow[] = [
  { keys: ["↑", "↓", "Page up", "Page down"], does: "previous and next slice, by one and by ten" },
  { keys: ["Home", "End"], does: "first and last slice" },
  { keys: ["+", "−"], does: "closer, farther" },
  { keys: ["0", "1"], does: "whole image, one pixel of the image on one of the screen" },
  { keys: ["Shift + arrows"], does: "move the image" },
  { keys: ["[", "]"], does: "narrower and wider window" },
  { keys: [",", "."], does: "lower and higher level" },
  {
    keys: ["s", "t", "w", "f", "d", "a"],
    does: "side by side, three, wipe, flicker, difference, after",
  },
];

const modeKeys: Readonly<Record<string, Mode>> = {
  s: "side",
  t: "three",
  w: "wipe",
  f: "flicker",
  d: "difference",
  a: "one",
};

const moves: Readonly<Record<string, readonly [number, number]>> = {
  ArrowLeft: [1, 0],
  ArrowRight: [-1, 0],
  ArrowUp: [0, 1],
  ArrowDown: [0, -1],
};

const planes: Readonly<Record<string, number>> = {
  ArrowUp: -1,
  ArrowDown: 1,
  ArrowLeft: -1,
  ArrowRight: 1,
  PageUp: -10,
  PageDown: 10,
  Home: -Infinity,
  End: Infinity,
};

/** @returns undefined for keys that are not the viewer's */
export function keyAction(
  event: Pick<KeyboardEvent, "key" | "shiftKey" | "ctrlKey" | "metaKey" | "altKey">,
): KeyAction | undefined {
  const { key } = event;
  if (event.ctrlKey || event.metaKey || event.altKey) return undefined;
  const move = event.shiftKey ? moves[key] : undefined;
  if (move !== undefined) return { kind: "move", x: 40 * move[0], y: 40 * move[1] };
  const by = planes[key];
  if (by !== undefined) return { kind: "plane", by };
  const mode = modeKeys[key];
  if (mode !== undefined) return { kind: "mode", mode };
  switch (key) {
    case "+":
    case "=":
      return { kind: "zoom", factor: 1.25 };
    case "-":
    case "−":
      return { kind: "zoom", factor: 0.8 };
    case "0":
      return { kind: "fit" };
    case "1":
      return { kind: "actual" };
    case "[":
      return { kind: "window", level: 0, width: 0.9 };
    case "]":
      return { kind: "window", level: 0, width: 1 / 0.9 };
    case ",":
      return { kind: "window", level: -0.05, width: 1 };
    case ".":
      return { kind: "window", level: 0.05, width: 1 };
    default:
      return undefined;
  }
}
