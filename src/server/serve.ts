/** Starts and ends the server. */
import { randomBytes } from "node:crypto";
import type { AddressInfo } from "node:net";
import { hostname, networkInterfaces } from "node:os";
import { arch, platform } from "node:process";
import { fileURLToPath } from "node:url";
import { serve as listen } from "@hono/node-server";
import { InputError, RunError } from "../core/errors.ts";
import { makeApp } from "./app.ts";
import { isBelow, openFolders } from "./folders.ts";
import { startJobs } from "./jobs.ts";
import { pageFiles } from "./page-files.ts";
import { uploadLimits, type UploadLimits } from "./uploads.ts";
import { openWorkspace } from "./workspace.ts";

export interface ServeOptions {
  /** Where its work is kept. */
  readonly workspace: string;
  readonly version: string;
  /** Folders that pages may open from. */
  readonly folders?: readonly string[];
  /** Defaults to 127.0.0.1; anything else gets a token. */
  readonly host?: string;
  /** Defaults to a free one. */
  readonly port?: number;
  /** Folder of the built page. */
  readonly page?: string;
  readonly limits?: UploadLimits;
}

export interface Served {
  /** What to open in a browser, with the token where there is one. */
  readonly address: string;
  readonly port: number;
  close(): Promise<void>;
}

const loopback = ["127.0.0.1", "localhost", "::1"];
const builtPage = fileURLToPath(new URL("../workbench", import.meta.url));
/** The id by which a page names a file that it sent. */
const uploadsId = "uploads";

/** @throws RunError when the port is taken or the page was not built; InputError on a wrong folder */
export async function serve(options: ServeOptions): Promise<Served> {
  const { host = "127.0.0.1", port = 0, limits = uploadLimits, version } = options;
  const token = loopback.includes(host) ? undefined : randomBytes(24).toString("base64url");
  const page = await pageFiles(options.page ?? builtPage);
  const folders = await openFolders(options.folders ?? []);
  const workspace = await openWorkspace(options.workspace);
  const jobs = startJobs({
    workspace,
    async pathOf({ folder, path }) {
      if (folder !== uploadsId) return { path: await folders.pathOf(folder, path) };
      const upload = /^[0-9a-f]{12}(?=\/|$)/.exec(path)?.[0] ?? "";
      const whole = `${workspace.uploadFolder(upload)}${path.slice(upload.length)}`;
      if (upload === "" || !isBelow(workspace.uploadFolder(upload), whole)) {
        throw new InputError("Cannot open the files: found no such upload");
      }
      return { path: whole, upload };
    },
  });
  let bound = port;
  const closing = new AbortController();
  const app = makeApp({
    page,
    workspace,
    jobs,
    folders,
    limits,
    token,
    hosts: () => namesOf(host).map((name) => `${bracketed(name)}:${bound}`),
    about: {
      version,
      system: `Node ${process.versions.node}, ${platform} ${arch}`,
      folders: folders.open,
      largestFile: limits.fileBytes,
    },
    closing: closing.signal,
  });
  const server = await new Promise<ReturnType<typeof listen>>((resolve, reject) => {
    const started = listen({ fetch: app.fetch, hostname: host, port }, () => resolve(started));
    started.once("error", (error: NodeJS.ErrnoException) => {
      const taken = error.code === "EADDRINUSE";
      reject(
        new RunError(
          `Cannot start the workbench on ${host}:${port}: found ${taken ? "the port taken" : error.message}, wanted a free one; try option port 0`,
        ),
      );
    });
  });
  bound = (server.address() as AddressInfo).port;
  return {
    address: `http://${bracketed(host)}:${bound}/${token === undefined ? "" : `?token=${token}`}`,
    port: bound,
    async close() {
      closing.abort();
      await jobs.close();
      await new Promise<void>((resolve) => {
        server.close(() => resolve());
        if ("closeAllConnections" in server) server.closeAllConnections();
      });
    },
  };
}

/** What this machine is called when it listens there. */
function namesOf(host: string): string[] {
  const own = Object.values(networkInterfaces()).flatMap((all) => all ?? []);
  const everywhere = host === "0.0.0.0" || host === "::";
  const more = everywhere ? [hostname(), ...own.map(({ address }) => address)] : [];
  return [...new Set([host, ...loopback, ...more])].map((name) => name.toLowerCase());
}

const bracketed = (name: string): string => (name.includes(":") ? `[${name}]` : name);
