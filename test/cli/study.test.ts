/** Studies from the shell: run, stop, go on, report, and what is said when something is wrong. */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it, vi } from "vitest";
import { openSqliteDriver } from "../../src/store/sqlite-driver.ts";
import { buildOnce, dprime, interrupted, newFolder } from "./dprime.ts";

// Child processes on a busy machine take many times as long as on a quiet one.
vi.setConfig({ testTimeout: 240_000 });

beforeAll(buildOnce);

/** Without a network: noisy and smoothed images, one observer. */
const small = `
name: small
seed: 3
task:
  object: { name: binary-texture, options: { exponent: 2.5, convention: amplitude, slope: 2.5, contrast: 1 } }
  signal: { name: disk, options: { radiusMm: 2, amplitude: 0.07 } }
  noise: { name: gaussian, options: { sigma: 0.1 } }
cases: { test: TEST, validation: 4, observerTraining: 4, chunk: 4 }
templates: { signal: { kind: signal } }
methods:
  noisy: { kind: noisy }
  smooth: { kind: denoiser, name: gaussian }
observers:
  matched: { kind: template, template: signal }
metrics:
  psnr: { name: psnr, dataRange: 1 }
statistics: { reference: noisy }
`;

function place(test = 8): { folder: string; file: string; store: string[] } {
  const folder = newFolder("study");
  const file = join(folder, "small.yaml");
  writeFileSync(file, small.replace("TEST", String(test)));
  return { folder, file, store: ["--store", join(folder, "store.sqlite")] };
}

const numbersOf = (folder: string): unknown =>
  (JSON.parse(readFileSync(join(folder, "report.json"), "utf8")) as { sections: unknown }).sections;

describe("dprime study", () => {
  it("runs a study, keeps it, and reports it again without work", () => {
    const { folder, file, store } = place();
    const ran = dprime(["study", "run", file, ...store, "-o", join(folder, "a"), "--json"]);
    expect(ran.err).not.toMatch(/dprime study:/);
    expect(ran.code).toBe(0);
    const { run, status, finished, all } = JSON.parse(ran.out) as Record<string, string | number>;
    expect({ status, finished }).toEqual({ status: "done", finished: all });
    for (const name of ["report.md", "report.html", "report.json", "tables"]) {
      expect(existsSync(join(folder, "a", name)), name).toBe(true);
    }
    const again = dprime(["study", "report", String(run), ...store, "-o", join(folder, "b")]);
    expect(again.code).toBe(0);
    expect(numbersOf(join(folder, "b"))).toEqual(numbersOf(join(folder, "a")));
    const list = dprime(["study", "list", ...store]);
    expect(list.out).toMatch(new RegExp(`${run}\\s+small\\s+done\\s+${all}/${all}`));
    const options = ["--protocol", "hold-out", "--json", "--quiet"];
    const observers = ["-n", "npw", "-n", "fourier-hotelling"];
    const judged = dprime(["observe", "--study", String(run), ...store, ...observers, ...options]);
    expect(judged.code, judged.err).toBe(0);
    const { tasks } = JSON.parse(judged.out) as {
      tasks: { run: string; rows: { arm: string; label: string }[]; differences: unknown[] }[];
    };
    expect(tasks[0]!.run).toBe(run);
    expect(tasks[0]!.rows.map(({ arm, label }) => `${arm} ${label}`)).toEqual([
      "noisy npw",
      "noisy fourier-hotelling",
      "smooth npw",
      "smooth fourier-hotelling",
    ]);
    expect(tasks[0]!.differences).toHaveLength(2);
    const none = dprime(["observe", "--study", String(run), ...store, "--method", "sharp"]);
    expect([none.code, none.err]).toEqual([
      2,
      expect.stringMatching(/wanted one of noisy, smooth/),
    ]);
    const status_ = dprime(["study", "status", String(run).slice(0, 6), ...store]);
    expect(status_.out).toContain(`${all} of ${all} pieces finished`);
  });

  it("stops on Ctrl-C and goes on to the numbers of an uninterrupted run", async () => {
    const { folder, file, store } = place(32);
    const words = ["study", "run", file, "--workers", "1", ...store];
    const stopped = await interrupted([...words, "-o", join(folder, "never")], {
      when: /progress: small/,
      signal: "SIGINT",
    });
    expect(stopped.code).toBe(130);
    expect(stopped.err).toContain("continues it");
    expect(existsSync(join(folder, "never"))).toBe(false);
    const [, run] = /study resume (\w+) continues it/.exec(stopped.err)!;
    const early = dprime(["study", "report", run!, ...store]);
    expect(early.code).toBe(2);
    expect(early.err).toMatch(/found \d+ of \d+ pieces finished, wanted all/);
    const resumed = dprime(["study", "resume", run!, ...store, "-o", join(folder, "resumed")]);
    expect(resumed.code).toBe(0);
    const other = ["--store", join(folder, "other.sqlite"), "-o", join(folder, "whole"), "--quiet"];
    expect(dprime(["study", "run", file, ...other]).code).toBe(0);
    expect(numbersOf(join(folder, "resumed"))).toEqual(numbersOf(join(folder, "whole")));
  });

  it("checks the store, does damaged work again with a note, and drops a run", async () => {
    const { folder, file, store } = place();
    const words = ["study", "run", file, ...store, "-o", join(folder, "a")];
    const first = JSON.parse(dprime([...words, "--json", "--quiet"]).out) as { run: string };
    const whole = dprime(["study", "check", ...store]);
    expect([whole.code, whole.out]).toEqual([0, expect.stringContaining("intact")]);

    // One digit of a kept number, and one bit of a kept image.
    const database = await openSqliteDriver(store[1]!);
    const [row] = database
      .prepare(
        "select key, results from pieces where kind = 'denoise-cases' order by arrival limit 1",
      )
      .all([]) as { key: string; results: string }[];
    const at = row!.results.search(/[1-8]\d{6}/);
    const digit = String(Number(row!.results[at]) + 1);
    const harmed = row!.results.slice(0, at) + digit + row!.results.slice(at + 1);
    database.prepare("update pieces set results = ? where key = ?").run([harmed, row!.key]);
    database
      .prepare(
        "update blob_chunks set bytes = zeroblob(length(bytes)) where hash = (select hash from piece_blobs join pieces on piece = key where kind = 'draw-cases' order by arrival limit 1)",
      )
      .run([]);
    database.close();
    const found = dprime(["study", "check", ...store, "--json"]);
    expect(found.code).toBe(1);
    const { faults } = JSON.parse(found.out) as { faults: { what: string }[] };
    expect(faults.map(({ what }) => what).sort()).toEqual(["blob", "piece"]);

    const again = dprime([...words, "--force", "--json"]);
    expect(again.code, again.err).toBe(0);
    expect(again.err).toMatch(
      /note: the result of "draw .*" in .* is damaged: it is computed again/,
    );
    expect(again.err).toMatch(/note: the result of "\w+ \w+, test .*" in .* is damaged/);
    expect(dprime(["study", "check", ...store]).code).toBe(0);
    const numbers = numbersOf(join(folder, "a"));
    const other = ["--store", join(folder, "other.sqlite"), "-o", join(folder, "b"), "--quiet"];
    expect(dprime(["study", "run", file, ...other]).code).toBe(0);
    expect(numbers).toEqual(numbersOf(join(folder, "b")));
    expect(dprime(["study", "check", ...store]).code).toBe(0);

    const folderCheck = () => dprime(["study", "check", join(folder, "a")]);
    expect([folderCheck().code, folderCheck().out]).toEqual([
      0,
      expect.stringContaining("all intact"),
    ]);
    const json = join(folder, "a", "report.json");
    writeFileSync(json, readFileSync(json, "utf8").replace(/\d/, "9"));
    expect([folderCheck().code, folderCheck().out]).toEqual([
      1,
      expect.stringMatching(/report\.json\s+changed/),
    ]);

    const { run: second } = JSON.parse(again.out) as { run: string };
    const shared = dprime(["study", "drop", first.run, ...store]);
    expect(shared.out).toMatch(/^Dropped run \w+ of small; freed 0.0 MB/);
    const freed = dprime(["study", "drop", second, ...store, "--json"]);
    expect(JSON.parse(freed.out)).toMatchObject({ run: second, study: "small" });
    expect((JSON.parse(freed.out) as { freed: number }).freed).toBeGreaterThan(100_000);
    expect(dprime(["study", "list", ...store]).out).toMatch(/^No runs in/);
  });

  it("tells a killed run from a living one, which it does not drop", async () => {
    const { file, store } = place(1000);
    const words = ["study", "run", file, "--workers", "1", ...store];
    const seen: { status: string; at: string[]; drop: string }[] = [];
    const look = (run: string) => {
      const { out } = dprime(["study", "status", run, ...store, "--json"]);
      const { status, at } = JSON.parse(out) as { status: string; at: string[] };
      seen.push({ status, at, drop: dprime(["study", "drop", run, ...store]).err });
    };
    const killed = await interrupted(words, {
      when: /run \w+ in/,
      signal: "SIGKILL",
      before: (err) => look(/run (\w+) in/.exec(err)![1]!),
    });
    expect(killed.code).not.toBe(0);
    const [, run] = /run (\w+) in/.exec(killed.err)!;
    expect(seen[0]!.status).toBe("running");
    expect(seen[0]!.at).toHaveLength(1);
    expect(seen[0]!.drop).toMatch(/found .*:\d+ at it, wanted nobody; stop it first/);
    // The dead process said last that it was there at most 20 s ago.
    const list = () => dprime(["study", "list", ...store]).out;
    await expect.poll(list, { timeout: 60_000, interval: 2000 }).toMatch(/small\s+killed/);
    expect(dprime(["study", "drop", run!, ...store]).code).toBe(0);
  });

  it("refuses a study that is too large, with an estimate", () => {
    const { file, store } = place();
    for (const [extra, message] of [
      [["--set", "cases.test=1000000000"], /found about [\d,]+ pieces of work, wanted at most/],
      [
        [
          "--set",
          "task.object.options.size=2048",
          "--set",
          'templates.big={"kind": "hotelling-images", "images": 10}',
        ],
        /"template big" has to hold at least 28\d TB at once, wanted at most the .* of this machine/,
      ],
    ] as const) {
      const { code, err } = dprime(["study", "run", file, ...extra, ...store, "--quiet"]);
      expect(err).toMatch(message);
      expect(code).toBe(2);
    }
  });

  it.each([
    [["--set", "cases.tset=3"], "cases.tset: found an unknown field, wanted test"],
    [
      ["--set", "methods.smooth.optoins={}"],
      "methods.smooth.optoins: found an unknown field, wanted options",
    ],
    [
      ["--set", "methods.smooth.options.wdith=2"],
      "methods.smooth: Cannot set parameter wdith of gaussian: found no such parameter, wanted one of width",
    ],
    [
      ["--set", 'task.object.options.slope={"fron": 1, "to": 2}'],
      "task.object.options.slope.fron: found an unknown field, wanted from",
    ],
    [["--set", "methods.smooth.name=gausian"], "methods.smooth: Cannot denoise by gausian"],
    [["--set", "task.kind=detecton"], 'task.kind: found "detecton", wanted one of detection'],
    [
      ["--set", "statistics.reference=niosy"],
      "statistics.reference: found niosy, wanted one of noisy",
    ],
    [["--set", "cases.test=-3"], "cases.test: found -3, wanted"],
    [
      ["--set", "methods.smooth.kind=denoise"],
      'methods.smooth.kind: found "denoise", wanted one of',
    ],
    [
      ["--set", "observers.matched.template=sginal"],
      "observers.matched.template: found sginal, wanted one of signal",
    ],
    [["--size", "smoke"], "Cannot use size smoke: found no sizes"],
  ])("names the field and the fix: %j", (extra, message) => {
    const { file, store } = place();
    const { code, err } = dprime(["study", "run", file, ...extra, ...store, "--quiet"]);
    expect(err).toContain(message);
    expect(err.trim().split("\n")).toHaveLength(1);
    expect(code).toBe(2);
  });

  it("tells runs, actions and files that are not there", () => {
    const { folder, store } = place();
    for (const [words, message] of [
      [["study", "status", "abc", ...store], /Cannot find run abc in .*: found none, wanted one/],
      [["study", "resume", "abc", ...store], /Cannot find run abc/],
      [["study", "rum"], /found action rum, wanted one of run\b/],
      [["study", "run"], /found nothing after run, wanted the file of a study/],
      [["study", "run", join(folder, "no.yaml")], /found no such file or folder/],
      [["reproduce", "nobody"], /found no such recipe, wanted one of .*chen-zhou/],
    ] as const) {
      const { code, err } = dprime(words);
      expect(err).toMatch(message);
      expect(code).toBe(2);
    }
  });
});
