import { expect, it } from "vitest";
import { brokenLinks } from "./docs-site.ts";

const exists = (path: string): boolean => path === "assets/a.png";

it("follows links, pictures and anchors of a site", () => {
  const pages = [
    {
      path: "index.html",
      html: '<a href="/guide.html#first">x</a><img alt="" src="/assets/a.png"><a class="b" href="api/">y</a>',
    },
    {
      path: "guide.html",
      html: '<h1 id="first">x</h1><a href="./">home</a><a href="https://a/b">z</a>',
    },
    { path: "api/index.html", html: '<a href="../guide">x</a>' },
  ];
  expect(brokenLinks(pages, exists)).toEqual([]);
});

it("tells dead links, dead anchors, missing pictures and pages that nothing leads to", () => {
  const pages = [
    {
      path: "index.html",
      html: '<a href="/gone.html">x</a><a href="/guide.html#second">y</a><img src="b.png">',
    },
    { path: "guide.html", html: "" },
    { path: "lost.html", html: "" },
  ];
  expect(brokenLinks(pages, exists)).toEqual([
    "index.html: links to /gone.html, which does not exist",
    'index.html: links to /guide.html#second, but guide.html has no "second"',
    "index.html: links to b.png, which does not exist",
    "lost.html: nothing leads to it",
  ]);
});
