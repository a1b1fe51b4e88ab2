/** Options that commands with a figure share. */
import { basename, dirname, join } from "node:path";
import { InputError } from "../../core/errors.ts";

/** A figure's path with an ending that says what to draw. */
export function figurePath(path: string | undefined): string | undefined {
  if (path !== undefined && !/\.(png|svg)$/i.test(path)) {
    throw new InputError(
      `Cannot draw ${join(dirname(path), basename(path))}: found no known ending, wanted .png or .svg`,
    );
  }
  return path;
}

/** A display window given as `LOW,HIGH`. */
export function greyWindow(text: string | undefined): { low: number; high: number } | undefined {
  if (text === undefined) return undefined;
  const [low, high, ...rest] = text
    .split(",")
    .map((part) => (part.trim() === "" ? NaN : Number(part)));
  if (
    low === undefined ||
    high === undefined ||
    rest.length > 0 ||
    !Number.isFinite(low) ||
    !Number.isFinite(high) ||
    low >= high
  ) {
    throw new InputError(
      `Cannot read --window: found "${text}", wanted two numbers such as -160,240, the smaller first`,
    );
  }
  return { low, high };
}
