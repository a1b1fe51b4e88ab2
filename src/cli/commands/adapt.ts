/** `dprime adapt`: a trained network adapted to one image and what a reader looks for in it. */
import { InputError } from "../../core/errors.ts";
import { taskOf, taskOptions } from "../../workflows/task-options.ts";
import type { Command } from "./command.ts";
import { figurePath, greyWindow } from "../../workflows/figure-options.ts";

export const adapt: Command = {
  name: "adapt",
  summary: "Adapt a trained network to one image and a task, and denoise with it.",
  description:
    "Minimises, over the network's weights and for every plane by itself,\n\n  α ‖g − F(g)‖² + β ‖W g − W F(g)‖² + γ ‖θ − θ₀‖²\n\nwith the noisy plane g, the denoised one F(g), and the templates W of what is looked for: files of the\nimage's size, or a signal by name at a place. Larger β keeps more of the templates' responses, larger γ\nkeeps the network as trained. --project puts the task-preserving projection after it, which keeps the\nresponses exactly and is the limit that adaptation is measured against. α, β, γ weigh sums over pixels and\nweights in the model's units (CT: 400 HU are 1).",
  arguments: [{ name: "input", about: "a file, or a folder of slices" }],
  options: [
    {
      name: "output",
      short: "o",
      type: "text",
      placeholder: "PATH",
      required: true,
      about: "file or folder to write; its extension chooses the format",
    },
    {
      name: "model",
      type: "text",
      placeholder: "NAME",
      about: "a shipped model or an .onnx file that dprime trained; the default model when absent",
    },
    ...taskOptions,
    { name: "alpha", type: "number", min: 0, default: 1, about: "weight of fidelity" },
    { name: "beta", type: "number", min: 0, default: 1000, about: "weight of the task" },
    { name: "gamma", type: "number", min: 0, default: 1e7, about: "weight of the drift" },
    {
      name: "reduction",
      type: "choice",
      choices: ["sum", "mean"],
      default: "sum",
      about: "norms of pixels and weights as sums, as published, or as means",
    },
    {
      name: "solver",
      type: "choice",
      choices: ["gauss-newton", "path", "adam"],
      default: "gauss-newton",
      about:
        "damped least squares, the network linearised once, or Adam as published (much slower)",
    },
    {
      name: "weights",
      type: "text",
      placeholder: "TEXT",
      repeat: true,
      about: "only weights whose name begins so may change; all when absent",
    },
    { name: "steps", type: "integer", min: 1, default: 500, about: "steps of Adam" },
    { name: "rate", type: "number", min: 1e-9, default: 1e-4, about: "learning rate of Adam" },
    { name: "project", type: "flag", about: "task-preserving projection after the adaptation" },
    {
      name: "sigma",
      type: "number",
      min: 0,
      about: "noise standard deviation in the image's unit; estimated when absent",
    },
    {
      name: "figure",
      type: "text",
      placeholder: "FILE",
      about: "draw before, after and difference as PNG or SVG",
    },
    {
      name: "window",
      type: "text",
      placeholder: "LOW,HIGH",
      about: "display window of the figure; by default from unit or percentiles",
    },
    { name: "threads", type: "integer", min: 1, max: 256, about: "threads to use" },
    {
      name: "input-format",
      type: "text",
      placeholder: "NAME",
      about: "format of the input when neither content nor name tells",
    },
  ],
  examples: [
    {
      line: "dprime adapt slice.dcm -o adapted.dcm --signal disk --signal-param amplitude=15 --signal-param radiusMm=4 --at 210,190 --beta 1e4",
      about: "keep a 15 HU disk of 4 mm radius at one place",
    },
    {
      line: "dprime adapt texture.npy -o out.npy --template hotelling.npy --model base.onnx --beta 1e5 --gamma 1e5",
      about: "one's own network and template",
    },
  ],
  async run(context) {
    const { adaptPath } = await import("../../workflows/adapt-path.ts");
    const { values } = context;
    const task = taskOf(values);
    if (task === undefined) {
      throw new InputError(
        "Cannot adapt: found no template, wanted --template FILE or --signal NAME",
      );
    }
    const report = await adaptPath({
      input: values.need("input"),
      output: values.need("output"),
      model: values.text("model"),
      task,
      alpha: values.number("alpha") ?? 1,
      beta: values.number("beta") ?? 1000,
      gamma: values.number("gamma") ?? 1e7,
      reduction: values.need("reduction") === "mean" ? "mean" : "sum",
      solver: values.need("solver") as "gauss-newton" | "path" | "adam",
      weights: values.list("weights"),
      steps: values.number("steps"),
      rate: values.number("rate"),
      project: values.flag("project"),
      sigma: values.number("sigma"),
      figure: figurePath(values.text("figure")),
      window: greyWindow(values.text("window")),
      threads: values.number("threads"),
      inputFormat: values.text("input-format"),
      signal: context.signal,
      onProgress: context.onProgress,
    });
    for (const note of report.notes) context.note(note);
    const number = (x: number): string => String(Number(x.toPrecision(4)));
    context.table(
      [
        { title: "plane", align: "right" },
        { title: "objective", align: "right" },
        { title: "fidelity", align: "right" },
        { title: "task", align: "right" },
        { title: "drift", align: "right" },
        { title: "template response: noisy", align: "right" },
        { title: "denoised", align: "right" },
        { title: "adapted", align: "right" },
        { title: "ms", align: "right" },
      ],
      report.planes.flatMap(({ objective, initial, statistics, milliseconds }, i) =>
        statistics.map((s, k) => [
          k === 0 ? String(i) : "",
          k === 0 ? `${number(initial.total)} → ${number(objective.total)}` : "",
          k === 0 ? number(objective.fidelity) : "",
          k === 0 ? number(objective.task) : "",
          k === 0 ? number(objective.drift) : "",
          number(s.noisy),
          number(s.denoised),
          number(s.adapted),
          k === 0 ? milliseconds.toFixed(0) : "",
        ]),
      ),
    );
    context.print(`wrote ${report.outputs.join(", ")}`);
    if (report.figure !== null) context.print(`wrote ${report.figure}`);
    context.result({ command: "adapt", ...report });
  },
};
