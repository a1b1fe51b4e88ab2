import { posix } from "node:path";
import { defineConfig } from "vitepress";

const repository = "https://github.com/dprime/dprime";

const sidebar = [
  {
    text: "Start here",
    items: [
      { text: "Which path is yours", link: "/" },
      { text: "Imaging scientist", link: "/tutorials/imaging-scientist" },
      { text: "Medical physicist", link: "/tutorials/medical-physicist" },
      { text: "Viewer developer", link: "/tutorials/viewer-developer" },
      { text: "Installation and trouble", link: "/installation" },
    ],
  },
  {
    text: "Denoise",
    items: [
      { text: "Choosing a method", link: "/choosing" },
      { text: "Gallery", link: "/gallery" },
      { text: "Denoisers", link: "/denoisers" },
      { text: "Lesion-preserving", link: "/lesion-preserving" },
      { text: "Limits", link: "/limits" },
      { text: "Training", link: "/training" },
      { text: "Adaptation", link: "/adaptation" },
      { text: "Low-dose CT", link: "/low-dose-ct" },
    ],
  },
  {
    text: "Judge",
    items: [
      { text: "Compare on your images", link: "/compare" },
      { text: "Metrics", link: "/metrics" },
      { text: "Observers", link: "/observers" },
      { text: "Statistics", link: "/statistics" },
      { text: "Studies", link: "/studies" },
      { text: "The store", link: "/store" },
      { text: "Clusters", link: "/cluster" },
      { text: "PACS", link: "/pacs" },
      { text: "Recipe: Chen & Zhou", link: "/recipes/chen-zhou" },
    ],
  },
  {
    text: "Files and pages",
    items: [
      { text: "File formats", link: "/formats" },
      { text: "DICOM", link: "/dicom" },
      { text: "The workbench", link: "/workbench" },
      { text: "In the browser", link: "/browser" },
    ],
  },
  {
    text: "Reference",
    items: [
      { text: "API", link: "/api/index.html", target: "_self" },
      { text: "Conventions", link: "/conventions" },
      { text: "Architecture", link: "/architecture" },
      { text: "The engine", link: "/engine" },
      { text: "Benchmarks", link: "/benchmarks" },
    ],
  },
];

/** Links that leave docs/, such as ../CONTRIBUTING.md, lead to the repository. */
function outside(target: string, page: string): string | undefined {
  if (/^([a-z]+:|#|\/)/i.test(target)) return undefined;
  const path = posix.join("docs", posix.dirname(page), target);
  return path.startsWith("docs/") ? undefined : `${repository}/blob/main/${path}`;
}

export default defineConfig({
  title: "dprime",
  description:
    "Denoise medical images without losing what the reader is looking for, and prove it.",
  markdown: {
    config(md) {
      md.core.ruler.push("links to the repository", (state) => {
        for (const token of state.tokens.flatMap(({ children }) => children ?? [])) {
          if (token.type !== "link_open") continue;
          const { relativePath } = state.env as { relativePath: string };
          const target = outside(token.attrGet("href") ?? "", relativePath);
          if (target !== undefined) token.attrSet("href", target);
        }
      });
    },
  },
  themeConfig: {
    search: { provider: "local" },
    sidebar,
    outline: "deep",
    socialLinks: [{ icon: "github", link: repository }],
    footer: { message: "For research only; not a medical device. Apache-2.0." },
  },
});
