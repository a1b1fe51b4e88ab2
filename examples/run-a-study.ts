/** A study from an object: what a matched template sees before and after smoothing. */
import { runStudy } from "dprime";

const signal = { name: "disk", options: { radiusMm: 2, amplitude: 0.3 } };
const object = { name: "binary-texture", options: { size: 32 } };
const task = { object, signal, noise: { name: "gaussian", options: { sigma: 0.3 } } };
const methods = { noisy: { kind: "noisy" }, smooth: { kind: "denoiser", name: "gaussian" } };
const observers = { matched: { kind: "template", template: "signal" } };
const [templates, metrics] = [{ signal: { kind: "signal" } }, { rmse: { name: "rmse" } }];
const study = { name: "smoothing", task, templates, methods, observers, metrics };
const run = { cases: { test: 20 }, statistics: { reference: "noisy" }, seed: 1 };
const { report } = await runStudy({ ...study, ...run }, { store: "study.sqlite", workers: 1 });
console.log(report.sections.map((section) => section.heading).join(", "));
process.exit(0);
