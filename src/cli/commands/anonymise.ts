/** `dprime anonymise`: DICOM files without what identifies a person. */
import { counted } from "../number-text.ts";
import { argument, text } from "../options.ts";
import { outputOptions } from "../shared-options.ts";
import { type Command, command } from "./command.ts";

export const anonymise: Command = command({
  name: "anonymise",
  summary: "Remove what identifies a person from DICOM files, and list what was removed.",
  description:
    "Follows the basic profile of DICOM PS3.15, annex E: removes names, dates, places, descriptions and private attributes, and replaces UIDs consistently over all files of the call. It keeps pixels as they are and warns of text that may be burned into them. The original files are not touched. In a folder, files are named after their new UIDs.",
  arguments: {
    input: argument("DICOM file, or folder, subfolders included", { pipe: "input" }),
  },
  options: {
    ...outputOptions,
    patientId: text("ID", "new patient ID; default: empty"),
    patientName: text("NAME", "new patient name; default: empty"),
  },
  examples: {
    "dprime anonymise scan.dcm -o case7.dcm --patient-id case7": "one file",
    "dprime anonymise study/ -o clean/": "a study, its references kept consistent",
  },
  async run({ input, output, ...values }, context) {
    const { anonymise: remove } = await import("../../workflows/anonymise.ts");
    const report = await remove(input, output, { ...values, ...context.work });
    context.table(report.attributes, [
      ["tag", ({ tag }) => tag],
      ["attribute", ({ name }) => name],
      ["what was done", ({ deed }) => deed],
      ["times", ({ count }) => count],
    ]);
    context.print(`${counted(report.written.length, "file")} written to ${report.output}`);
    if (report.damaged > 0) context.fail();
    return report;
  },
});
