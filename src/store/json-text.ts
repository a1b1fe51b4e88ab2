/** JSON as text that comes back to the last bit. */
import { InputError } from "../core/errors.ts";
import type { Json } from "./store.ts";

/**
 * Text of a JSON value. Unlike `JSON.stringify` it keeps the sign of zero and refuses what would come
 * back as something else.
 *
 * @throws InputError naming the place of a value that JSON cannot carry
 */
export function exactJsonText(value: Json, path: string): string {
  switch (typeof value) {
    case "number":
      if (!Number.isFinite(value)) {
        throw new InputError(`Cannot keep ${path}: found ${value}, wanted a finite number or null`);
      }
      return Object.is(value, -0) ? "-0" : JSON.stringify(value);
    case "string":
    case "boolean":
      return JSON.stringify(value);
    case "object":
      break;
    default:
      throw new InputError(`Cannot keep ${path}: found ${typeof value}, wanted a JSON value`);
  }
  if (value === null) return "null";
  if (Array.isArray(value)) {
    return `[${value.map((item: Json, index) => exactJsonText(item, `${path}[${index}]`)).join(",")}]`;
  }
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) {
    throw new InputError(
      `Cannot keep ${path}: found ${value.constructor.name}, wanted a list, a record or a blob`,
    );
  }
  const fields = Object.entries(value)
    .filter(([, item]) => item !== undefined)
    .map(([name, item]) => `${JSON.stringify(name)}:${exactJsonText(item, `${path}.${name}`)}`);
  return `{${fields.join(",")}}`;
}
