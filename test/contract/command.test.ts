/** Every command: described well enough to be parsed, shown and called. */
import { describe, expect, it } from "vitest";
import { catalogue } from "../../src/cli/commands/catalogue.ts";
import { summaries } from "../../src/cli/commands/summaries.ts";
import { commandLine } from "../command-line.ts";

const call = commandLine;

const shared = ["json", "quiet", "debug", "help"];

describe.each(Object.keys(catalogue))("command %s", (name) => {
  it("is named after its file and has the summary of the general help", async () => {
    const command = await catalogue[name]!();
    expect(command.name).toBe(name);
    expect(summaries[name]).toBe(command.summary);
    expect(command.summary).toMatch(/^[A-Z].*\.$/);
  });

  it("declares every name once, in kebab-case, and no shared option", async () => {
    const command = await catalogue[name]!();
    const names = [...command.arguments, ...command.options].map((spec) => spec.name);
    expect(new Set(names).size).toBe(names.length);
    for (const one of names) {
      expect(one).toMatch(/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/);
      expect(shared).not.toContain(one);
    }
    const shorts = command.options.flatMap(({ short }) => (short === undefined ? [] : [short]));
    expect(new Set(shorts).size).toBe(shorts.length);
    for (const spec of [...command.arguments, ...command.options]) {
      expect(spec.about, spec.name).not.toMatch(/\.$/);
    }
    command.arguments.forEach((argument, i) => {
      if (argument.many) expect(i).toBe(command.arguments.length - 1);
    });
  });

  it("has help with every option and at least one example that calls it", async () => {
    const command = await catalogue[name]!();
    const { code, out } = await call([name, "--help"]);
    expect(code).toBe(0);
    for (const { name: option } of command.options) expect(out).toContain(`--${option}`);
    expect(command.examples.length).toBeGreaterThan(0);
    for (const { line } of command.examples) {
      expect(line.startsWith(`dprime ${name}`)).toBe(true);
      // Only options that the command declares.
      for (const [, option] of line.matchAll(/\s--([a-z][a-z-]*)/g)) {
        expect([...command.options.map((o) => o.name), ...shared]).toContain(option);
      }
    }
  });

  it("answers an unknown option with one line and exit code 2", async () => {
    const { code, out, err } = await call([name, "--no-such-option-anywhere"]);
    expect(code).toBe(2);
    expect(out).toBe("");
    expect(err).toMatch(/^dprime [a-z-]+: Cannot run: found .*\n$/);
  });
});
