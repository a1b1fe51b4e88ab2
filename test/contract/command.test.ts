/** Every command: described well enough to be parsed, shown and called. */
import { describe, expect, it } from "vitest";
import { catalogue } from "../../src/cli/commands/catalogue.ts";
import { kebab } from "../../src/cli/kebab.ts";
import { parseWords, readValues, sharedOptions } from "../../src/cli/parse.ts";
import { summaries } from "../../src/cli/commands/summaries.ts";
import { commandLine } from "../command-line.ts";

const call = commandLine;

const shared = Object.keys(sharedOptions);

describe.each(Object.keys(catalogue))("command %s", (name) => {
  it("is named after its file and has the summary of the general help", async () => {
    const command = await catalogue[name]!();
    expect(command.name).toBe(name);
    expect(summaries[name]).toBe(command.summary);
    expect(command.summary).toMatch(/^[A-Z].*\.$/);
  });

  it("declares every name once, in camelCase, and no shared option", async () => {
    const command = await catalogue[name]!();
    const specs = [...Object.entries(command.arguments), ...Object.entries(command.options)];
    const names = specs.map(([one]) => one);
    expect(new Set(names).size).toBe(names.length);
    for (const [one, { about }] of specs) {
      expect(one).toMatch(/^[a-z][a-zA-Z0-9]*$/);
      expect(shared).not.toContain(one);
      expect(about, one).not.toMatch(/\.$/);
      expect(about, one).toMatch(/^\S/);
    }
    const letters = Object.values(command.options).flatMap(({ short, formerly }) =>
      [short, formerly].filter((letter) => letter !== undefined),
    );
    expect(new Set(letters).size).toBe(letters.length);
    const given = Object.values(command.arguments);
    given.forEach(({ many }, i) => {
      if (many) expect(i).toBe(given.length - 1);
    });
  });

  it("calls an option as other commands call it", async () => {
    const command = await catalogue[name]!();
    for (const other of await Promise.all(Object.values(catalogue).map((open) => open()))) {
      for (const [option, { short }] of Object.entries(command.options)) {
        const same = other.options[option];
        // One letter means one option; an option has one letter everywhere, or none.
        if (same !== undefined) expect(same.short, `${other.name} ${option}`).toBe(short);
        else if (short !== undefined) {
          const taken = Object.entries(other.options).find(([, o]) => o.short === short);
          expect(taken?.[0], `-${short} of ${other.name}`).toBeUndefined();
        }
      }
    }
  });

  it("wraps its help at the width of the terminal", async () => {
    for (const columns of [60, 80]) {
      const { out } = await call([name, "--help"], { terminal: { isTerminal: false, columns } });
      for (const line of out.split("\n")) expect(line.length, line).toBeLessThanOrEqual(columns);
    }
  });

  it("has help with every option and at least one example that calls it", async () => {
    const command = await catalogue[name]!();
    const { code, out } = await call([name, "--help"]);
    expect(code).toBe(0);
    const options = Object.keys(command.options).map(kebab);
    for (const option of options) expect(out.replace("[no-]", "")).toContain(`--${option}`);
    const lines = Object.keys(command.examples);
    expect(lines.length).toBeGreaterThan(0);
    for (const line of lines) {
      expect(line.startsWith(`dprime ${name}`)).toBe(true);
      // Every word parses: options that exist with values that they take.
      const words = line
        .replace(/ [<>].*$/, "")
        .split(" ")
        .slice(2);
      readValues(command, parseWords(command, words));
    }
  });

  it("answers an unknown option with one line and exit code 2", async () => {
    const { code, out, err } = await call([name, "--no-such-option-anywhere"]);
    expect(code).toBe(2);
    expect(out).toBe("");
    expect(err).toMatch(/^dprime [a-z-]+: Cannot run: found .*\n$/);
  });
});
