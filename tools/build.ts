/** Builds `dist` anew, so that nothing of an earlier build is packed, and the folder `vendor`. */
import { spawnSync } from "node:child_process";
import { rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { staleFiles, vendor } from "./vendor.ts";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
if (staleFiles().length > 0) vendor();
rmSync(join(root, "dist"), { recursive: true, force: true });
const { status } = spawnSync("npx", ["tsc", "-p", "tsconfig.build.json"], {
  cwd: root,
  stdio: "inherit",
});
process.exitCode = status ?? 1;
