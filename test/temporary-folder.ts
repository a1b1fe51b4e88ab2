/**
 * Every temporary file of a test run lies in one folder, which goes with the run, however it ended.
 * Also makes the folder `vendor`, which a fresh clone or a change of packages leaves stale.
 */
import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { staleFiles, vendor } from "../tools/vendor.ts";

let folder = "";

export function setup(): void {
  if (staleFiles().length > 0) vendor();
  folder = mkdtempSync(join(tmpdir(), "dprime-tests-"));
  // PostgreSQL refuses to run as root: its own user has to pass through.
  chmodSync(folder, 0o755);
  // Test processes and the programs that they start inherit it.
  process.env.TMPDIR = folder;
}

export function teardown(): void {
  rmSync(folder, { recursive: true, force: true });
}
