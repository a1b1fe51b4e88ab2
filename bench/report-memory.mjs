// Preloaded into a measured process: writes its peak memory in MB to the file that the environment names.
import { writeFileSync } from "node:fs";

process.on("exit", () => {
  const file = process.env.DPRIME_BENCH_MEMORY;
  if (file) writeFileSync(file, String(process.resourceUsage().maxRSS / 1024));
});
