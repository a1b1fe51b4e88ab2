/** `dprime pacs ACTION`: finds, gets and stores images in an archive. */
import { InputError } from "../../core/errors.ts";
import { oneOf } from "../../core/nearest-names.ts";
import { argument, choice, pairs, text, whole } from "../options.ts";
import type { ValuesOf } from "../options.ts";
import { type Command, command, type CommandContext } from "./command.ts";

const options = {
  output: text("FOLDER", "where get writes its files", { short: "o" }),
  level: choice(["studies", "series"], "what find looks for; default: studies"),
  filter: pairs(
    "an attribute that find asks for, as in Modality=CT or StudyDate=20260101-20261231",
  ),
  most: whole("rows of find at most; default: 1000", { min: 1, max: 1_000_000 }),
  to: text("ADDRESS", "archive in which put stores"),
};

type Values = ValuesOf<typeof options>;
type Action = (context: CommandContext, what: string, values: Values) => Promise<object>;

const actions: Readonly<Record<string, Action>> = { find, get, put };

export const pacs: Command = command({
  name: "pacs",
  summary: "Find, get and store images in an archive over DICOMweb.",
  description:
    "An archive is dicomweb://HOST/PATH (HTTPS; dicomweb+http:// for one on this machine). A bearer token comes from DPRIME_DICOMWEB_TOKEN.\n\n  find ADDRESS          studies of an archive, or series of a study\n  get ADDRESS -o FOLDER a series or a study, …/studies/UID/series/UID\n  put PATH --to ADDRESS a file, or all DICOM files of a folder; what is there already is never replaced\n\nOther commands take …/studies/UID/series/UID in place of an input, and an archive in place of an output.",
  arguments: {
    action: argument(`one of ${Object.keys(actions).join(", ")}`),
    what: argument("address for find and get, file or folder for put"),
  },
  options,
  examples: {
    "dprime pacs find dicomweb://pacs.site/dicom-web --level series --filter Modality=CT":
      "list what there is",
    "dprime pacs get dicomweb://pacs.site/dicom-web/studies/1.2.3/series/1.2.3.4 -o series":
      "one series into a folder",
    "dprime pacs put derived --to dicomweb://pacs.site/dicom-web": "store a folder",
  },
  async run({ action, what, ...values }, context) {
    const act = Object.hasOwn(actions, action) ? actions[action] : undefined;
    if (act === undefined) {
      throw new InputError(
        `Cannot run: found action ${action}, wanted ${oneOf(action, Object.keys(actions))}`,
      );
    }
    return act(context, what, values);
  },
});

async function find(context: CommandContext, address: string, values: Values): Promise<object> {
  const { findInPacs } = await import("../../workflows/pacs-files.ts");
  const { level, filter: filters, most } = values;
  const rows = await findInPacs(address, { level, filters, most, ...context.work });
  context.table(rows, [
    ["date", (row) => row.date],
    ["modality", (row) => row.modality],
    ["description", (row) => row.description],
    ["objects", (row) => row.objects],
    [
      level === "series" ? "series" : "study",
      (row) => row[level === "series" ? "series" : "study"],
    ],
  ]);
  return { address, level: level ?? "studies", rows };
}

async function get(context: CommandContext, address: string, values: Values): Promise<object> {
  const { output } = values;
  if (output === undefined) {
    throw new InputError("Cannot get: found no --output, wanted a folder for the files");
  }
  const { getFromPacs } = await import("../../workflows/pacs-files.ts");
  const files = await getFromPacs(address, output, context.work);
  context.print(`${files.length} files in ${output}`);
  return { address, output, files };
}

async function put(context: CommandContext, path: string, values: Values): Promise<object> {
  if (values.to === undefined) {
    throw new InputError("Cannot put: found no --to, wanted the address of an archive");
  }
  const { putToPacs } = await import("../../workflows/pacs-files.ts");
  const { stored, present } = await putToPacs(path, values.to, context.work);
  context.print(`${stored.length} objects stored, ${present.length} were there already`);
  return { path, to: values.to, stored, present };
}
