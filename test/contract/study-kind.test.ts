/** Every kind of entry that a study may have besides tasks, and every kind of answer. */
import { describe, expect, it } from "vitest";
import { catalogue as answers } from "../../src/study/answers/catalogue.ts";
import { studyJsonSchema } from "../../src/study/description.ts";
import type { Kinded, EntryKind } from "../../src/study/kind.ts";
import { catalogue as methods } from "../../src/study/methods/catalogue.ts";
import { catalogue as observers } from "../../src/study/observers/catalogue.ts";
import { catalogue as templates } from "../../src/study/templates/catalogue.ts";

type Open = () => Promise<Pick<EntryKind<Kinded>, "name" | "summary" | "schema">>;
const kinds = Object.entries({ methods, observers, templates }).flatMap(([of, catalogue]) =>
  Object.entries(catalogue as Readonly<Record<string, Open>>).map(
    ([name, open]) => ({ of, name, open }) as const,
  ),
);

/** Names of fields that a schema does not know, as it refuses an entry. */
function unknownFields(schema: EntryKind<Kinded>["schema"], entry: object): string[] {
  const result = schema.safeParse(entry);
  return (result.error?.issues ?? []).flatMap((issue) =>
    issue.code === "unrecognized_keys" ? issue.keys : [],
  );
}

describe.each(kinds)("$of $name", ({ name, open }) => {
  it("is called as its file, described in a sentence, and stands in the studies' JSON Schema", async () => {
    const kind = await open();
    expect(kind.name).toBe(name);
    expect(kind.summary).toMatch(/^[A-Z].*\.$/s);
    expect(JSON.stringify(await studyJsonSchema())).toContain(`"const":"${name}"`);
  });

  it("takes entries of its own kind alone, and refuses unknown fields by their names", async () => {
    const { schema } = await open();
    expect(unknownFields(schema, { kind: name, nosuch: 1 })).toEqual(["nosuch"]);
    expect(schema.safeParse({ kind: "nosuch" }).success).toBe(false);
    expect(schema.safeParse({}).success).toBe(false);
  });
});

describe.each(Object.entries(answers))("answer %s", (name, open) => {
  const context = {
    observer: "reader",
    about: "A reader.",
    main: new Set(["noisy", "smooth"]),
    panels: [],
    reference: "noisy",
    level: 0.95,
    adjust: "holm",
    seed: 1,
  } as const;

  it("is called as its file, and described", async () => {
    const kind = await open();
    expect(kind.name).toBe(name);
    expect(kind.summary.length).toBeGreaterThan(10);
  });

  it("measures nothing where every observer refused, and says why", async () => {
    const kind = await open();
    const refused = { status: "refused", why: "too few images of the class" } as const;
    const analysis = kind.analyse({ ...context, answers: { noisy: refused, smooth: refused } });
    const measured = Object.values(analysis.measures).flatMap((row) => Object.values(row));
    expect(measured.filter(({ value }) => Number.isFinite(value))).toEqual([]);
    expect(JSON.stringify(analysis.sections)).toContain("too few images of the class");
  });
});
