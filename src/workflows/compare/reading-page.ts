/**
 * Two-alternative forced choice for people: a page that shows two regions of one method and dose, one of them with the
 * signal, in an order drawn from a seed and without names. Results are saved as an iMRMC file: of each pair the region
 * that was chosen has score 1, the other 0, so that the area under the ROC curve of a reader and modality is the share of
 * right choices. A few pairs of other places come first for practice, with the answer told, and are not saved; after
 * every so many pairs there is a break. The page needs no server, no network and no mouse.
 */
import { makeImage } from "../../core/image.ts";
import { streamOf } from "../../core/random.ts";
import { visibleLines } from "../../core/visible-text.ts";
import { bytesToBase64 } from "../../figures/base64.ts";
import { bitmapPng, renderPlane, type Window } from "../../figures/index.ts";
import type { CompareResult, CompareScene } from "./result.ts";

export interface ReadingOptions {
  readonly title: string;
  /** Of the place with that number among the cases. */
  readonly windowAt: (at: number) => Window;
  readonly seed: number;
  /** Pairs of each method and dose. Defaults to 24. */
  readonly pairs?: number;
  /** Pairs from one break to the next. Defaults to 40. */
  readonly breakAfter?: number;
}

interface Pair {
  readonly modality: string;
  readonly present: string;
  readonly absent: string;
  /** Pictures as data addresses, left and right. */
  readonly pictures: readonly [string, string];
  /** 0 where the signal is on the left. */
  readonly right: 0 | 1;
}

export interface ReadingPairs {
  /** Of the untreated images at full dose, at places of their own. */
  readonly practice: readonly Pair[];
  readonly pairs: readonly Pair[];
}

/** Pairs for practice: as many, but no more than so large a share of the places. */
const [mostPractice, practiceShare] = [4, 0.25];

/** Pairs of the untreated images at full and lowest dose, and of every method at the lowest, in blinded order. */
export function readingPairs(
  result: CompareResult,
  scene: CompareScene,
  options: ReadingOptions,
): ReadingPairs {
  const { seed, windowAt, pairs = 24 } = options;
  const lowest = Math.min(...result.doses);
  const arms = scene.arms.filter((arm, n) => n === 0 || arm.dose === lowest);
  const numbered = scene.cases.map((c, at) => ({ c, at }));
  const absent = numbered.filter(({ c }) => !c.present);
  const taken = new Set<number>();
  const matched = numbered
    .filter(({ c }) => c.present)
    .slice(0, pairs + mostPractice)
    .flatMap((one) => {
      // From the same slice where there is one left.
      const free = absent.filter(({ at }) => !taken.has(at));
      const other = free.find(({ c }) => c.slice === one.c.slice) ?? free[0];
      if (!other) return [];
      taken.add(other.at);
      return [{ present: one, absent: other }];
    });
  const picture = (region: Float32Array, at: number): string => {
    const plane = makeImage(Float32Array.from(region), [scene.side, scene.side]);
    return `data:image/png;base64,${bytesToBase64(bitmapPng(renderPlane(plane, { window: windowAt(at) })))}`;
  };
  const pairOf = (
    arm: CompareScene["arms"][number],
    { present, absent: other }: (typeof matched)[number],
  ): Pair => {
    const modality = `${arm.method} at dose ${arm.dose}`.replaceAll(",", ";");
    const right = streamOf(seed, "side", modality, present.c.id).integer(2) as 0 | 1;
    const shown = [
      picture(arm.withSignal[present.at]!, present.at),
      picture(arm.withSignal[other.at]!, other.at),
    ];
    return {
      modality,
      present: present.c.id,
      absent: other.c.id,
      pictures: right === 0 ? [shown[0]!, shown[1]!] : [shown[1]!, shown[0]!],
      right,
    };
  };
  const practised = Math.min(mostPractice, Math.floor(practiceShare * matched.length));
  const read = matched.slice(practised, practised + pairs);
  const all = arms.flatMap((arm) => read.map((one) => pairOf(arm, one)));
  return {
    practice: matched.slice(0, practised).map((one) => pairOf(arms[0]!, one)),
    pairs: Array.from(streamOf(seed, "reading order").permutation(all.length), (k) => all[k]!),
  };
}

/** The page; its data stand in it base64-coded, so that nobody reads the answers in passing. */
export function readingPage(
  result: CompareResult,
  scene: CompareScene,
  options: ReadingOptions,
): string {
  const { breakAfter = 40 } = options;
  const data = bytesToBase64(
    new TextEncoder().encode(
      JSON.stringify({ ...readingPairs(result, scene, options), breakAfter }),
    ),
  );
  const { shape, diameterMm, contrast } = result.task;
  const kind = `${contrast < 0 ? "dark" : "bright"} ${shape} of ${Number(diameterMm.toPrecision(3))} mm`;
  const title = visibleLines(options.title).replace(/[&<>"']/g, " ");
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src 'unsafe-inline'">
<title>${title}</title>
<style>
body { margin: 0; background: #1b1b1b; color: #ddd; font: 17px/1.5 system-ui, sans-serif; text-align: center; }
main { max-width: 60rem; margin: 0 auto; padding: 1rem; }
#pair { display: flex; justify-content: center; gap: min(2rem, 4vw); }
#pair[hidden] { display: none; }
img { width: min(20rem, 42vw); height: min(20rem, 42vw); image-rendering: pixelated; background: #000; }
kbd { border: 1px solid #888; border-radius: 4px; padding: 0 0.4em; }
input { font: inherit; padding: 0.3em; background: #333; color: inherit; border: 1px solid #888; }
</style>
</head>
<body>
<main>
<h1>${title}</h1>
<p>Which of the two holds a ${kind} in its middle?</p>
<form id="start"><label>Your name or number: <input id="reader" autofocus autocomplete="off"></label> <kbd>Enter</kbd> begins</form>
<div id="pair" hidden><img id="left" alt="left region"><img id="right" alt="right region"></div>
<p id="status" role="status" aria-live="polite"></p>
<p><kbd>←</kbd> left <kbd>→</kbd> right <kbd>Backspace</kbd> back <kbd>S</kbd> save what there is <kbd>Space</kbd> goes on after a break</p>
<footer>For research use only; not a medical device.</footer>
</main>
<script>
${readingScript(data)}
</script>
</body>
</html>
`;
}

/** The page's script; what it saves is iMRMC's format, as stats/imrmc.ts reads it. */
function readingScript(data: string): string {
  return `"use strict";
const { practice, pairs, breakAfter } = JSON.parse(new TextDecoder().decode(Uint8Array.from(atob("${data}"), (c) => c.charCodeAt(0))));
const at = (id) => document.getElementById(id);
const choices = [];
let reader = "";
let practised = 0;
let told = "";
let resting = false;
let saved = 0;
function file() {
  const done = pairs.slice(0, choices.length);
  const truth = new Map();
  const lines = [];
  done.forEach((pair, i) => {
    truth.set(pair.present, 1);
    truth.set(pair.absent, 0);
    const hit = choices[i] === pair.right ? 1 : 0;
    lines.push([reader, pair.present, pair.modality, hit], [reader, pair.absent, pair.modality, 1 - hit]);
  });
  const ones = [...truth.values()].filter((v) => v === 1).length;
  return [
    "Two-alternative forced choice: the chosen region of a pair has score 1, the other 0",
    "",
    "N0: " + (truth.size - ones),
    "N1: " + ones,
    "NR: 1",
    "NM: " + new Set(done.map((pair) => pair.modality)).size,
    "",
    "BEGIN DATA:",
    ...[...truth].map(([id, v]) => "-1," + id + ",0," + v),
    ...lines.map((line) => line.join(",")),
    "",
  ].join("\\n");
}
function save() {
  if (choices.length === 0) return;
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([file()], { type: "text/plain" }));
  link.download = "reading-" + reader.replace(/[^A-Za-z0-9_-]/g, "_") + ".imrmc";
  link.click();
  saved = choices.length;
}
function show() {
  const pair = practised < practice.length ? practice[practised] : pairs[choices.length];
  at("pair").hidden = pair === undefined || resting;
  at("status").textContent = resting
    ? "A break: " + choices.length + " of " + pairs.length + " are done. Space goes on."
    : practised < practice.length
      ? told + "Practice " + (practised + 1) + " of " + practice.length
      : pair === undefined
        ? "Done, thank you: the file is saved. S saves it again."
        : (choices.length === 0 ? told : "") + (choices.length + 1) + " of " + pairs.length;
  if (pair === undefined || resting) return;
  at("left").src = pair.pictures[0];
  at("right").src = pair.pictures[1];
}
at("start").addEventListener("submit", (event) => {
  event.preventDefault();
  reader = at("reader").value.replace(/[,\\r\\n]/g, " ").trim() || "reader";
  if (reader === "-1") reader = "reader -1";
  at("start").hidden = true;
  at("reader").blur();
  show();
});
document.addEventListener("keydown", (event) => {
  if (reader === "" || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === "s" || event.key === "S") return save();
  if (resting) {
    if (event.key !== " ") return;
    event.preventDefault();
    resting = false;
    return show();
  }
  if (event.key === "Backspace" && choices.length > 0) {
    choices.pop();
    return show();
  }
  const choice = { ArrowLeft: 0, ArrowRight: 1 }[event.key];
  if (choice === undefined || event.repeat || choices.length === pairs.length) return;
  event.preventDefault();
  if (practised < practice.length) {
    const { right } = practice[practised++];
    told = (choice === right ? "Right" : "Wrong") + ": it was on the " + (right === 0 ? "left" : "right") + ". ";
    return show();
  }
  choices.push(choice);
  resting = choices.length % breakAfter === 0 && choices.length < pairs.length;
  show();
  if (choices.length === pairs.length) save();
});
globalThis.addEventListener?.("beforeunload", (event) => {
  if (choices.length > saved) event.preventDefault();
});
`;
}
