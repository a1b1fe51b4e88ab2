/**
 * Writes `catalogue.ts` of every room that holds one kind of thing: its members by name, each
 * imported only when asked for, with the types of their parameters. A member is a file `some-name.ts`
 * that exports `someName` with the kind's type. `--check` fails when a catalogue is stale.
 */
import { existsSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import type { Parameter, ParameterTable } from "../src/core/parameters.ts";

interface Kind {
  /** What `dprime list` calls the members. */
  readonly plural: string;
  /** Folder below `src`. */
  readonly folder: string;
  /** The type that marks a member, and the file that declares it. */
  readonly type: string;
  readonly from: string;
  /** Whether the type takes the type of its members' parameters, which their tables `parameters` give. */
  readonly typed?: true;
  /** Whether the members have a table `options`, the types of which are given beside the members. */
  readonly options?: true;
  /** Whether members are only ever opened by names that come from outside, such as the command line. */
  readonly open?: true;
}

const kinds: readonly Kind[] = [
  { plural: "formats", folder: "formats", type: "Format", from: "./format.ts" },
  { plural: "noise", folder: "noise", type: "NoiseModel", from: "./noise-model.ts", typed: true },
  { plural: "phantoms", folder: "phantoms", type: "Phantom", from: "./phantom.ts", typed: true },
  {
    plural: "signals",
    folder: "phantoms/signals",
    type: "Signal",
    from: "./signal.ts",
    typed: true,
  },
  {
    plural: "acquisitions",
    folder: "physics",
    type: "Acquisition",
    from: "./acquisition.ts",
    typed: true,
  },
  { plural: "metrics", folder: "metrics", type: "Metric", from: "./metric.ts", typed: true },
  { plural: "networks", folder: "nets", type: "Network", from: "./network.ts", options: true },
  { plural: "denoisers", folder: "denoise", type: "Denoiser", from: "./denoiser.ts", typed: true },
  {
    plural: "observers",
    folder: "observers",
    type: "Observer",
    from: "./observer.ts",
    typed: true,
  },
  {
    plural: "segmenters",
    folder: "observers/segmenters",
    type: "Segmenter",
    from: "./segmenter.ts",
    open: true,
  },
  { plural: "losses", folder: "losses", type: "Loss", from: "./loss.ts", options: true },
  {
    plural: "methods",
    folder: "train/methods",
    type: "TrainingMethod",
    from: "./training-method.ts",
    options: true,
  },
  {
    plural: "validations",
    folder: "train/validations",
    type: "Validation",
    from: "./validation.ts",
  },
  { plural: "optimisers", folder: "learn/optimisers", type: "Optimiser", from: "./optimiser.ts" },
  { plural: "tasks", folder: "study/tasks", type: "TaskKind", from: "./task-kind.ts", open: true },
  {
    plural: "study-methods",
    folder: "study/methods",
    type: "MethodKind",
    from: "./method-kind.ts",
    open: true,
  },
  {
    plural: "templates",
    folder: "study/templates",
    type: "TemplateKind",
    from: "./template-kind.ts",
    open: true,
  },
  {
    plural: "study-observers",
    folder: "study/observers",
    type: "ObserverKind",
    from: "./observer-kind.ts",
    open: true,
  },
  {
    plural: "answers",
    folder: "study/answers",
    type: "AnswerKind",
    from: "./answer-kind.ts",
    open: true,
  },
  { plural: "pieces", folder: "study/pieces", type: "PieceKind", from: "../piece.ts", open: true },
  {
    plural: "executors",
    folder: "cluster",
    type: "Executor",
    from: "./executor.ts",
    open: true,
  },
  { plural: "commands", folder: "cli/commands", type: "Command", from: "./command.ts", open: true },
];

const camel = (stem: string) => stem.replace(/-([a-z0-9])/g, (_, c: string) => c.toUpperCase());

/** The files that export one thing of the kind under the file's own name. */
function membersOf<F extends { name: string; text: string }>(
  files: readonly F[],
  kind: { type: string },
): F[] {
  return files
    .filter(({ name }) => name.endsWith(".ts") && !name.endsWith(".test.ts"))
    .filter(({ name, text }) =>
      new RegExp(`export const ${camel(name.slice(0, -3))}\\s*:\\s*${kind.type}\\b`).test(text),
    )
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** One parameter as a property: its type, and in the comment its meaning, unit and range. */
function parameterText(name: string, parameter: Parameter): string {
  const { about } = parameter;
  const [type, range] =
    parameter.type === "choice"
      ? [parameter.choices.map((choice) => JSON.stringify(choice)).join(" | "), ""]
      : parameter.type === "boolean"
        ? ["boolean", ""]
        : [
            "number",
            ` ${parameter.min} to ${parameter.max}${parameter.unit === "1" ? "" : ` ${parameter.unit}`}.`,
          ];
  const by = parameter.default === undefined ? "" : ` Default: ${String(parameter.default)}.`;
  const sentence = `${about.replace(/[.\s]*$/, "")}.${range}${by}`.replaceAll("*/", "* /");
  return `    /** ${sentence} */\n    readonly ${/^\w+$/.test(name) ? name : JSON.stringify(name)}?: ${type};\n`;
}

/** The types of all members' parameters, by member. */
function parametersText(tables: Readonly<Record<string, ParameterTable>>, name: string): string {
  const members = Object.entries(tables).map(([member, table]) => {
    const rows = Object.entries(table).map(([key, parameter]) => parameterText(key, parameter));
    // Nothing but a record of nothing refuses every name.
    const type = rows.length === 0 ? "Readonly<Record<string, never>>" : `{\n${rows.join("")}  }`;
    return `  readonly "${member}": ${type};`;
  });
  return `/** What each member can be told; what is left out has its default. */
export interface ${name} {
${members.join("\n")}
}
`;
}

/**
 * @param tables parameters of the members, for kinds whose type takes them, or options
 */
export function catalogueText(
  files: readonly { name: string; text: string }[],
  kind: { type: string; from: string; open?: true; typed?: true },
  tables?: Readonly<Record<string, ParameterTable>>,
): string {
  const { type } = kind;
  const members = membersOf(files, kind).map(({ name }) => name.slice(0, -3));
  const rows = members.map(
    (stem) => `  "${stem}": () => import("./${stem}.ts").then((m) => m.${camel(stem)}),`,
  );
  const any = `Readonly<Record<string, () => Promise<${type}>>>`;
  const shape = kind.open
    ? [`: ${any}`, "};"]
    : kind.typed !== true
      ? ["", `} satisfies ${any};`]
      : [
          `: {\n  readonly [Name in keyof ${type}Parameters]: () => Promise<${type}<${type}Parameters[Name]>>;\n}`,
          "};",
        ];
  return `// Generated by \`npm run catalogue\` from the files of this folder; do not edit.
import type { ${type} } from "${kind.from}";
${tables === undefined ? "" : `\n${parametersText(tables, `${type}${kind.typed === true ? "Parameters" : "Options"}`)}`}
/** Members of this room by name; each is imported when called. */
export const catalogue${shape[0]} = {
${rows.join("\n")}
${shape[1]}
`;
}

/** Summaries of commands, so that `dprime --help` need not import them. */
export function summariesText(files: readonly { name: string; text: string }[]): string {
  const rows = files.map(({ name, text }) => {
    const summary = /\n {2}summary:\s*("(?:[^"\\\n]|\\.)*")/.exec(text)?.[1];
    if (summary === undefined) {
      throw new Error(`Cannot list ${name}: found no line summary: "…", wanted a plain string`);
    }
    return `  ${JSON.stringify(name.slice(0, -3))}: ${summary},`;
  });
  return `// Generated by \`npm run catalogue\` from the files of this folder; do not edit.

/** One line for each command, so that the general help imports none of them. */
export const summaries: Readonly<Record<string, string>> = {
${rows.join("\n")}
};
`;
}

/** The catalogues there are, for lists of members. */
export function kindsText(present: readonly Pick<Kind, "plural" | "folder">[]): string {
  const rows = present.map(
    ({ plural, folder }) =>
      `  ${/^\w+$/.test(plural) ? plural : JSON.stringify(plural)}: () => import("../${folder}/catalogue.ts").then((m) => m.catalogue),`,
  );
  return `// Generated by \`npm run catalogue\` from the rooms that hold one kind of thing; do not edit.

/** Catalogues by the plural of their kind; each is imported when called. */
export const kinds: Readonly<
  Record<string, () => Promise<Readonly<Record<string, () => Promise<object>>>>>
> = {
${rows.join("\n")}
};
`;
}

/** The parameter tables of a room's members, which are imported for it. */
async function tablesOf(
  files: readonly SourceFile[],
  kind: Kind,
): Promise<Record<string, ParameterTable>> {
  const tables: Record<string, ParameterTable> = {};
  for (const { name } of membersOf(files, kind)) {
    const address = pathToFileURL(join(sourceRoot, kind.folder, name)).href;
    const module = (await import(address)) as Record<
      string,
      { parameters: ParameterTable; options: ParameterTable }
    >;
    const stem = name.slice(0, -3);
    tables[stem] = module[camel(stem)]![kind.typed === true ? "parameters" : "options"];
  }
  return tables;
}

/** Files that a room's members bring forth: path below `src` and text. */
async function generated(kind: Kind, present: readonly Kind[]): Promise<[string, string][]> {
  const { folder } = kind;
  const files = readdirSync(join(sourceRoot, folder))
    .filter((name) => name.endsWith(".ts"))
    .sort()
    .map((name) => ({ name, text: readFileSync(join(sourceRoot, folder, name), "utf8") }));
  const tables =
    kind.typed === true || kind.options === true ? await tablesOf(files, kind) : undefined;
  const made: [string, string][] = [[`${folder}/catalogue.ts`, catalogueText(files, kind, tables)]];
  if (kind.type === "Command") {
    made.push([`${folder}/summaries.ts`, summariesText(membersOf(files, kind))]);
    // Commands stand in `dprime --help`; naming them here again would be an import cycle.
    const others = present.filter(({ type }) => type !== "Command");
    made.push(["workflows/kinds.ts", kindsText(others)]);
  }
  return made;
}

const sourceRoot = join(dirname(fileURLToPath(import.meta.url)), "..", "src");

interface SourceFile {
  readonly name: string;
  readonly text: string;
}

function readFolder(folder: string): SourceFile[] {
  return readdirSync(folder)
    .filter((name) => name.endsWith(".ts") && !name.endsWith(".test.ts"))
    .sort()
    .map((name) => ({ name, text: readFileSync(join(folder, name), "utf8") }));
}

/** Functions that build expressions, gathered from the operators' files for the public room. */
export function operatorsText(files: readonly SourceFile[]): string {
  const lines = files.flatMap(({ name, text }) => {
    const names = [...text.matchAll(/^export function (\w+)/gm)].map((match) => match[1]!).sort();
    return names.length === 0 ? [] : [`export { ${names.join(", ")} } from "./ops/${name}";`];
  });
  return `// Generated by \`npm run catalogue\` from the files of ops/; do not edit.\n${lines.join("\n")}\n`;
}

async function main(): Promise<void> {
  const check = process.argv.includes("--check");
  const stale: string[] = [];
  const present = kinds.filter(({ folder, from }) => existsSync(join(sourceRoot, folder, from)));
  for (const kind of present) {
    for (const [name, text] of await generated(kind, present)) {
      const path = join(sourceRoot, name);
      if (existsSync(path) && readFileSync(path, "utf8") === text) continue;
      if (check) stale.push(`src/${name}`);
      else writeFileSync(path, text);
    }
  }
  const operators = join(sourceRoot, "graph/operators.ts");
  const text = operatorsText(readFolder(join(sourceRoot, "graph/ops")));
  if (!existsSync(operators) || readFileSync(operators, "utf8") !== text) {
    if (check) stale.push("src/graph/operators.ts");
    else writeFileSync(operators, text);
  }
  if (stale.length > 0) {
    console.error(`Stale: ${stale.join(", ")}; run npm run catalogue`);
    process.exitCode = 1;
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await main();
