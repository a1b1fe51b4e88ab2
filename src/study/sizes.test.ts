import { describe, expect, it } from "vitest";
import { mergeOverrides, studyOfDocument, withValue } from "./sizes.ts";

const study = {
  name: "a",
  cases: { test: 500, chunk: 50 },
  panels: ["x", "y"],
  list: [{ a: 1, b: 2 }],
};

describe("mergeOverrides", () => {
  it("merges records and replaces everything else", () => {
    const merged = mergeOverrides(study, { cases: { test: 12 }, panels: ["z"], more: { c: null } });
    expect(merged).toEqual({
      ...study,
      cases: { test: 12, chunk: 50 },
      panels: ["z"],
      more: { c: null },
    });
    expect(study.cases.test).toBe(500);
  });

  it("changes items of a list by index, and refuses one that is not there", () => {
    expect(mergeOverrides(study, { list: { 0: { b: 3 } } })).toMatchObject({
      list: [{ a: 1, b: 3 }],
    });
    expect(() => mergeOverrides(study, { list: { 1: {} } })).toThrow(
      "Cannot change list.1: found 1, wanted an index below 1",
    );
  });
});

describe("withValue", () => {
  it("reads values as JSON, else as text, and makes what is missing", () => {
    expect(withValue(study, "cases.test", "12")).toMatchObject({ cases: { test: 12, chunk: 50 } });
    expect(withValue(study, "panels.1", "w")).toMatchObject({ panels: ["x", "w"] });
    expect(withValue(study, "new.deep", '{"a": [1]}')).toMatchObject({ new: { deep: { a: [1] } } });
    expect(() => withValue(study, "panels.x", "1")).toThrow(/found x, wanted an index from 0 to 2/);
    expect(() => withValue(study, "a..b", "1")).toThrow(/found an empty word/);
  });
});

describe("studyOfDocument", () => {
  const recipe = { study, sizes: { smoke: { cases: { test: 2 } } }, claims: [1] };

  it("takes a recipe at a size, with its claims, and a plain study as it is", () => {
    expect(studyOfDocument(recipe, { size: "smoke", set: { "cases.chunk": "1" } })).toEqual({
      ...study,
      cases: { test: 2, chunk: 1 },
      claims: [1],
    });
    expect(studyOfDocument(study)).toEqual(study);
  });

  it("names the sizes and fields there are", () => {
    expect(() => studyOfDocument(recipe, { size: "big" })).toThrow(
      "found no such size, wanted one of smoke",
    );
    expect(() => studyOfDocument(study, { size: "smoke" })).toThrow(
      "found no sizes, wanted a recipe",
    );
    expect(() => studyOfDocument({ ...recipe, claim: [] })).toThrow(
      "claim: found an unknown field",
    );
  });
});
