/** Calls the Python side of the comparisons. PYTHON names the interpreter, by default /usr/bin/python3. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { peerEnvironment } from "./environment.ts";
import { type Image, withData } from "../../src/core/image.ts";

export interface PeerResult {
  readonly image: Image;
  readonly versions: Readonly<Record<string, string>>;
  /** Seconds of each round. */
  readonly cpu: readonly number[];
  readonly wall: readonly number[];
}

/** Result of a function of denoise.py, or why there is none. */
export function askPeer(
  method: string,
  image: Image,
  options: { readonly parameters: Readonly<Record<string, unknown>>; readonly rounds?: number },
): PeerResult | { readonly absent: string } {
  const folder = mkdtempSync(join(tmpdir(), "dprime-peer-"));
  try {
    const source = join(folder, "in.f32");
    const target = join(folder, "out.f32");
    writeFileSync(source, image.data);
    let reply: string;
    try {
      reply = execFileSync(
        process.env.PYTHON ?? "/usr/bin/python3",
        [
          join(dirname(fileURLToPath(import.meta.url)), "denoise.py"),
          source,
          target,
          method,
          JSON.stringify(options.parameters),
          String(options.rounds ?? 1),
          ...image.shape.map(String),
        ],
        { env: peerEnvironment(1) },
      ).toString();
    } catch (error) {
      return { absent: String(error).slice(0, 200) };
    }
    const answer = JSON.parse(reply.trim().split("\n").at(-1)!) as
      | { absent: string }
      | { versions: Record<string, string>; cpu: number[]; wall: number[] };
    if ("absent" in answer) return answer;
    const bytes = readFileSync(target);
    const data = new Float32Array(
      bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length),
    );
    return { image: withData(image, data), ...answer };
  } finally {
    rmSync(folder, { recursive: true });
  }
}
