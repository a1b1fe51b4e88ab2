/** Images of a method, gathered from the chunks that a piece depends on. */
import { float32Of } from "./bytes.ts";
import type { PieceContext } from "./piece.ts";
import type { CaseClass, Role } from "./scene.ts";

/** Role under which a piece depends on one chunk of images. */
export const chunkRole = (role: Role, which: CaseClass, chunk: number): string =>
  `${role} ${which} ${String(chunk).padStart(5, "0")}`;

/** All images of a role and class, laid one after the other in the order of the cases. */
export function imagesOf(
  depends: PieceContext["depends"],
  { role, which, setting }: { role: Role; which: CaseClass; setting: string },
): Float32Array {
  const parts = Object.keys(depends)
    .filter((name) => name.startsWith(`${role} ${which} `))
    .sort()
    .map((name) => float32Of(depends[name]!.blobs[setting]!));
  const out = new Float32Array(parts.reduce((n, part) => n + part.length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}
