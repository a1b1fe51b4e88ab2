/** Every temporary file of a test run lies in one folder, which goes with the run, however it ended. */
import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

let folder = "";

export function setup(): void {
  folder = mkdtempSync(join(tmpdir(), "dprime-tests-"));
  // PostgreSQL refuses to run as root: its own user has to pass through.
  chmodSync(folder, 0o755);
  // Test processes and the programs that they start inherit it.
  process.env.TMPDIR = folder;
}

export function teardown(): void {
  rmSync(folder, { recursive: true, force: true });
}
