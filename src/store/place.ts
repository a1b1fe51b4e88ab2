/** Where a store lies: a file of SQLite or a schema of PostgreSQL, and how that is written down. */
import { homedir } from "node:os";
import { isAbsolute, join, resolve } from "node:path";
import { InputError } from "../core/errors.ts";

export type StorePlace =
  | { readonly dialect: "sqlite"; readonly path: string; readonly shown: string }
  | {
      readonly dialect: "postgres";
      /** With its password, without what only this package understands. */
      readonly url: string;
      readonly schema: string;
      /** Without its password. */
      readonly shown: string;
    };

/**
 * Folder of the user's data: `DPRIME_DATA`, else `dprime` in the platform's place (`XDG_DATA_HOME` or
 * `~/.local/share`, `~/Library/Application Support`, `%LOCALAPPDATA%`).
 */
export function dataFolder(
  environment: Readonly<Record<string, string | undefined>> = process.env,
  platform: string = process.platform,
): string {
  if (environment.DPRIME_DATA) return resolve(environment.DPRIME_DATA);
  const home = homedir();
  // The XDG rules say that a relative path is to be ignored.
  const xdg = environment.XDG_DATA_HOME;
  if (xdg && isAbsolute(xdg)) return join(xdg, "dprime");
  if (platform === "darwin") return join(home, "Library", "Application Support", "dprime");
  if (platform === "win32") {
    return join(environment.LOCALAPPDATA ?? join(home, "AppData", "Local"), "dprime");
  }
  return join(home, ".local", "share", "dprime");
}

/** The file that is used when no place is named. */
export function defaultPlace(): string {
  return join(dataFolder(), "store.sqlite");
}

/**
 * Reads a path or a URL `postgres://…[?schema=name]`.
 *
 * @throws InputError on another kind of URL or a schema's name that would need quotes
 */
export function parsePlace(place: string = defaultPlace()): StorePlace {
  if (!/^[a-z][a-z0-9+.-]+:\/\//i.test(place)) {
    if (place === "") throw new InputError("Cannot open a store: found an empty path");
    const path = resolve(place);
    return { dialect: "sqlite", path, shown: path };
  }
  let url: URL;
  try {
    url = new URL(place);
  } catch {
    // The text is not repeated: it may hold a password.
    throw new InputError(
      "Cannot open a store: found a URL that does not parse, wanted postgres://…",
    );
  }
  if (url.protocol !== "postgres:" && url.protocol !== "postgresql:") {
    throw new InputError(
      `Cannot open a store: found ${url.protocol}//…, wanted a path or postgres://…`,
    );
  }
  const schema = url.searchParams.get("schema") ?? "dprime";
  if (!/^[a-z_][a-z0-9_]{0,62}$/.test(schema)) {
    throw new InputError(
      `Cannot open a store: found the schema "${schema}", wanted lower-case letters, digits and _`,
    );
  }
  url.searchParams.delete("schema");
  const shown = new URL(url);
  shown.password = "";
  shown.searchParams.delete("password");
  if (schema !== "dprime") shown.searchParams.set("schema", schema);
  return { dialect: "postgres", url: url.href, schema, shown: shown.href };
}
