/** Where real images lie: beside the repository, or below the folder that DPRIME_SHARED names. */
import { existsSync } from "node:fs";
import { join } from "node:path";

/** The folder of the image collection; nothing of it is in the repository. */
export const sharedData = join(
  process.env.DPRIME_SHARED ?? join(import.meta.dirname, "..", "..", "shared"),
  "data",
);

export const haveSharedData = existsSync(sharedData);
