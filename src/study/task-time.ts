/** Whether pieces fit into the time of one task of a cluster. */
import { secondsToSave } from "../cluster/index.ts";
import { InputError } from "../core/errors.ts";
import type { GraphPiece } from "./piece-graph.ts";
import { catalogue } from "./pieces/catalogue.ts";
import { kindOf, type PieceCatalogue } from "./run-piece.ts";

/** Seconds in which a piece that keeps checkpoints is sure to get further. */
const leastSeconds = 60;

/**
 * Checks unfinished pieces against the time limit of a task, `seconds`.
 *
 * @throws InputError naming the longest piece that has to be done in one go
 */
export async function checkTaskTime(
  pieces: Iterable<Pick<GraphPiece, "label" | "kind" | "weight">>,
  {
    label,
    seconds,
    kinds = catalogue,
  }: { readonly label: string; readonly seconds: number; readonly kinds?: PieceCatalogue },
): Promise<void> {
  let longest = { label: "", seconds: 0 };
  for (const piece of pieces) {
    const { resumes } = await kindOf(piece.kind, kinds);
    const least = resumes ? Math.min(piece.weight, leastSeconds) : piece.weight;
    if (least > longest.seconds) longest = { label: piece.label, seconds: least };
  }
  if (longest.seconds <= seconds - secondsToSave(seconds)) return;
  let wanted = Math.ceil(longest.seconds);
  while (longest.seconds > wanted - secondsToSave(wanted)) wanted++;
  throw new InputError(
    `Cannot run ${label} in tasks of ${seconds} s: found that "${longest.label}" takes about ${Math.ceil(longest.seconds)} s on one thread, wanted at least ${wanted} s by option time`,
  );
}
