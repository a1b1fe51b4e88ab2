/** `dprime list`: what there is, by kind, with parameters. */
import { type Members, openMember } from "../../core/member.ts";
import type { Parameter, ParameterTable } from "../../core/parameters.ts";
import type { NoiseKind } from "../../denoise/denoiser.ts";
import { argument } from "../options.ts";
import type { Column } from "../table.ts";
import { type Command, command, type CommandContext } from "./command.ts";
import { kinds } from "./kinds.ts";

/** The few fields that members of most kinds share; a kind may lack any of them but the name. */
interface Listed {
  readonly name?: string;
  readonly title?: string;
  readonly summary?: string;
  readonly references?: readonly string[];
  readonly parameters?: ParameterTable;
}

/** Catalogues of the rooms, and what lies in files. */
const all: Members<Members<object>> = {
  ...kinds,
  models: async () => (await import("../../workflows/list-models.ts")).modelMembers(),
};

export const list: Command = command({
  name: "list",
  summary: "List what there is: denoisers, metrics, phantoms, noise models, formats and so on.",
  arguments: {
    kind: argument(`one of ${Object.keys(all).sort().join(", ")}`, { optional: true }),
    name: argument("one member, to see its parameters", { optional: true }),
  },
  options: {},
  examples: [
    { line: "dprime list denoisers", about: "every denoiser in one line" },
    { line: "dprime list denoisers non-local-means", about: "its parameters with ranges" },
    { line: "dprime list models", about: "the networks that ship" },
  ],
  async run({ kind, name }, context) {
    if (kind === undefined) return listKinds(context);
    const catalogue = await openMember(all, kind, `Cannot list: found the kind "${kind}"`);
    return name === undefined
      ? listMembers(context, kind, catalogue)
      : showMember(context, kind, { name, catalogue });
  },
});

async function listKinds(context: CommandContext): Promise<object> {
  const counts = await Promise.all(
    Object.entries(all)
      .sort(([a], [b]) => a.localeCompare(b))
      .map(async ([plural, open]) => ({ kind: plural, members: Object.keys(await open()) })),
  );
  context.table(
    [{ title: "kind" }, { title: "members", align: "right" }],
    counts.map((row) => [row.kind, row.members.length]),
  );
  return { kinds: counts };
}

/** Columns of a kind beside name and summary. */
interface Facts {
  /** Whether the member's sentence stands in its line; where not, one line is enough. */
  readonly summary: boolean;
  readonly columns: readonly Column[];
  readonly cells: (name: string, member: Listed) => readonly (string | number | undefined)[];
}

const plain: Facts = { summary: true, columns: [], cells: () => [] };

async function factsOf(kind: string): Promise<Facts> {
  if (kind === "models") {
    return {
      summary: true,
      columns: [{ title: "network" }, { title: "weights", align: "right" }],
      cells: (_, member) => {
        const { network, weights } = member as { network?: string; weights?: number };
        return [network, weights];
      },
    };
  }
  if (kind !== "denoisers") return plain;
  const { modalities } = await import("../../denoise/denoiser.ts");
  const { secondsPerMegapixel } = await import("../../denoise/measured-times.ts");
  return {
    summary: false,
    columns: [
      { title: "noise" },
      { title: "dim." },
      { title: "modality" },
      { title: "s/Mpx", align: "right" },
    ],
    cells(name, member) {
      const { noise, dimensions } = member as { noise: NoiseKind; dimensions: readonly number[] };
      return [noise, dimensions.join(", "), modalities[noise], secondsPerMegapixel[name]];
    },
  };
}

async function listMembers(
  context: CommandContext,
  kind: string,
  members: Members<object>,
): Promise<object> {
  const { summary, columns, cells } = await factsOf(kind);
  const rows = await Promise.all(
    Object.entries(members).map(async ([name, open]) => ({
      name,
      member: (await open()) as Listed,
    })),
  );
  context.table(
    [{ title: "name" }, ...columns, ...(summary ? [{ title: "what it is" }] : [])],
    rows.map(({ name, member }) => [
      name,
      ...cells(name, member),
      ...(summary ? [member.summary ?? member.title ?? ""] : []),
    ]),
  );
  if (kind === "denoisers") {
    context.print(
      "dim.: dimensions filtered jointly; s/Mpx: seconds of one core for a million pixels of a plane",
    );
    context.print("dprime list denoisers NAME says what one does, and shows its parameters.");
    const { wrappers } = await import("../../denoise/find-denoiser.ts");
    context.print();
    context.table(
      [{ title: "wrapper" }, { title: "what it makes of NAME" }],
      Object.entries(wrappers).map(([wrapper, { about }]) => [`${wrapper}+NAME`, about]),
    );
  }
  const titles = columns.map(({ title }) => title);
  return {
    kind,
    members: rows.map(({ name, member }) => ({
      ...describe(name, member),
      facts: Object.fromEntries(cells(name, member).map((cell, i) => [titles[i], cell])),
    })),
  };
}

async function showMember(
  context: CommandContext,
  kind: string,
  { name, catalogue }: { name: string; catalogue: Members<object> },
): Promise<object> {
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
  const meaning = await levelMeaning(kind, member);
  if (meaning !== undefined) context.print(`Noise level (--sigma): ${meaning}`);
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
  return { kind, ...describe(name, member) };
}

/** What --sigma means to a denoiser. */
async function levelMeaning(kind: string, member: Listed): Promise<string | undefined> {
  if (kind !== "denoisers") return undefined;
  const { levelMeanings } = await import("../../denoise/denoiser.ts");
  const { noise, levelless } = member as { noise: NoiseKind; levelless?: string };
  if (levelless !== undefined) return `not used; ${levelless}`;
  return levelMeanings[noise]?.about ?? "the standard deviation in the image's unit";
}

function rangeText(parameter: Parameter): string {
  if (parameter.type === "choice") return parameter.choices.join(", ");
  if (parameter.type === "boolean") return "true, false";
  return `${parameter.min} to ${parameter.max}${parameter.unit === "1" ? "" : ` ${parameter.unit}`}`;
}

/** Whether a value is plain data; schemas and other objects of classes are not. */
function isData(value: unknown): boolean {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    return typeof value !== "function";
  }
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

/** Only data of the member: functions and large tables stay out of the document. */
function describe(name: string, member: Listed): object {
  const data = Object.fromEntries(Object.entries(member).filter(([, value]) => isData(value)));
  return { ...data, name };
}
