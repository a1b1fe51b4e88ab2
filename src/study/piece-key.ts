/** The content hash by which a piece of a study is known, in any store and on any machine. */
import { createHash } from "node:crypto";
import { InputError } from "../core/errors.ts";
import type { Json } from "../store/store.ts";

/**
 * JSON text that is the same for the same content: members of records in the order of their names (by
 * UTF-16 code units), no white space, numbers as the shortest text that reads back to the same 64 bits.
 * Members whose value is undefined count as absent.
 *
 * @throws InputError naming the place of a value that such text cannot keep: NaN, an infinity, -0 or
 *   something other than JSON
 */
export function canonicalJson(value: Json, place = "value"): string {
  const refuse = (found: string): never => {
    throw new InputError(
      `Cannot write ${place} as JSON: found ${found}, wanted a finite number, text, true, false, null, a list or a record`,
    );
  };
  if (value === null || typeof value === "boolean" || typeof value === "string") {
    return JSON.stringify(value);
  }
  if (typeof value === "number") {
    if (!Number.isFinite(value)) return refuse(String(value));
    return Object.is(value, -0) ? refuse("-0") : String(value);
  }
  if (typeof value !== "object") return refuse(`a ${typeof value}`);
  if (isList(value)) {
    return `[${Array.from(value, (item, i) => canonicalJson(item, `${place}.${i}`)).join(",")}]`;
  }
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) {
    return refuse(`a ${value.constructor.name}`);
  }
  const members = Object.keys(value)
    .sort()
    .flatMap((name) => {
      const member = value[name];
      if (member === undefined) return [];
      return [`${JSON.stringify(name)}:${canonicalJson(member, `${place}.${name}`)}`];
    });
  return `{${members.join(",")}}`;
}

/**
 * A value as a store gives it back: -0 becomes 0, members whose value is undefined go.
 *
 * @throws InputError as `canonicalJson` does
 */
export function keptJson(value: unknown, place: string): Json {
  if (value === null || typeof value === "boolean" || typeof value === "string") return value;
  if (typeof value === "number") {
    const number = value === 0 ? 0 : value;
    canonicalJson(number, place);
    return number;
  }
  if (Array.isArray(value)) {
    return value.map((item: unknown, i) => keptJson(item, `${place}.${i}`));
  }
  if (typeof value !== "object" || !isRecord(value)) {
    const found = typeof value === "object" ? `a ${value.constructor.name}` : `a ${typeof value}`;
    throw new InputError(
      `Cannot write ${place} as JSON: found ${found}, wanted a finite number, text, true, false, null, a list or a record`,
    );
  }
  return Object.fromEntries(
    Object.entries(value).flatMap(([name, member]) =>
      member === undefined ? [] : [[name, keptJson(member, `${place}.${name}`)]],
    ),
  );
}

function isRecord(value: object): value is Record<string, unknown> {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

function isList(value: Json): value is readonly Json[] {
  return Array.isArray(value);
}

/** What decides a piece's bytes. */
export interface PieceIdentity {
  readonly kind: string;
  /** Version of the kind. */
  readonly version: number;
  readonly inputs: Json;
  /** Role to key. */
  readonly depends: Readonly<Record<string, string>>;
}

/** sha256 (64 hex digits) of a piece's canonical JSON. @throws InputError as `canonicalJson` does */
export function pieceKey(identity: PieceIdentity): string {
  const { kind, version, inputs, depends } = identity;
  const text = canonicalJson({ kind, version, inputs, depends }, `piece ${kind}`);
  return createHash("sha256").update(text, "utf8").digest("hex");
}
