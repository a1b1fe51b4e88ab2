/** The page's own script, in a document of a few elements. */
import { runInNewContext } from "node:vm";
import { describe, expect, it } from "vitest";
import { streamOf } from "../../core/random.ts";
import { gallasArea, parseImrmc } from "../../stats/index.ts";
import { readingPage, readingPairs } from "./reading-page.ts";
import type { CompareResult, CompareScene } from "./result.ts";

const side = 15;
const cases = Array.from({ length: 16 }, (_, i) => ({
  slice: Math.floor(i / 4),
  row: 10,
  column: 20 * i,
  present: i % 2 === 0,
  id: `c${i}`,
}));
const stream = streamOf(3, "reading");
const regions = () => cases.map(() => Float32Array.from(stream.normals(side * side)));
const none = { without: new Float32Array(0), withSignal: new Float32Array(0) };
const arm = (method: string, dose: number) => ({
  method,
  dose,
  withSignal: regions(),
  without: regions(),
  shown: none,
});
const scene: CompareScene = {
  cases,
  side,
  unit: "HU",
  spacing: [1, 1, 1],
  shownSlice: 0,
  shape: [1, 1],
  diameterMm: 5,
  hardest: [],
  arms: [
    arm("no denoising", 1),
    arm("median, radius 2", 1),
    arm("no denoising", 0.25),
    arm("median, radius 2", 0.25),
  ],
};
const result = {
  doses: [1, 0.25],
  task: { shape: "disk", diameterMm: 5, contrast: -10 },
} as unknown as CompareResult;
const options = { title: "A <b>reading", windowAt: () => ({ low: -3, high: 3 }), seed: 4 };

interface Element {
  value: string;
  hidden: boolean;
  textContent: string;
  src: string;
  href: string;
  download: string;
  addEventListener(type: string, listener: (event: object) => void): void;
  blur(): void;
  click(): void;
}

/** Runs the page's script; what it saves is kept by name. */
function open(page: string) {
  const script = /<script>\n([\s\S]*)<\/script>/.exec(page)![1]!;
  const listeners = new Map<string, (event: object) => void>();
  const saved = new Map<string, string>();
  const blobs = new Map<string, string>();
  const element = (id: string): Element => ({
    value: "",
    hidden: false,
    textContent: "",
    src: "",
    href: "",
    download: "",
    addEventListener: (type, listener) => void listeners.set(`${id} ${type}`, listener),
    blur: () => {},
    click() {
      saved.set(this.download, blobs.get(this.href)!);
    },
  });
  const elements = new Map<string, Element>();
  const byId = (id: string) => {
    const found = elements.get(id) ?? element(id);
    elements.set(id, found);
    return found;
  };
  runInNewContext(script, {
    document: {
      getElementById: byId,
      createElement: element,
      addEventListener: (type: string, listener: (event: object) => void) =>
        void listeners.set(`document ${type}`, listener),
    },
    atob,
    TextDecoder,
    Uint8Array,
    Blob: class {
      readonly text: string;
      constructor(parts: string[]) {
        this.text = parts.join("");
      }
    },
    URL: {
      createObjectURL(blob: { text: string }) {
        blobs.set(`blob:${blobs.size}`, blob.text);
        return `blob:${blobs.size - 1}`;
      },
    },
  });
  return {
    byId,
    saved,
    start: (name: string) => {
      byId("reader").value = name;
      listeners.get("start submit")!({ preventDefault: () => {} });
    },
    press: (key: string) => listeners.get("document keydown")!({ key, preventDefault: () => {} }),
  };
}

describe("a page for readers", () => {
  const { pairs, practice } = readingPairs(result, scene, options);

  it("pairs each signal with one place without, in every modality, in an order of the seed", () => {
    // Untreated at full dose, and both at the lowest.
    expect(pairs.length).toBe(3 * 6);
    expect(new Set(pairs.map((p) => p.modality)).size).toBe(3);
    expect(new Set(pairs.map((p) => `${p.present} ${p.absent}`)).size).toBe(6);
    expect(readingPairs(result, scene, options)).toEqual({ pairs, practice });
    expect(readingPairs(result, scene, { ...options, seed: 5 }).pairs).not.toEqual(pairs);
    const rights = pairs.filter((p) => p.right === 1).length;
    expect(rights).toBeGreaterThan(4);
    expect(rights).toBeLessThan(15);
  });

  it("practises on places of their own, with the answer told, before anything counts", () => {
    expect(practice.length).toBe(2);
    const read = new Set(pairs.flatMap((p) => [p.present, p.absent]));
    expect(practice.some((p) => read.has(p.present) || read.has(p.absent))).toBe(false);
    const { start, press, saved, byId } = open(readingPage(result, scene, options));
    start("Ann");
    expect(byId("status").textContent).toBe("Practice 1 of 2");
    press(practice[0]!.right === 1 ? "ArrowRight" : "ArrowLeft");
    expect(byId("status").textContent).toMatch(/^Right: it was on the .* Practice 2 of 2$/);
    press(practice[1]!.right === 1 ? "ArrowLeft" : "ArrowRight");
    expect(byId("status").textContent).toMatch(/^Wrong: it was on the .* 1 of 18$/);
    press("s");
    expect(saved.size).toBe(0);
  });

  it("rests after so many pairs until Space is pressed", () => {
    const page = readingPage(result, scene, { ...options, breakAfter: 3 });
    const { start, press, byId } = open(page);
    start("Ann");
    for (let k = 0; k < 2 + 3; k++) press("ArrowLeft");
    expect(byId("status").textContent).toBe("A break: 3 of 18 are done. Space goes on.");
    expect(byId("pair").hidden).toBe(true);
    press("ArrowLeft");
    expect(byId("status").textContent).toMatch(/^A break/);
    press(" ");
    expect(byId("status").textContent).toBe("4 of 18");
    expect(byId("pair").hidden).toBe(false);
  });

  it("names neither modality nor answer, and asks nothing of a network", () => {
    const page = readingPage(result, scene, options);
    expect(page).not.toMatch(/median|c12/);
    expect(page).not.toMatch(/https?:|<b>/);
    expect(page).toMatch(/dark disk of 5 mm/);
  });

  it("saves what keys chose as an iMRMC file whose areas are the shares of right choices", () => {
    const { start, press, saved, byId } = open(readingPage(result, scene, options));
    press("ArrowLeft");
    start("Ann, first");
    for (const _ of practice) press("ArrowLeft");
    expect(byId("status").textContent).toMatch(/1 of 18$/);
    let wrong = 0;
    pairs.forEach((pair, i) => {
      // Every third choice of one modality is wrong; one slip is taken back.
      const hit = !(pair.modality.startsWith("median") && i % 3 === 0);
      if (!hit) wrong++;
      if (i === 5) {
        press(pair.right === 0 ? "ArrowRight" : "ArrowLeft");
        press("Backspace");
      }
      press((pair.right === 1) === hit ? "ArrowRight" : "ArrowLeft");
    });
    expect(byId("pair").hidden).toBe(true);
    const text = saved.get("reading-Ann__first.imrmc")!;
    const study = parseImrmc(text);
    expect(study.scores.length).toBe(2 * 18);
    const area = (modality: string) => gallasArea(study, modality).estimate;
    expect(area("no denoising at dose 1")).toBe(1);
    expect(area("no denoising at dose 0.25")).toBe(1);
    expect(area("median; radius 2 at dose 0.25")).toBeCloseTo(1 - wrong / 6, 12);
  });

  it("saves what there is before the end", () => {
    const { start, press, saved } = open(readingPage(result, scene, options));
    start("");
    press("s");
    expect(saved.size).toBe(0);
    for (const _ of practice) press("ArrowLeft");
    press("ArrowLeft");
    press("s");
    expect(parseImrmc(saved.get("reading-reader.imrmc")!).scores.length).toBe(2);
  });
});
