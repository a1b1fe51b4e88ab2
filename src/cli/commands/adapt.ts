/** `dprime adapt`: a trained network adapted to one image and what a reader looks for in it. */
import type { AdaptReport } from "../../workflows/adapt-files.ts";
import { short } from "../number-text.ts";
import { argument, choice, flag, list, number, text, whole } from "../options.ts";
import { withPipes } from "../pipes.ts";
import {
  figureOptions,
  inputOptions,
  outputOptions,
  taskOptions,
  threads,
  withTask,
} from "../shared-options.ts";
import { printWritten } from "../written.ts";
import { type Command, command, type CommandContext } from "./command.ts";

export const adapt: Command = command({
  name: "adapt",
  summary: "Adapt a trained network to one image and a task, and denoise with it.",
  description:
    "Minimises, over the network's weights and for every plane by itself,\n\n  α ‖g − F(g)‖² + β ‖W g − W F(g)‖² + γ ‖θ − θ₀‖²\n\nwith the noisy plane g, the denoised one F(g), and the templates W of what is looked for: files of the image's size, or a signal by name at a place. Larger β keeps more of the templates' responses, larger γ keeps the network as trained. --project puts the task-preserving projection after it, which keeps the responses exactly and is the limit that adaptation is measured against. α, β, γ weigh sums over pixels and weights in the model's units (CT: 400 HU are 1).",
  arguments: { input: argument("a file, a folder of slices, or - for standard input") },
  options: {
    ...outputOptions,
    model: text(
      "NAME",
      "a shipped model or an .onnx file that dprime trained; default: the default model",
    ),
    ...taskOptions,
    alpha: number("weight of fidelity", { min: 0, default: 1 }),
    beta: number("weight of the task", { min: 0, default: 1000 }),
    gamma: number("weight of the drift", { min: 0, default: 1e7 }),
    reduction: choice(
      ["sum", "mean"],
      "norms of pixels and weights as sums, as published, or as means",
      { default: "sum" },
    ),
    solver: choice(
      ["gauss-newton", "path", "adam"],
      "damped least squares, the network linearised once, or Adam as published (much slower)",
      { default: "gauss-newton" },
    ),
    weights: list("TEXT", "only weights whose name begins so may change; default: all"),
    steps: whole("steps of Adam", { min: 1, default: 500 }),
    rate: number("learning rate of Adam", { min: 1e-9, default: 1e-4 }),
    project: flag("task-preserving projection after the adaptation"),
    sigma: number("noise standard deviation in the image's unit; default: estimated", { min: 0 }),
    ...figureOptions,
    threads,
    ...inputOptions,
  },
  examples: [
    {
      line: "dprime adapt slice.dcm -o adapted.dcm --signal disk --signal-param amplitude=15,radiusMm=4 --at 210,190 --beta 1e4",
      about: "keep a 15 HU disk of 4 mm radius at one place",
    },
    {
      line: "dprime adapt texture.npy -o out.npy --template hotelling.npy --model base.onnx --beta 1e5 --gamma 1e5",
      about: "one's own network and template",
    },
  ],
  async run({ input, output, ...values }, context) {
    const { adaptFiles } = await import("../../workflows/adapt-files.ts");
    const report = await withPipes({ input, output }, context, (paths) =>
      adaptFiles(paths.input, paths.output, { ...withTask(values), ...context.work }),
    );
    for (const note of report.notes) context.note(note);
    printPlanes(context, report);
    printWritten(context, report);
    return report;
  },
});

function printPlanes(context: CommandContext, { planes }: AdaptReport): void {
  const right = (title: string) => ({ title, align: "right" as const });
  context.table(
    ["plane", "objective", "fidelity", "task", "drift", "noisy", "denoised", "adapted", "ms"].map(
      right,
    ),
    planes.flatMap(({ objective, initial, statistics, milliseconds }, i) =>
      statistics.map((s, k) => [
        k === 0 ? String(i) : "",
        k === 0 ? `${short(initial.total)} → ${short(objective.total)}` : "",
        k === 0 ? short(objective.fidelity) : "",
        k === 0 ? short(objective.task) : "",
        k === 0 ? short(objective.drift) : "",
        short(s.noisy),
        short(s.denoised),
        short(s.adapted),
        k === 0 ? milliseconds.toFixed(0) : "",
      ]),
    ),
  );
  context.print("noisy, denoised, adapted: the template's response in each");
}
