/** The workbench from its start to the signal that ends it. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { RunError } from "../core/errors.ts";
import { dataFolder } from "../store/index.ts";
import { openBrowser } from "./open-browser.ts";
import { serve, type Served, type ServeOptions } from "./serve.ts";

export interface RunWorkbenchOptions {
  readonly folders?: readonly string[];
  readonly host?: string | undefined;
  /** Taken or refused; by default the usual one, or a free one. */
  readonly port?: number | undefined;
  readonly workspace?: string | undefined;
  /** Whether a browser is opened. */
  readonly open: boolean;
  readonly signal: AbortSignal;
  readonly onStart: (started: { readonly address: string; readonly workspace: string }) => void;
}

/** The same from day to day, so that a bookmark finds the page again. */
const usualPort = 7337;

/** Resolves when the signal was raised and the server is down. */
export async function runWorkbench(
  options: RunWorkbenchOptions,
): Promise<{ readonly address: string }> {
  const { signal, onStart, port, host, folders = [], open } = options;
  const workspace = options.workspace ?? join(dataFolder(), "workbench");
  const manifest = new URL("../../package.json", import.meta.url);
  const { version } = JSON.parse(readFileSync(manifest, "utf8")) as { version: string };
  const settings = { workspace, version, folders, ...(host === undefined ? {} : { host }) };
  const served = await start(settings, port);
  onStart({ address: served.address, workspace });
  if (open) openBrowser(served.address);
  await new Promise<void>((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true });
  });
  await served.close();
  return { address: served.address };
}

async function start(settings: ServeOptions, port: number | undefined): Promise<Served> {
  if (port !== undefined) return serve({ ...settings, port });
  try {
    return await serve({ ...settings, port: usualPort });
  } catch (error) {
    if (!(error instanceof RunError) || !error.message.includes("the port taken")) throw error;
    return serve({ ...settings, port: 0 });
  }
}
