import { mkdir, readFile, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname } from "node:path";
import { describe, expect, it } from "vitest";
import { commandLine } from "../../test/command-line.ts";
import { CancelledError, FormatError, InputError, RunError } from "../core/errors.ts";
import { type Command, command } from "./commands/command.ts";
import {
  argument,
  choice,
  flag,
  limits,
  list,
  members,
  number,
  pairs,
  remaining,
  text,
  toggle,
  whole,
} from "./options.ts";
import type { Effects } from "./run.ts";

const probe = command({
  name: "probe",
  summary: "A command for the tests.",
  description:
    "A paragraph that is longer than a terminal of eighty columns is wide, so that it has to be wrapped once.\n\n  first   a line of a list that stays a line of its own, however long it may be, and goes on below itself\n  second  another",
  arguments: { input: argument("what to read", { pipe: "input" }), more: remaining("and more") },
  options: {
    output: text("FILE", "what to write", { short: "o", pipe: "output" }),
    sigma: number("noise level", { min: 0, max: 10, unit: "HU" }),
    count: whole("how many", { default: 3 }),
    shape: choice(["disc", "square"], "which shape", { formerly: "form" }),
    set: pairs("parameters"),
    arm: pairs("versions", { placeholder: "NAME=A,B" }),
    name: list("NAME", "names"),
    member: members("members", { short: "M" }),
    window: limits("display window", "-160,240"),
    fastWay: flag("hurry"),
    compress: toggle("pack"),
  },
  examples: { "dprime probe a.dcm": "probes one file" },
  async run({ input, ...values }, context) {
    if (input === "input-error") throw new InputError("Cannot read it:\n found a, wanted b");
    if (input === "format-error") {
      const details = { format: "npy", kind: "truncated", offset: 7 } as const;
      throw new FormatError("Cannot read \u001b[2J: found little", details);
    }
    if (input === "option-error") {
      throw new InputError("Cannot go on: found option fastWay and option nothing");
    }
    if (input === "run-error")
      throw new RunError("Cannot write it: found a full disk, wanted room");
    if (input === "bug") throw new TypeError("x is undefined");
    if (input === "wait") {
      await new Promise<void>((resolve) => {
        if (context.work.signal.aborted) resolve();
        context.work.signal.addEventListener("abort", () => resolve());
      });
      throw new CancelledError("waiting");
    }
    if (input === "fail") context.fail();
    if (values.output?.includes("dprime-pipe-")) {
      await mkdir(dirname(values.output), { recursive: true });
      await writeFile(values.output, input === "-" ? "" : await readFile(input));
    }
    context.work.onProgress({ done: 1, total: 4, label: "probing", figures: { loss: 0.5 } });
    context.print("for people");
    context.table(
      [1.25],
      [
        ["a", () => "x"],
        ["b", (value) => value],
      ],
    );
    context.table([], [["nothing", () => ""]]);
    context.note("look here");
    context.note("look here");
    return { input, ...values, nan: NaN };
  },
});

const optional = command({
  name: "other",
  summary: "Another command.",
  arguments: { one: argument("may be absent", { optional: true }) },
  options: { needed: text("WORD", "must be there", { required: true, short: "n" }) },
  examples: {},
  run: async (values) => values,
});

const call = (words: readonly string[], changes: Partial<Effects> = {}) =>
  commandLine(words, {
    commands: {
      catalogue: { probe: async () => probe, other: async () => optional },
      summaries: { probe: probe.summary, other: optional.summary },
    },
    ...changes,
  });

/** The JSON document of a call of `probe` with one more argument. */
const values = async (line: string): Promise<Record<string, unknown>> => {
  const { out, err } = await call(["probe", "in", "x", "--json", "--quiet", ...line.split(" ")]);
  expect(err).toBe("");
  return JSON.parse(out) as Record<string, unknown>;
};

describe("runCommandLine", () => {
  it("hands checked values to the command and prints one JSON document", async () => {
    const { code, out, err } = await call(
      "probe in a b -o out.png --sigma 2.5 --shape disc --set p=1 --set q=a=b --fast-way --json".split(
        " ",
      ),
    );
    expect(code).toBe(0);
    expect(JSON.parse(out)).toEqual({
      command: "probe",
      input: "in",
      more: ["a", "b"],
      output: "out.png",
      sigma: 2.5,
      count: 3,
      shape: "disc",
      set: { p: "1", q: "a=b" },
      arm: {},
      name: [],
      member: [],
      fastWay: true,
      nan: "NaN",
    });
    expect(err.split("\n").slice(0, 2)).toEqual([
      '{"progress":"probing","done":1,"total":4,"secondsLeft":0,"loss":0.5}',
      "note: look here",
    ]);
  });

  it("takes lists by commas and by repetition, and commas inside as they are meant", async () => {
    expect(await values("--name a,b --name c")).toMatchObject({ name: ["a", "b", "c"] });
    expect(await values("--name a\\,b,c")).toMatchObject({ name: ["a,b", "c"] });
    expect(await values("--set a=1,b=2 --set c=3")).toMatchObject({
      set: { a: "1", b: "2", c: "3" },
    });
    expect(await values("--arm x=p.npy,a.npy,y=q,b")).toMatchObject({
      arm: { x: "p.npy,a.npy", y: "q,b" },
    });
    expect(await values("--member psnr,ssim:range-factor=2,k=1 -M mae")).toMatchObject({
      member: [
        { name: "psnr", parameters: {}, label: "psnr" },
        { name: "ssim", parameters: { "range-factor": "2", k: "1" } },
        { name: "mae", label: "mae" },
      ],
    });
  });

  it.each([
    ["--output=x.png", { output: "x.png" }],
    ["-ox.png", { output: "x.png" }],
    ["--window -160,240", { window: { low: -160, high: 240 } }],
    ["--sigma 1 --sigma 2", { sigma: 2 }],
    ["--form disc", { shape: "disc" }],
    ["--compress", { compress: true }],
    ["--no-compress", { compress: false }],
    ["-- --quiet", { more: ["x", "--quiet"] }],
    ["-5 .5", { more: ["x", "-5", ".5"] }],
  ])("reads %s", async (line, wanted) => {
    expect(await values(line)).toMatchObject(wanted);
  });

  it("prints for people without --json and keeps quiet when told", async () => {
    const { out, err } = await call(["probe", "in", "x", "--quiet"]);
    expect(out).toBe("for people\na     b\n─  ────\nx  1.25\n");
    expect(err).toBe("");
    expect((await call(["probe", "in", "x"])).err).toBe(
      "progress: probing  25 %  0 s left  loss 0.5\nnote: look here\n",
    );
  });

  it("hands standard input and output to the command as files, and keeps words off the bytes", async () => {
    const bytes: number[] = [];
    const piped = {
      bytes: {
        async *input() {
          yield Uint8Array.of(1);
          yield Uint8Array.of(2);
        },
        output: async (part: Uint8Array) => void bytes.push(...part),
      },
    };
    const { code, out, err } = await call(["probe", "-", "x", "-o", "-"], piped);
    expect([code, bytes]).toEqual([0, [1, 2]]);
    expect(out).toBe("");
    expect(err).toContain("for people\n");
    expect((await call(["probe", "-", "x"])).err).toContain(
      "Cannot use -: found no standard input",
    );
    expect((await call(["probe", "-", "x", "-o", "-", "--json"], piped)).err).toContain(
      "found -o - and --json, wanted one of them",
    );
    expect((await call(["probe", tmpdir(), "x", "-o", "-"], piped)).err).toContain(
      "whose result is a folder too, wanted a file",
    );
  });

  it("lists commands without importing any, and shows one command's help", async () => {
    const commands = {
      catalogue: { probe: () => Promise.reject(new Error("imported")) },
      summaries: { probe: "A command for the tests." },
    };
    for (const words of [[], ["--help"], ["-h"], ["help"]]) {
      const { code, out } = await call(words, { commands });
      expect(code).toBe(0);
      expect(out).toMatch(/probe .*A command for the tests\./);
    }
    for (const words of [
      ["probe", "--help"],
      ["probe", "-h"],
      ["help", "probe"],
    ]) {
      const { code, out } = await call(words);
      expect(code).toBe(0);
      expect(out).toContain("--sigma X");
      expect(out.replace(/\s+/g, " ")).toContain("noise level (0 to 10 HU)");
      expect(out).toContain("$ dprime probe a.dcm");
    }
    for (const word of ["-V", "--version"]) {
      expect(await call([word])).toEqual({ code: 0, out: "9.9.9\n", err: "" });
    }
  });

  it("opens the workbench for the bare name in a terminal", async () => {
    const opened = command({
      name: "workbench",
      summary: "Looked at.",
      arguments: {},
      options: {},
      examples: {},
      run: async (_values, context) => {
        context.print("opened");
        return {};
      },
    });
    const commands = {
      catalogue: { workbench: () => Promise.resolve(opened) },
      summaries: { workbench: "Looked at." },
    };
    expect((await call([], { commands, interactive: true })).out).toBe("opened\n");
    expect((await call([], { commands, interactive: false })).out).toContain("Looked at.");
    expect((await call(["--help"], { commands, interactive: true })).out).toContain("Looked at.");
  });

  it.each([60, 80, 120])("wraps the help once, at %i columns", async (columns) => {
    const terminal = { isTerminal: false, columns };
    const { out } = await call(["help", "probe"], { terminal });
    const lines = out.split("\n");
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(columns);
    const start = lines.findIndex((line) => line.startsWith("A paragraph"));
    const paragraph = lines.slice(start, lines.indexOf("", start));
    // Every line but the last is as full as its next word allows.
    paragraph.slice(0, -1).forEach((line, i) => {
      const next = paragraph[i + 1]!.split(" ")[0]!;
      expect(line.length + 1 + next.length).toBeGreaterThan(columns);
    });
    expect(out).toMatch(/\n {2}first {3}a line of a list/);
    expect(out).toMatch(/\n {2}second {2}another/);
  });

  it.each([
    [["prob"], "dprime: Cannot run: found unknown command prob, wanted probe\n"],
    [["help", "prob"], "dprime: Cannot run: found unknown command prob, wanted probe\n"],
    [
      ["nothing"],
      'dprime: Cannot run: found unknown command nothing, wanted one that "dprime --help" lists\n',
    ],
    [
      ["probe", "in", "--sigm", "3"],
      "dprime probe: Cannot run: found unknown option --sigm, wanted --sigma\n",
    ],
    [
      ["probe"],
      'dprime probe: Cannot run: found no argument input, wanted one (see "dprime probe --help")\n',
    ],
    [
      ["other"],
      'dprime other: Cannot run: found no option -n, --needed <WORD>, wanted one (see "dprime other --help")\n',
    ],
    [
      ["probe", "in", "--quiet", "--sigma"],
      "dprime probe: Cannot run: found no value for --sigma <X>, wanted one\n",
    ],
    [
      ["probe", "in", "x", "--sigma", "11"],
      'dprime probe: Cannot read --sigma: found "11", wanted a number from 0 to 10 HU\n',
    ],
    [
      ["probe", "in", "x", "--count", "1.5"],
      'dprime probe: Cannot read --count: found "1.5", wanted a whole number\n',
    ],
    [
      ["probe", "in", "x", "--shape", "dics"],
      'dprime probe: Cannot read --shape: found "dics", wanted one of disc, square\n',
    ],
    [
      ["probe", "in", "x", "--set", "p"],
      'dprime probe: Cannot read --set: found "p", wanted name=value\n',
    ],
    [
      ["probe", "in", "x", "-o", "--quiet"],
      'dprime probe: Cannot read --output: found "--quiet", wanted a value before the next option\n',
    ],
    [
      ["probe", "in", "x", "--fast-way=yes"],
      "dprime probe: Cannot run: found a value for --fast-way, which takes none\n",
    ],
    [["probe", "input-error", "x"], "dprime probe: Cannot read it: found a, wanted b\n"],
    [
      ["probe", "option-error", "x"],
      "dprime probe: Cannot go on: found --fast-way and option nothing\n",
    ],
    [
      ["probe", "format-error", "x"],
      "dprime probe: Cannot read \\x1b[2J: found little (npy, truncated, byte 7)\n",
    ],
  ])("exits 2 with one line on misuse: %j", async (words, line) => {
    expect(await call(words)).toEqual({ code: 2, out: "", err: line });
    // Whoever asks for JSON gets a document of the failure too.
    const asJson = await call(
      [...words, "--json"].filter((word) => word !== "--sigma" || words.length > 4),
    );
    if (asJson.out === "") return;
    expect(asJson.code).toBe(2);
    const { error } = JSON.parse(asJson.out) as { error: { message: string } };
    expect(asJson.err).toContain(error.message);
  });

  it("prints an error document for --json, with what is known of a bad file", async () => {
    const { code, out } = await call(["probe", "format-error", "x", "--json"]);
    expect(code).toBe(2);
    expect(JSON.parse(out)).toEqual({
      command: "probe",
      error: {
        exitCode: 2,
        kind: "format",
        message: "Cannot read \\x1b[2J: found little (npy, truncated, byte 7)",
        format: "npy",
        problem: "truncated",
        offset: 7,
      },
    });
    const unknown = await call(["prob", "--json"]);
    expect(JSON.parse(unknown.out)).toMatchObject({
      command: null,
      error: { exitCode: 2, kind: "input" },
    });
  });

  it("exits 2 on too many arguments", async () => {
    const { code, err } = await call(["other", "one", "extra", "-n", "x"]);
    expect(code).toBe(2);
    expect(err).toMatch(/^dprime other: Cannot run: found too many arguments; .*\n$/);
  });

  it("exits 1 on failed work, on a no and on bugs, with a stack only for --debug", async () => {
    const failed = await call(["probe", "run-error", "x"]);
    expect(failed.code).toBe(1);
    expect(failed.err).toBe("dprime probe: Cannot write it: found a full disk, wanted room\n");
    const no = await call(["probe", "fail", "x", "--json"]);
    expect([no.code, JSON.parse(no.out)]).toMatchObject([1, { input: "fail" }]);
    const bug = await call(["probe", "bug", "x"]);
    expect(bug.code).toBe(1);
    expect(bug.err.split("\n")).toHaveLength(2);
    expect((await call(["probe", "bug", "x", "--debug"])).err).toMatch(
      /TypeError: x is undefined\n +at/,
    );
  });

  it("exits 130 when the signal is raised", async () => {
    const controller = new AbortController();
    const waiting = call(["probe", "wait", "x"], { signal: controller.signal });
    controller.abort();
    expect(await waiting).toEqual({
      code: 130,
      out: "",
      err: "dprime probe: Cancelled: waiting\n",
    });
  });
});

it("sends no control character of what it prints", async () => {
  const rude = "a\u001b]0;x\u0007\nnote: forged\r\u009b2J\u202eb";
  const loud: Command = command({
    name: "loud",
    summary: "Prints what files say.",
    arguments: {},
    options: {},
    examples: {},
    async run(_, context) {
      context.print(rude);
      context.note(rude);
      context.printText(rude);
      context.table([rude], [[rude, (text) => text]]);
      context.work.onProgress({ done: 1, total: 2, label: rude });
      return { rude };
    },
  });
  for (const words of [["loud"], ["loud", "--json"]]) {
    const { out, err } = await commandLine(words, {
      commands: { catalogue: { loud: async () => loud }, summaries: {} },
    });
    // oxlint-disable-next-line no-control-regex -- control characters are what must be absent
    expect(out + err).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e]/);
    // The text of several lines alone may begin one of its own.
    expect((out + err).match(/^note: forged/gm) ?? []).toHaveLength(words.length === 1 ? 1 : 0);
  }
  const { out } = await commandLine(["loud", "--json"], {
    commands: { catalogue: { loud: async () => loud }, summaries: {} },
  });
  expect(JSON.parse(out)).toMatchObject({ rude });
});
