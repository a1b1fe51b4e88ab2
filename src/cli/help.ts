/** Help as lines of the terminal's width, made from a command's data. */
import { kebab } from "./kebab.ts";
import type { Command } from "./commands/command.ts";
import type { Option } from "./options.ts";
import { sharedOptions } from "./parse.ts";
import { indented, textWidth, wrapText } from "./wrap.ts";

type Row = readonly [term: string, about: string];

/** Terms stand in a column of at most this width; longer ones on a line of their own. */
const termWidth = 26;

function rowLines(rows: readonly Row[], width: number): string[] {
  const column = Math.min(termWidth, Math.max(0, ...rows.map(([term]) => textWidth(term))));
  const start = column + 4;
  return rows.flatMap(([term, about]) => {
    const lines = indented(about, { indent: start, width });
    if (textWidth(term) > column) return [`  ${term}`, ...lines];
    return [`  ${term.padEnd(column)}${(lines[0] ?? "").slice(column + 2)}`, ...lines.slice(1)];
  });
}

function titled(title: string, lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : ["", `${title}:`, ...lines];
}

/** Paragraphs, wrapped; lines that begin with a space stay lines of their own. */
function paragraphs(text: string, width: number): string[] {
  return text.split("\n").flatMap((line) => {
    const indent = /^ */.exec(line)![0].length;
    // Columns of a list inside the text go on below their second column.
    const list = /^( +\S.*? {2,})(\S.*)$/.exec(line);
    if (list === null) return indented(line.slice(indent), { indent, width });
    const [, head = "", about = ""] = list;
    const rest = indented(about, { indent: head.length, width });
    return [head + (rest[0] ?? "").slice(head.length), ...rest.slice(1)];
  });
}

function aboutOf({ about, facts, many, placeholder }: Option<unknown>): string {
  const all = many && placeholder !== undefined ? [...facts, "repeatable"] : facts;
  return all.length === 0 ? about : `${about} (${all.join("; ")})`;
}

function termOf(name: string, { short, placeholder, negatable }: Option<unknown>): string {
  const long = `--${negatable ? "[no-]" : ""}${kebab(name)}`;
  const value = placeholder === undefined ? "" : ` ${placeholder}`;
  return `${short === undefined ? "    " : `-${short}, `}${long}${value}`;
}

function argumentTerm(name: string, { required, many }: Option<unknown>): string {
  const word = `${kebab(name)}${many ? "…" : ""}`;
  return required ? `<${word}>` : `[${word}]`;
}

/** A command line that may be pasted: broken lines end in a backslash. */
function exampleLines(line: string, width: number): string[] {
  // An option stays with its value.
  const parts = wrapText(
    line.replace(/ (-[a-zA-Z]|--[a-z-]+) (?=[^-<>])/g, " $1\u00a0"),
    width - 8,
  );
  return parts.map((part, k) => {
    const words = part.replaceAll("\u00a0", " ");
    return `${k === 0 ? "  $ " : "      "}${words}${k + 1 < parts.length ? " \\" : ""}`;
  });
}

export function commandHelp(command: Command, width: number): string {
  const given = Object.entries(command.arguments);
  const own = Object.entries<Option<unknown>>({ ...command.options, ...sharedOptions });
  const usage = ["dprime", command.name, ...given.map(([n, spec]) => argumentTerm(n, spec))];
  return `${[
    ...indented(`Usage: ${usage.join(" ")} [options]`, { indent: 0, width }),
    "",
    ...wrapText(command.summary, width),
    ...(command.description === undefined ? [] : ["", ...paragraphs(command.description, width)]),
    ...titled(
      "Arguments",
      rowLines(
        given.map(([name, spec]) => [argumentTerm(name, spec), aboutOf(spec)]),
        width,
      ),
    ),
    ...titled(
      "Options",
      rowLines(
        own.map(([name, spec]) => [termOf(name, spec), aboutOf(spec)]),
        width,
      ),
    ),
    ...titled(
      "Examples",
      Object.entries(command.examples).flatMap(([line, about]) => [
        ...exampleLines(line, width),
        ...indented(about, { indent: 6, width }),
      ]),
    ),
  ].join("\n")}\n`;
}

export function generalHelp(summaries: Readonly<Record<string, string>>, width: number): string {
  return `${[
    "Usage: dprime <command> [options]",
    "",
    ...wrapText(
      "Denoise medical images and measure what an observer can still do with them.",
      width,
    ),
    ...titled("Commands", rowLines(Object.entries(summaries), width)),
    ...titled(
      "Options",
      rowLines(
        [
          ["-V, --version", "show the version"],
          ["-h, --help", "show this help; dprime help COMMAND shows a command's"],
        ],
        width,
      ),
    ),
    ...titled("Examples", [
      ...exampleLines("dprime denoise slice.dcm -o denoised.dcm", width),
      ...exampleLines("dprime info series/", width),
      ...exampleLines("dprime list denoisers", width),
    ]),
    "",
    ...wrapText("Exit codes: 0 done, 1 failed, 2 misuse or bad input, 130 cancelled.", width),
    ...wrapText("For research use only; not a medical device.", width),
  ].join("\n")}\n`;
}
