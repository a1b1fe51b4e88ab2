/** `dprime anonymise`: DICOM without the person. */
import { counted } from "../number-text.ts";
import { argument, text } from "../options.ts";
import { withPipes } from "../pipes.ts";
import { outputOptions } from "../shared-options.ts";
import { type Command, command } from "./command.ts";

export const anonymise: Command = command({
  name: "anonymise",
  summary: "Remove from DICOM files what identifies a person, and say what was removed.",
  description:
    "Follows the basic profile of the standard's confidentiality annex (PS3.15, annex E): names, dates, places, descriptions and private attributes go, UIDs are replaced consistently over all files of the call. Pixels stay as they are; what may be burned into them is warned of. The original files are not touched.",
  arguments: {
    input: argument(
      "a DICOM file, a folder that is searched with its subfolders, or - for standard input",
    ),
  },
  options: {
    ...outputOptions,
    output: text(
      "PATH",
      "file to write, or for a folder a folder; files in it are named by their new UIDs; - is standard output",
      { short: "o", required: true },
    ),
    patientId: text("ID", "new patient ID; default: empty"),
    patientName: text("NAME", "new patient name; default: empty"),
  },
  examples: [
    { line: "dprime anonymise scan.dcm -o case7.dcm --patient-id case7", about: "one file" },
    { line: "dprime anonymise study/ -o clean/", about: "a study, its references kept consistent" },
  ],
  async run({ input, output, ...values }, context) {
    const { anonymise: remove } = await import("../../workflows/anonymise.ts");
    const report = await withPipes({ input, output }, context, (paths) =>
      remove(paths.input, paths.output, { ...values, ...context.work }),
    );
    for (const warning of report.warnings) context.note(warning);
    const { skippedText } = await import("../../files/files.ts");
    for (const entry of report.refused) context.note(skippedText(entry));
    context.table(
      [
        { title: "tag" },
        { title: "attribute" },
        { title: "what was done" },
        { title: "times", align: "right" },
      ],
      report.attributes.map(({ tag, name, deed, count }) => [tag, name, deed, count]),
    );
    context.print(`${counted(report.written.length, "file")} written to ${report.output}`);
    if (report.damaged > 0) context.fail();
    return report;
  },
});
