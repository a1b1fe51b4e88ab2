import { describe, expect, it } from "vitest";
import { CancelledError, InputError, RunError } from "../core/errors.ts";
import type { Command } from "./commands/command.ts";
import { commandLine } from "../../test/command-line.ts";
import type { Effects } from "./run.ts";

const probe: Command = {
  name: "probe",
  summary: "A command for the tests.",
  arguments: [
    { name: "input", about: "what to read" },
    { name: "more", about: "and more", optional: true, many: true },
  ],
  options: [
    { name: "output", short: "o", type: "text", placeholder: "FILE", about: "what to write" },
    { name: "sigma", type: "number", min: 0, max: 10, unit: "HU", about: "noise level" },
    { name: "count", type: "integer", default: 3, about: "how many" },
    { name: "shape", type: "choice", choices: ["disc", "square"], about: "which shape" },
    { name: "set", type: "text", placeholder: "NAME=VALUE", repeat: true, about: "parameters" },
    { name: "fast-way", type: "flag", about: "hurry" },
  ],
  examples: [{ line: "dprime probe a.dcm", about: "probes one file" }],
  async run({ values, ...context }) {
    const input = values.need("input");
    if (input === "input-error") throw new InputError("Cannot read it:\n found a, wanted b");
    if (input === "run-error")
      throw new RunError("Cannot write it: found a full disk, wanted room");
    if (input === "bug") throw new TypeError("x is undefined");
    if (input === "wait") {
      await new Promise<void>((resolve) => {
        if (context.signal.aborted) resolve();
        context.signal.addEventListener("abort", () => resolve());
      });
      throw new CancelledError("waiting");
    }
    context.onProgress({ done: 1, total: 4, label: "probing", figures: { loss: 0.5 } });
    context.print("for people");
    context.table([{ title: "a" }, { title: "b", align: "right" }], [["x", 1.25]]);
    context.note("look here");
    context.result({
      input,
      more: values.list("more"),
      output: values.text("output"),
      sigma: values.number("sigma"),
      count: values.number("count"),
      shape: values.text("shape"),
      set: values.pairs("set"),
      fast: values.flag("fast-way"),
      nan: NaN,
    });
  },
};

const silent: Command = { ...probe, name: "silent", arguments: [], async run() {} };

const call = (words: string[], changes: Partial<Effects> = {}) =>
  commandLine(words, {
    commands: {
      catalogue: { probe: async () => probe, silent: async () => silent },
      summaries: { probe: probe.summary, silent: silent.summary },
    },
    ...changes,
  });

describe("runCommandLine", () => {
  it("hands checked values to the command and prints one JSON document", async () => {
    const { code, out, err } = await call(
      "probe in a b -o out.png --sigma 2.5 --shape disc --set p=1 --set q=a=b --fast-way --json".split(
        " ",
      ),
    );
    expect(code).toBe(0);
    expect(JSON.parse(out)).toEqual({
      input: "in",
      more: ["a", "b"],
      output: "out.png",
      sigma: 2.5,
      count: 3,
      shape: "disc",
      set: { p: "1", q: "a=b" },
      fast: true,
      nan: "NaN",
    });
    expect(err.split("\n").slice(0, 2)).toEqual([
      '{"progress":"probing","done":1,"total":4,"secondsLeft":0,"loss":0.5}',
      "note: look here",
    ]);
  });

  it("prints for people without --json and keeps quiet when told", async () => {
    const { out, err } = await call(["probe", "in", "--quiet"]);
    expect(out).toBe("for people\na     b\n─  ────\nx  1.25\n");
    expect(err).toBe("");
  });

  it("lists commands without importing any, and shows one command's help", async () => {
    const commands = {
      catalogue: { probe: () => Promise.reject(new Error("imported")) },
      summaries: { probe: "A command for the tests." },
    };
    for (const words of [[], ["--help"], ["help"]]) {
      const { code, out } = await call(words, { commands });
      expect(code).toBe(0);
      expect(out).toMatch(/probe .*A command for the tests\./);
    }
    for (const words of [
      ["probe", "--help"],
      ["help", "probe"],
    ]) {
      const { code, out } = await call(words);
      expect(code).toBe(0);
      expect(out).toContain("--sigma <x>");
      expect(out.replace(/\s+/g, " ")).toContain("noise level (a number from 0 to 10 HU)");
      expect(out).toContain("$ dprime probe a.dcm");
    }
    expect(await call(["--version"])).toEqual({ code: 0, out: "9.9.9\n", err: "" });
  });

  it.each([
    [["prob"], "dprime: Cannot run: found unknown command prob, wanted probe\n"],
    [
      ["probe", "in", "--sigm", "3"],
      "dprime probe: Cannot run: found unknown option --sigm, wanted --sigma\n",
    ],
    [
      ["probe"],
      'dprime probe: Cannot run: found no argument input, wanted one (see "dprime probe --help")\n',
    ],
    [
      ["probe", "in", "--quiet", "--sigma"],
      "dprime probe: Cannot run: found no value for --sigma <x>, wanted one\n",
    ],
    [
      ["probe", "in", "--sigma", "11"],
      'dprime probe: Cannot read --sigma: found "11", wanted a number from 0 to 10 HU\n',
    ],
    [
      ["probe", "in", "--count", "1.5"],
      'dprime probe: Cannot read --count: found "1.5", wanted a whole number\n',
    ],
    [
      ["probe", "in", "--shape", "ring"],
      'dprime probe: Cannot read --shape: found "ring", wanted one of disc, square\n',
    ],
    [
      ["probe", "in", "--set", "p"],
      'dprime probe: Cannot read --set: found "p", wanted name=value\n',
    ],
    [
      ["probe", "in", "-o", "--quiet"],
      'dprime probe: Cannot read --output: found "--quiet", wanted a value before the next option\n',
    ],
    [["probe", "input-error"], "dprime probe: Cannot read it: found a, wanted b\n"],
  ])("exits 2 with one line on misuse: %j", async (words, line) => {
    expect(await call(words)).toEqual({ code: 2, out: "", err: line });
  });

  it("exits 2 on too many arguments", async () => {
    const { code, err } = await call(["silent", "extra"]);
    expect(code).toBe(2);
    expect(err).toMatch(/^dprime silent: Cannot run: found too many arguments; .*\n$/);
  });

  it("exits 1 on failed work and on bugs, with a stack only for --debug", async () => {
    const failed = await call(["probe", "run-error"]);
    expect(failed.code).toBe(1);
    expect(failed.err).toBe("dprime probe: Cannot write it: found a full disk, wanted room\n");
    const bug = await call(["probe", "bug"]);
    expect(bug.code).toBe(1);
    expect(bug.err.split("\n")).toHaveLength(2);
    expect((await call(["probe", "bug", "--debug"])).err).toMatch(
      /TypeError: x is undefined\n +at/,
    );
  });

  it("exits 130 when the signal is raised", async () => {
    const controller = new AbortController();
    const waiting = call(["probe", "wait"], { signal: controller.signal });
    controller.abort();
    expect(await waiting).toEqual({
      code: 130,
      out: "",
      err: "dprime probe: Cancelled: waiting\n",
    });
  });

  it("refuses a command that gives no result", async () => {
    expect((await call(["silent"])).err).toContain("gave 0 results");
  });
});
