/** What commands say of a study: the run when it starts or stops, the report when it is done. */
import { CancelledError } from "../core/errors.ts";
import type { RunStudyOptions, StudyResult } from "../workflows/run-study.ts";
import type { CommandContext } from "./commands/command.ts";

/** Runs a study and says under which id it may be resumed. */
export async function hearRun(
  context: CommandContext,
  run: (onStart: NonNullable<RunStudyOptions["onStart"]>) => Promise<StudyResult>,
): Promise<StudyResult> {
  let id = "";
  try {
    return await run((started) => {
      ({ id } = started);
      context.note(`run ${id} in ${started.store}`);
    });
  } catch (error) {
    if (error instanceof CancelledError && id !== "") {
      context.note(`run ${id} is stopped; dprime study resume ${id} goes on`);
    }
    throw error;
  }
}

/** Writes the report, prints what it says and gives the command's document. */
export async function finishStudy(
  context: CommandContext,
  result: StudyResult,
  { folder, force }: { readonly folder: string; readonly force: boolean },
): Promise<object> {
  const { writeStudyReport } = await import("../workflows/run-study.ts");
  const { run, report, pieces, store } = result;
  const files = await writeStudyReport(result, folder, { force });
  const { claims = [] } = report;
  if (claims.length > 0) {
    context.table(
      [
        { title: "status" },
        { title: "claim" },
        { title: "paper", align: "right" },
        { title: "here", align: "right" },
        { title: "tolerance", align: "right" },
      ],
      claims.map(({ status, claim, figure, paper, found, tolerance }) => [
        status,
        `${figure}: ${claim}`,
        paper ?? undefined,
        found ?? undefined,
        tolerance ?? undefined,
      ]),
    );
  } else {
    const { reportMarkdown } = await import("../study/index.ts");
    context.printText(reportMarkdown({ ...report, provenance: {} }).split("\n## Provenance")[0]!);
  }
  context.print(`Report: ${folder}/report.html`);
  const { id, study, status } = run;
  const tables = report.sections.flatMap((section) => section.tables ?? []);
  return { run: id, study, status, ...pieces, store, folder, files, claims, tables };
}
