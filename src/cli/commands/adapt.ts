/** `dprime adapt`: a trained network adapted to one image and what a reader looks for in it. */
import { adaptSettings } from "../../workflows/adapt-settings.ts";
import { short } from "../number-text.ts";
import { argument, list, settings, text } from "../options.ts";
import {
  figureOptions,
  inputOptions,
  outputOptions,
  sigma,
  taskOptions,
  threads,
  withTask,
} from "../shared-options.ts";
import { printWritten } from "../written.ts";
import { type Command, command } from "./command.ts";

export const adapt: Command = command({
  name: "adapt",
  summary: "Adapt a trained network to one image and a task, and denoise with it.",
  description:
    "Minimises, over the network's weights and for every plane on its own,\n\n  α ‖g − F(g)‖² + β ‖W g − W F(g)‖² + γ ‖θ − θ₀‖²\n\nwith the noisy plane g, the denoised plane F(g) and the templates W: files of the image's size, or a signal by name and place. A larger β keeps more of the templates' responses; a larger γ keeps the weights closer to the trained ones. --project applies the task-preserving projection afterwards, which keeps the responses exactly. α, β and γ weigh sums over pixels and weights in the model's units (CT: 400 HU are 1).",
  arguments: { input: argument("file or folder of slices", { pipe: "input" }) },
  options: {
    ...outputOptions,
    model: text(
      "NAME",
      "a shipped model or an .onnx file that dprime wrote; default: drunet-light",
    ),
    ...taskOptions,
    ...settings(adaptSettings),
    weights: list("TEXT", "prefixes of the weights that may change; default: all"),
    sigma,
    ...figureOptions,
    threads,
    ...inputOptions,
  },
  examples: {
    "dprime adapt slice.dcm -o adapted.dcm --signal disk --signal-param amplitude=15,radiusMm=4 --at 210,190 --beta 1e4":
      "keep a 15 HU disk of 4 mm radius at one place",
    "dprime adapt texture.npy -o out.npy --template hotelling.npy --model base.onnx --beta 1e5 --gamma 1e5":
      "your own network and template",
  },
  async run({ input, output, ...values }, context) {
    const { adaptFiles } = await import("../../workflows/adapt-files.ts");
    const report = await adaptFiles(input, output, { ...withTask(values), ...context.work });
    const rows = report.planes.flatMap((plane, i) =>
      plane.statistics.map((response, k) => ({ response, i, ...(k === 0 ? { plane } : {}) })),
    );
    context.table(rows, [
      ["plane", ({ plane, i }) => plane && i],
      [
        "objective",
        ({ plane: p }) => p && `${short(p.initial.total)} → ${short(p.objective.total)}`,
      ],
      ["fidelity", ({ plane }) => plane && short(plane.objective.fidelity)],
      ["task", ({ plane }) => plane && short(plane.objective.task)],
      ["drift", ({ plane }) => plane && short(plane.objective.drift)],
      ["noisy", ({ response }) => short(response.noisy)],
      ["denoised", ({ response }) => short(response.denoised)],
      ["adapted", ({ response }) => short(response.adapted)],
      ["ms", ({ plane }) => plane?.milliseconds.toFixed(0)],
    ]);
    context.print("noisy, denoised, adapted: the template's response in each");
    printWritten(context, report);
    return report;
  },
});
