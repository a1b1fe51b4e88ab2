/** `dprime observe`: what observers can still see. */
import { InputError } from "../../core/errors.ts";
import { openMember } from "../../core/member.ts";
import type { ParameterValues } from "../../core/parameters.ts";
import type { Observed, ObserveOptions, ObserverChoice } from "../../observers/observe.ts";
import type { Observer } from "../../observers/observer.ts";
import type { Protocol } from "../../observers/protocol.ts";
import type { ObserverTask as Task } from "../../workflows/observer-tasks.ts";
import type { Command, CommandContext } from "./command.ts";

export const observe: Command = {
  name: "observe",
  summary: "Judge images by model observers: AUC with intervals and paired differences.",
  description:
    "Takes images with and without a signal, as folders (one file per case), as stacks in one file (NPY [n, y, x]),\nas one folder in the layout of LCD_CT, or as a study's cases, and any denoised versions of the same cases.\nPrints an area under the ROC curve with its interval for every observer and version, differences from the first\nversion with Holm-adjusted p values, and findings: what theory forbids, what is doubtful, and what to do.",
  arguments: [
    {
      name: "collection",
      about: "a folder in LCD_CT layout (dose_XXX/signal_present, signal_absent, ground_truth.mhd)",
      optional: true,
    },
  ],
  options: [
    {
      name: "present",
      type: "text",
      placeholder: "PATH",
      about: "folder or stack of images with signal",
    },
    {
      name: "absent",
      type: "text",
      placeholder: "PATH",
      about: "folder or stack of images without signal",
    },
    {
      name: "study",
      type: "text",
      placeholder: "RUN",
      about:
        "the test cases of a finished study, each method a version of them; see `dprime study list`",
    },
    {
      name: "store",
      type: "text",
      placeholder: "PLACE",
      about: "file or postgres:// URL of the store that has the study",
    },
    {
      name: "method",
      type: "text",
      placeholder: "NAME",
      repeat: true,
      about: "a method of the study; all of them when absent, the study's reference first",
    },
    {
      name: "arm",
      type: "text",
      placeholder: "NAME=PRESENT,ABSENT",
      repeat: true,
      about: "a denoised version of the same cases",
    },
    {
      name: "train-present",
      type: "text",
      placeholder: "PATH",
      about: "separate training images with signal, for the first version",
    },
    {
      name: "train-absent",
      type: "text",
      placeholder: "PATH",
      about: "separate training images without signal",
    },
    {
      name: "observer",
      short: "n",
      type: "text",
      placeholder: "NAME[:KEY=VALUE,…]",
      repeat: true,
      about: "a member of `dprime list observers`; by default npw, hotelling and cho",
    },
    {
      name: "signal",
      type: "text",
      placeholder: "FILE",
      about: "noise-free signal image, for observers that know it",
    },
    {
      name: "sigma",
      type: "number",
      min: 0,
      about: "standard deviation of white noise in the images, for observers that know it",
    },
    {
      name: "background",
      type: "text",
      placeholder: "FILE",
      about: "noise-free background that all images share, for ideal-gaussian",
    },
    {
      name: "backgrounds",
      type: "text",
      placeholder: "PATH",
      about: "noise-free backgrounds, a folder or a stack, for hotelling:method=known-noise",
    },
    {
      name: "power-spectrum",
      type: "text",
      placeholder: "FILE",
      about:
        "eigenvalues of a stationary background's covariance, zero frequency first, for fourier-hotelling and ideal-gaussian",
    },
    {
      name: "lumpy",
      type: "text",
      placeholder: "MEAN,AMPLITUDE,WIDTH,BASE",
      about: "number, height and width (px) of a background's lumps, and its base, for ideal-lumpy",
    },
    {
      name: "places",
      type: "text",
      placeholder: "FILE",
      about:
        "CSV or JSON with a row for every image with signal: case, x, y (, z) in pixels, and parameter for estimation",
    },
    {
      name: "train-places",
      type: "text",
      placeholder: "FILE",
      about: "the same for --train-present",
    },
    {
      name: "candidates",
      type: "text",
      placeholder: "FILE",
      about: "places x, y (, z) where the signal may be; without it, everywhere",
    },
    {
      name: "tolerance",
      type: "number",
      unit: "px",
      min: 0,
      max: 10_000,
      about: "distance within which a place counts as found (LROC); 3 by default",
    },
    {
      name: "family",
      type: "text",
      placeholder: "PATH",
      about: "noise-free signals that may occur, a folder or a stack, for signal-family",
    },
    {
      name: "family-values",
      type: "text",
      placeholder: "V,V,…",
      about: "parameter of each signal of --family, to be estimated (EROC)",
    },
    {
      name: "estimate-within",
      type: "number",
      min: 0,
      about:
        "error of an estimate that still counts as right (EROC); a tenth of the true values' range by default",
    },
    {
      name: "protocol",
      type: "choice",
      choices: ["auto", "hold-out", "leave-pair-out"],
      default: "auto",
      about: "how images are divided between training and test when no training images are given",
    },
    {
      name: "train-fraction",
      type: "number",
      min: 0.05,
      max: 0.95,
      default: 0.5,
      about: "part of each class that hold-out trains on",
    },
    {
      name: "train-on",
      type: "choice",
      choices: ["each", "first"],
      default: "each",
      about:
        "each: observers learn on every version's own images; first: once, on the first version's",
    },
    { name: "unpaired", type: "flag", about: "arms hold different cases" },
    { name: "volumes", type: "flag", about: "files are volumes, not stacks of cases" },
    {
      name: "spacing",
      type: "number",
      unit: "mm",
      min: 0.001,
      max: 100,
      about: "pixel pitch of an LCD_CT collection that states none",
    },
    {
      name: "level",
      type: "number",
      min: 0.5,
      max: 0.999,
      default: 0.95,
      about: "coverage of the intervals",
    },
    {
      name: "seed",
      type: "integer",
      min: 0,
      default: 0,
      about: "seed of splits, internal noise and Markov chains",
    },
    {
      name: "figure",
      type: "text",
      placeholder: "FILE",
      about: "draw ROC curves and a forest plot of AUC as SVG or PNG",
    },
    {
      name: "imrmc",
      type: "text",
      placeholder: "FILE",
      about:
        "write the scores as an iMRMC text file (observers as readers, versions as modalities)",
    },
  ],
  examples: [
    {
      line: "dprime observe lcd_ct_fbp --figure auc.svg",
      about: "all doses and inserts of an LCD_CT collection",
    },
    {
      line: "dprime observe --present sp.npy --absent sa.npy --arm dncnn=sp-dncnn.npy,sa-dncnn.npy",
      about: "noisy images and a denoised version of them",
    },
    {
      line: "dprime observe --present sp/ --absent sa/ --observer cho:channels=gabor --observer hotelling:method=svd",
      about: "chosen observers",
    },
    {
      line: "dprime observe --study 1f2e3d4c5b6a --observer cho --observer fourier-hotelling",
      about: "the methods of a finished study, by other observers than its own",
    },
    {
      line: "dprime observe --present sp.npy --absent sa.npy --places truth.csv --observer scanning:side=15 --tolerance 4",
      about: "search: the area under the localisation ROC curve beside the AUC",
    },
  ],
  async run(context) {
    const { values } = context;
    const choices = await choicesOf(values.list("observer"));
    const { tasksOf } = await import("../../workflows/observer-tasks.ts");
    const tasks = await tasksOf(context);
    const { observe: judge } = await import("../../observers/observe.ts");
    const protocol = protocolOf(context);
    const results: { task: Task; observed: Observed }[] = [];
    for (const task of tasks) {
      const observed = await judge(task.arms, choices, {
        known: task.known,
        paired: task.paired,
        level: values.number("level") ?? 0.95,
        trainOn: values.text("train-on") === "first" ? "first" : "each",
        seed: values.number("seed") ?? 0,
        ...searchOptions(context),
        signal: context.signal,
        onProgress: context.onProgress,
        ...(protocol ? { protocol } : {}),
      });
      results.push({ task, observed });
    }
    const { printTask } = await import("../../workflows/observers-table.ts");
    for (const { task, observed } of results) printTask(context, task, observed);
    const written: string[] = [];
    const figure = values.text("figure");
    if (figure !== undefined) written.push(await drawFigure(figure, results));
    const imrmc = values.text("imrmc");
    if (imrmc !== undefined) written.push(...(await writeImrmc(imrmc, results)));
    for (const path of written) context.print(`wrote ${path}`);
    context.result({
      command: "observe",
      written,
      tasks: results.map(({ task, observed }) => ({
        task: task.name,
        ...task.facts,
        ...observed,
        rows: observed.rows.map(({ judged, ...row }) => ({
          ...row,
          ...(judged
            ? {
                trained: judged.trained,
                figures: judged.figures,
                scores: { present: [...judged.present], absent: [...judged.absent] },
                cases: { present: judged.presentIds, absent: judged.absentIds },
              }
            : {}),
        })),
      })),
    });
    return results.some(({ observed }) => observed.findings.some((f) => f.severity === "breach"))
      ? 1
      : 0;
  },
};

function parseChoice(text: string): { name: string; parameters: ParameterValues } {
  const [name = "", rest] = text.split(/:(.*)/s);
  const parameters: Record<string, string> = {};
  for (const pair of rest ? rest.split(",") : []) {
    const at = pair.indexOf("=");
    if (at < 1)
      throw new InputError(`Cannot read --observer ${text}: found "${pair}", wanted KEY=VALUE`);
    parameters[pair.slice(0, at).trim()] = pair.slice(at + 1).trim();
  }
  return { name: name.trim(), parameters };
}

async function choicesOf(texts: readonly string[]): Promise<ObserverChoice[]> {
  const { catalogue } = await import("../../observers/catalogue.ts");
  const choices: ObserverChoice[] = [];
  for (const text of texts.length > 0 ? texts : ["npw", "hotelling", "cho"]) {
    const { name, parameters } = parseChoice(text);
    const observer = await openMember<Observer>(
      catalogue,
      name,
      `Cannot use observer ${name}: found no such observer`,
    );
    if (choices.some((c) => c.label === text))
      throw new InputError(`Cannot use observer ${text} twice: wanted each once`);
    choices.push({ observer, parameters, label: text });
  }
  return choices;
}

/** How near a place or an estimate must come. */
function searchOptions({
  values,
}: CommandContext): Pick<ObserveOptions, "tolerancePx" | "utility"> {
  const tolerancePx = values.number("tolerance");
  const within = values.number("estimate-within");
  return {
    ...(tolerancePx === undefined ? {} : { tolerancePx }),
    ...(within === undefined
      ? {}
      : { utility: (estimate: number, truth: number) => +(Math.abs(estimate - truth) <= within) }),
  };
}

function protocolOf({ values }: CommandContext): Protocol | undefined {
  const kind = values.need("protocol");
  if (kind === "leave-pair-out") return { kind };
  if (kind === "hold-out") return { kind, trainFraction: values.number("train-fraction") ?? 0.5 };
  return undefined;
}

async function drawFigure(
  path: string,
  results: readonly { task: Task; observed: Observed }[],
): Promise<string> {
  if (!/\.(svg|png)$/i.test(path))
    throw new InputError(`Cannot draw ${path}: found no known ending, wanted .svg or .png`);
  const { observersFigure } = await import("../../workflows/observers-figure.ts");
  const { writeWhole } = await import("../../files/files.ts");
  const svg = observersFigure(
    results.map(({ task, observed }) => ({
      name: task.name,
      observed,
      ...(task.axis ? { axis: task.axis } : {}),
    })),
  );
  const { svgPng } = await import("../../figures/index.ts");
  const bytes = /\.png$/i.test(path) ? await svgPng(svg) : new TextEncoder().encode(svg);
  await writeWhole([{ path, bytes }]);
  return path;
}

async function writeImrmc(
  path: string,
  results: readonly { task: Task; observed: Observed }[],
): Promise<string[]> {
  const { formatImrmc } = await import("../../stats/imrmc.ts");
  const { writeWhole } = await import("../../files/files.ts");
  const paths: string[] = [];
  for (const { task, observed } of results) {
    if (observed.protocol === "leave-pair-out") {
      throw new InputError(
        "Cannot write an iMRMC file under leave-pair-out: found a score for each pair of images, wanted one for each image; use --protocol hold-out or separate training images",
      );
    }
    const truth = new Map<string, boolean>();
    const scores: { reader: string; modality: string; caseId: string; score: number }[] = [];
    const clean = (text: string) => text.replaceAll(",", ";");
    for (const { arm, label, judged } of observed.rows) {
      if (!judged) continue;
      for (const [ids, values, present] of [
        [judged.presentIds, judged.present, true],
        [judged.absentIds, judged.absent, false],
      ] as const) {
        ids.forEach((id, i) => {
          // Classes, and arms of different cases, may use one name for different images.
          const caseId = clean(
            `${task.paired ? "" : `${arm} `}${present ? "present" : "absent"} ${id}`,
          );
          truth.set(caseId, present);
          scores.push({ reader: clean(label), modality: clean(arm), caseId, score: values[i]! });
        });
      }
    }
    const own =
      results.length === 1
        ? path
        : path.replace(/(\.[^./]*)?$/, `-${task.name.replace(/[^\p{L}\p{N}.]+/gu, "-")}$1`);
    await writeWhole([
      {
        path: own,
        bytes: new TextEncoder().encode(
          formatImrmc({ truth, scores }, { title: `dprime observe: ${task.name}` }),
        ),
      },
    ]);
    paths.push(own);
  }
  return paths;
}
