/** Options that commands with a figure share. */
import { basename, dirname, join } from "node:path";
import { InputError } from "../core/errors.ts";

/** A figure's path with an ending that says what to draw. */
export function figurePath(path: string | undefined): string | undefined {
  if (path !== undefined && !/\.(png|svg)$/i.test(path)) {
    throw new InputError(
      `Cannot draw ${join(dirname(path), basename(path))}: found no known ending, wanted .png or .svg`,
    );
  }
  return path;
}

/** Two rising numbers given as `LOW,HIGH` to an option. */
export function risingPair(
  text: string | undefined,
  { option, example }: { readonly option: string; readonly example: string },
): readonly [number, number] | undefined {
  if (text === undefined) return undefined;
  const parts = text.split(",").map((part) => (part.trim() === "" ? NaN : Number(part)));
  const [low = NaN, high = NaN] = parts;
  if (parts.length !== 2 || !Number.isFinite(low) || !Number.isFinite(high) || low >= high) {
    throw new InputError(
      `Cannot read --${option}: found "${text}", wanted two numbers such as ${example}, the smaller first`,
    );
  }
  return [low, high];
}

/** A display window given as `LOW,HIGH`. */
export function greyWindow(text: string | undefined): { low: number; high: number } | undefined {
  const pair = risingPair(text, { option: "window", example: "-160,240" });
  return pair === undefined ? undefined : { low: pair[0], high: pair[1] };
}
