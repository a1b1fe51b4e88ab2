/** `dprime list`: what there is, by kind, with parameters. */
import { type Members, openMember } from "../../core/member.ts";
import type { Parameter, ParameterTable } from "../../core/parameters.ts";
import type { Command, CommandContext } from "./command.ts";
import { kinds } from "./kinds.ts";

/** The few fields that members of most kinds share; a kind may lack any of them but the name. */
interface Listed {
  readonly name?: string;
  readonly title?: string;
  readonly summary?: string;
  readonly references?: readonly string[];
  readonly parameters?: ParameterTable;
}

export const list: Command = {
  name: "list",
  summary: "List what there is: denoisers, metrics, phantoms, noise models, formats and so on.",
  arguments: [
    { name: "kind", about: `one of ${Object.keys(kinds).sort().join(", ")}`, optional: true },
    { name: "name", about: "one member, to see its parameters", optional: true },
  ],
  options: [],
  examples: [
    { line: "dprime list denoisers", about: "every denoiser in one line" },
    { line: "dprime list denoisers non-local-means", about: "its parameters with ranges" },
  ],
  async run(context) {
    const kind = context.values.text("kind");
    const name = context.values.text("name");
    if (kind === undefined) {
      const counts = await Promise.all(
        Object.entries(kinds)
          .sort(([a], [b]) => a.localeCompare(b))
          .map(async ([plural, open]) => ({ kind: plural, members: Object.keys(await open()) })),
      );
      context.table(
        [{ title: "kind" }, { title: "members", align: "right" }],
        counts.map((row) => [row.kind, row.members.length]),
      );
      context.result({ kinds: counts });
      return;
    }
    const catalogue = await openMember(kinds, kind, `Cannot list: found the kind "${kind}"`);
    if (name === undefined) await listMembers(context, kind, catalogue);
    else await showMember(context, kind, { name, catalogue });
  },
};

async function listMembers(
  context: CommandContext,
  kind: string,
  members: Members<object>,
): Promise<void> {
  const rows = await Promise.all(
    Object.entries(members).map(async ([name, open]) => ({
      name,
      member: (await open()) as Listed,
    })),
  );
  context.table(
    [{ title: "name" }, { title: "what it is" }],
    rows.map(({ name, member }) => [name, member.summary ?? member.title ?? ""]),
  );
  context.result({ kind, members: rows.map(({ name, member }) => describe(name, member)) });
}

async function showMember(
  context: CommandContext,
  kind: string,
  { name, catalogue }: { name: string; catalogue: Members<object> },
): Promise<void> {
  const member: Listed = await openMember(
    catalogue,
    name,
    `Cannot list: found no "${name}" among ${kind}`,
  );
  context.print(`${name}${member.title === undefined ? "" : `: ${member.title}`}`);
  if (member.summary !== undefined) context.print(member.summary);
  if (member.references !== undefined && member.references.length > 0) {
    context.print(`Source: ${member.references.map((key) => `[${key}]`).join(" ")}`);
  }
  const parameters = Object.entries(member.parameters ?? {});
  if (parameters.length > 0) {
    context.print();
    context.table(
      [{ title: "parameter" }, { title: "default" }, { title: "range" }, { title: "meaning" }],
      parameters.map(([key, p]) => [
        key,
        p.default === undefined ? "from the image" : String(p.default),
        rangeText(p),
        p.about,
      ]),
    );
  }
  context.result({ kind, ...describe(name, member) });
}

function rangeText(parameter: Parameter): string {
  if (parameter.type === "choice") return parameter.choices.join(", ");
  if (parameter.type === "boolean") return "true, false";
  return `${parameter.min} to ${parameter.max}${parameter.unit === "1" ? "" : ` ${parameter.unit}`}`;
}

/** Only data of the member: functions and large tables stay out of the document. */
function describe(name: string, member: Listed): object {
  const plain = Object.fromEntries(
    Object.entries(member).filter(([, value]) => typeof value !== "function"),
  );
  return { ...plain, name };
}
