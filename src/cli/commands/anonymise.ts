/** `dprime anonymise`: DICOM without the person. */
import type { AnonymiseEntry } from "../../dicom/anonymise.ts";
import type { Command, CommandContext } from "./command.ts";

export const anonymise: Command = {
  name: "anonymise",
  summary: "Remove from DICOM files what identifies a person, and say what was removed.",
  description:
    "Follows the basic profile of the standard's confidentiality annex (PS3.15, annex E): names, dates, places,\ndescriptions and private attributes go, UIDs are replaced consistently over all files of the call. Pixels stay\nas they are; what may be burned into them is warned of. The original files are not touched.",
  arguments: [
    { name: "input", about: "a DICOM file, or a folder that is searched with its subfolders" },
  ],
  options: [
    {
      name: "output",
      short: "o",
      type: "text",
      placeholder: "PATH",
      required: true,
      about: "file to write, or for a folder a folder; files in it are named by their new UIDs",
    },
    {
      name: "patient-id",
      type: "text",
      placeholder: "ID",
      about: "new patient ID; empty when absent",
    },
    {
      name: "patient-name",
      type: "text",
      placeholder: "NAME",
      about: "new patient name; empty when absent",
    },
  ],
  examples: [
    { line: "dprime anonymise scan.dcm -o case7.dcm --patient-id case7", about: "one file" },
    { line: "dprime anonymise study/ -o clean/", about: "a study, its references kept consistent" },
  ],
  async run(context) {
    // Loaded when called: help and suggestions need none of it.
    const { anonymisePath } = await import("../../workflows/anonymise-path.ts");
    const { values } = context;
    const report = await anonymisePath({
      input: values.need("input"),
      output: values.need("output"),
      patientId: values.text("patient-id"),
      patientName: values.text("patient-name"),
      signal: context.signal,
      onProgress: context.onProgress,
    });
    for (const warning of report.warnings) context.note(warning);
    for (const { name, reason } of report.refused) context.note(`${name} is left out: ${reason}`);
    printReport(context, report.attributes);
    context.print(
      `${report.written.length} file${report.written.length === 1 ? "" : "s"} written to ${report.output}`,
    );
    context.result({ command: "anonymise", ...report });
    return report.damaged > 0 ? 1 : 0;
  },
};

function printReport(context: CommandContext, attributes: readonly AnonymiseEntry[]): void {
  context.table(
    [
      { title: "tag" },
      { title: "attribute" },
      { title: "what was done" },
      { title: "times", align: "right" },
    ],
    attributes.map(({ tag, name, deed, count }) => [tag, name, deed, count]),
  );
}
