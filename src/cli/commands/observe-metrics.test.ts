import { mkdtemp, mkdir, readFile, rm } from "node:fs/promises";
import { existsSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { gaussianWorld } from "../../../test/worlds/gaussian-world.ts";
import { makeImage } from "../../core/image.ts";
import { saveImage } from "../../formats/files.ts";
import { parseImrmc } from "../../stats/imrmc.ts";
import { runCommandLine } from "../run.ts";

const shared = join(process.env.DPRIME_SHARED ?? "../shared/data", "2_paired_dose/lcd_ct_fbp");
const haveShared = existsSync(shared);
if (!haveShared) console.log(`skipped: ${shared} is not there`);

async function call(...words: string[]): Promise<{ code: number; out: string; err: string; json: () => any }> {
  let out = "";
  let err = "";
  const code = await runCommandLine(words, {
    out: (text) => void (out += text),
    err: (text) => void (err += text),
  } as never);
  return { code, out, err, json: () => JSON.parse(out) };
}
