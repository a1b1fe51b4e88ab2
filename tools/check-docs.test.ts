import { expect, it } from "vitest";
import { anchorsOf, bibliographyBreaches, citationsOf, deadLinks } from "./check-docs.ts";

it("makes anchors as GitHub does, repeated headings numbered", () => {
  const text = "# Two words\n## `code` & more!\n## Same\n## Same\n```\n# not a heading\n```\n";
  expect([...anchorsOf(text)]).toEqual(["two-words", "code--more", "same", "same-1"]);
});

it("finds dead files and dead anchors, and passes over code and other sites", () => {
  const pages = [
    {
      path: "docs/a.md",
      text: "[ok](b.md#here) [self](#top) [up](../README.md) [web](https://x.y) `[c](no.md)`\n# Top\n[bad](c.md) ![gone](img.png) [anchor](b.md#there)",
    },
    { path: "docs/b.md", text: "## Here" },
    { path: "README.md", text: "" },
  ];
  const found = deadLinks(pages, (path) => pages.some((page) => page.path === path));
  expect(found).toHaveLength(3);
  expect(found[0]).toBe("docs/a.md: links to c.md, which does not exist");
  expect(found[2]).toContain('docs/b.md has no heading "there"');
});

it("reads citations in comments, lists and data, and no array indices", () => {
  const text =
    '/** NLM [buades2005nonlocal], [a2000b; rudin1992nonlinear]. */ references: ["dabov2007image"], x[i], data[2005]';
  expect(citationsOf({ path: "src/x.ts", text })).toEqual([
    "buades2005nonlocal",
    "a2000b",
    "rudin1992nonlinear",
    "dabov2007image",
  ]);
});

it("checks the bibliography in both directions", () => {
  const bibliography =
    "@article{dabov2007image,\n  title = {A},\n  year = {2007},\n}\n@article{idle2001never,\n  title = {B},\n}\n";
  const citing = [{ path: "src/x.ts", text: "[dabov2007image] [absent1999key]" }];
  expect(bibliographyBreaches(citing, bibliography)).toEqual([
    "docs/references.bib: idle2001never has no year",
    "src/x.ts: cites absent1999key, which docs/references.bib does not have",
    "docs/references.bib: nothing cites idle2001never",
  ]);
});
