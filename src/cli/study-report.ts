/** What commands say of a study: the run when it starts or stops, the report when it is done. */
import { CancelledError } from "../core/errors.ts";
import type { ReportPlace, RunStudyOptions, StudyResult } from "../workflows/run-study.ts";
import type { CommandContext } from "./commands/command.ts";

/** Progress, the signal, and notes of what a user should know. */
export const noticed = (context: CommandContext) => ({
  ...context.work,
  onNotice: (notice: string): void => context.note(notice),
});

type Heard = ReturnType<typeof noticed> & Pick<RunStudyOptions, "onStart">;

/**
 * Runs a study, says under which id it may be resumed, writes and prints its report.
 *
 * @returns the command's document
 */
export async function runAndReport(
  context: CommandContext,
  run: (heard: Heard) => Promise<StudyResult>,
  place: ReportPlace,
): Promise<object> {
  const { studyDocument, withReport } = await import("../workflows/run-study.ts");
  let id = "";
  const onStart: Heard["onStart"] = (started) => {
    ({ id } = started);
    context.note(`run ${id} in ${started.store}`);
  };
  try {
    const reported = await withReport(() => run({ ...noticed(context), onStart }), place);
    await printReport(context, reported);
    context.print(`Report: ${reported.folder}/report.html`);
    return studyDocument(reported);
  } catch (error) {
    if (error instanceof CancelledError && id !== "") {
      context.note(`run ${id} is stopped; dprime study resume ${id} continues it`);
    }
    throw error;
  }
}

/** The claims of a paper, or everything else that a report says. */
async function printReport(context: CommandContext, { report }: StudyResult): Promise<void> {
  const { claims = [] } = report;
  context.table(claims, [
    ["status", ({ status }) => status],
    ["claim", ({ figure, claim }) => `${figure}: ${claim}`],
    ["paper", ({ paper }) => paper ?? undefined],
    ["here", ({ found }) => found ?? undefined],
    ["tolerance", ({ tolerance }) => tolerance ?? undefined],
  ]);
  if (claims.length > 0) return;
  const { reportMarkdown } = await import("../study/index.ts");
  context.printText(reportMarkdown({ ...report, provenance: {} }).split("\n## Provenance")[0]!);
}
