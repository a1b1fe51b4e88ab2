/** Builds `dist` anew, the page of the workbench with it, so that nothing of an earlier build is packed, and `vendor`. */
import { spawnSync } from "node:child_process";
import { rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { staleFiles, vendor } from "./vendor.ts";
import { buildWorkbench } from "./workbench.ts";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
if (staleFiles().length > 0) vendor();
rmSync(join(root, "dist"), { recursive: true, force: true });
const { status } = spawnSync("npx", ["tsc", "-p", "tsconfig.build.json"], {
  cwd: root,
  stdio: "inherit",
});
process.exitCode = status ?? 1;
if (status === 0) {
  const bytes = await buildWorkbench(join(root, "dist", "workbench"));
  console.log(`workbench: ${(bytes / 1000).toFixed(1)} kB compressed in the first view`);
}
