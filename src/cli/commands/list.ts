/** `dprime list`: what there is, by kind, with parameters. */
import type { Parameter } from "../../core/parameters.ts";
import { argument } from "../options.ts";
import { type Command, command, type CommandContext } from "./command.ts";

export const list: Command = command({
  name: "list",
  summary: "List denoisers, metrics, phantoms, noise models, formats and other members.",
  arguments: {
    kind: argument("such as denoisers, metrics or models; default: lists the kinds", {
      optional: true,
    }),
    name: argument("one member, to see its parameters", { optional: true }),
  },
  options: {},
  examples: {
    "dprime list": "the kinds there are",
    "dprime list denoisers": "every denoiser in one line",
    "dprime list denoisers non-local-means": "its parameters with ranges",
    "dprime list models": "the networks that ship",
  },
  async run({ kind, name }, context) {
    const { listKinds } = await import("../../workflows/list-members.ts");
    if (kind !== undefined)
      return name === undefined ? showKind(context, kind) : showMember(context, kind, name);
    const kinds = await listKinds();
    context.table(kinds, [
      ["kind", (row) => row.kind],
      ["members", ({ members }) => members.length],
    ]);
    return { kinds };
  },
});

async function showKind(context: CommandContext, kind: string): Promise<object> {
  const { listMembers } = await import("../../workflows/list-members.ts");
  const found = await listMembers(kind);
  const { members, columns, wrappers } = found;
  // Where the columns say enough, one line a member is easier to scan.
  const brief = columns.length > 2;
  context.table(members, [
    ["name", ({ name }) => name],
    ...columns.map(
      ({ name }) => [name, ({ facts }: (typeof members)[number]) => facts[name]] as const,
    ),
    !brief && ["what it is", ({ summary, title }) => summary ?? title],
  ]);
  const legend = columns.flatMap(({ name, about }) =>
    about === undefined ? [] : [`${name}: ${about}`],
  );
  if (legend.length > 0) context.print(legend.join("; "));
  if (brief) context.print(`dprime list ${kind} NAME shows what one does, and its parameters.`);
  if (wrappers !== undefined) {
    context.print();
    context.table(Object.entries(wrappers), [
      ["wrapper", ([wrapper]) => `${wrapper}+NAME`],
      ["effect on NAME", ([, about]) => about],
    ]);
  }
  return found;
}

async function showMember(context: CommandContext, kind: string, name: string): Promise<object> {
  const { describeMember } = await import("../../workflows/list-members.ts");
  const member = await describeMember(kind, name);
  const { title, summary, references = [], level, parameters = {} } = member;
  context.print(`${name}${title === undefined ? "" : `: ${title}`}`);
  if (summary !== undefined) context.print(summary);
  if (references.length > 0) {
    context.print(`Source: ${references.map((key) => `[${key}]`).join(" ")}`);
  }
  if (level !== undefined) context.print(`Noise level (--sigma): ${level}`);
  const rows = Object.entries(parameters);
  if (rows.length > 0) context.print();
  context.table(rows, [
    ["parameter", ([key]) => key],
    ["default", ([, p]) => (p.default === undefined ? "from the image" : String(p.default))],
    ["range", ([, p]) => rangeText(p)],
    ["meaning", ([, { about }]) => about],
  ]);
  return member;
}

function rangeText(parameter: Parameter): string {
  if (parameter.type === "choice") return parameter.choices.join(", ");
  if (parameter.type === "boolean") return "true, false";
  return `${parameter.min} to ${parameter.max}${parameter.unit === "1" ? "" : ` ${parameter.unit}`}`;
}
