import { expect, it } from "vitest";
import { catalogueText } from "./catalogue.ts";

it("lists members by file name and passes over everything else", () => {
  const text = catalogueText(
    [
      { name: "bm3d.ts", text: "export const bm3d: Denoiser = {" },
      { name: "non-local-means.ts", text: "export const nonLocalMeans: Denoiser = {" },
      { name: "patches.ts", text: "export const patches = 3;" },
      { name: "bm3d.test.ts", text: "export const bm3d: Denoiser = {" },
    ],
    { type: "Denoiser", from: "./denoiser.ts" },
  );
  expect(text).toContain('"bm3d": () => import("./bm3d.ts").then((m) => m.bm3d)');
  expect(text).toContain('"non-local-means": () => import("./non-local-means.ts")');
  expect(text).not.toContain("patches");
  expect(text.match(/import\(/g)).toHaveLength(2);
});

it("writes the types of parameters from their tables", () => {
  const text = catalogueText(
    [{ name: "bm3d.ts", text: "export const bm3d: Denoiser = {" }],
    { type: "Denoiser", from: "./denoiser.ts", typed: true },
    {
      bm3d: {
        "window-shape": { type: "choice", choices: ["a", "b"], default: "a", about: "form" },
        width: { type: "number", unit: "px", min: 0, max: 9, about: "reach of */ the filter." },
      },
    },
  );
  expect(text).toContain(
    "    /** reach of * / the filter. 0 to 9 px. */\n    readonly width?: number;",
  );
  expect(text).toContain('    /** form. Default: a. */\n    readonly "window-shape"?: "a" | "b";');
  expect(text).toContain("Promise<Denoiser<DenoiserParameters[Name]>>");
});

it("refuses every name where a member takes none, and types options beside members", () => {
  const files = [{ name: "relu-net.ts", text: "export const reluNet: Network = {" }];
  const text = catalogueText(files, { type: "Network", from: "./network.ts" }, { "relu-net": {} });
  expect(text).toContain('readonly "relu-net": Readonly<Record<string, never>>;');
  expect(text).toContain("export interface NetworkOptions {");
  expect(text).toContain("satisfies Readonly<Record<string, () => Promise<Network>>>");
});
