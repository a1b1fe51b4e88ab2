/** Trains a network on pairs of the study's own task: half of the images with the signal. */
import type { NetworkPlan, StudyTask } from "../description.ts";
import { encodeNetwork } from "../network-file.ts";
import type { PieceKind } from "../piece.ts";
import { openScene, type Role } from "../scene.ts";
import { exportNetwork } from "../../learn/export-network.ts";
import { parseTrainingConfig } from "../../train/config.ts";
import { train } from "../../train/loop.ts";
import type { Plane } from "../../train/patches.ts";
import { planeData } from "../../train/plane-batches.ts";

export interface TrainNetworkInputs {
  readonly task: StudyTask;
  readonly seed: number;
  readonly plan: NetworkPlan;
  /** Validation images of each class. */
  readonly validation: number;
}

export interface TrainNetworkValues {
  readonly steps: number;
  /** dB on the validation images. */
  readonly validationPsnr: number;
  readonly weights: number;
  /** Step and dB of every validation. */
  readonly history: readonly (readonly [number, number])[];
}

/** Steps between validations where the plan does not say: forty in all, or often where one may end it. */
const usualEvery = ({ steps, stopAt }: NetworkPlan): number =>
  stopAt === undefined ? Math.max(50, Math.floor(steps / 40)) : 50;

export const trainNetwork: PieceKind = {
  version: 1,
  summary: "Trains a network on noisy and clean pairs of the task.",
  async run(inputs, { signal, onProgress, checkpoint, saveCheckpoint }) {
    const { task, seed, plan, validation } = inputs as unknown as TrainNetworkInputs;
    const scene = await openScene(task, seed);
    const { ny, nx, sigma } = scene;
    const planes = (role: Role, count: number): Plane[] =>
      Array.from({ length: count }, (_, i) => {
        const which = i % 2 === 0 ? "absent" : "present";
        return { data: scene.draw(role, which, i >> 1).clean.data, ny, nx };
      });
    const window = { low: 0, high: 1, clip: false, weight: 1 };
    const stand = {
      kind: "phantom",
      name: task.object.name,
      count: 1,
      windows: [{ low: 0, high: 1 }],
    };
    const config = parseTrainingConfig({
      name: "study-network",
      seed,
      network: plan.network,
      loss: plan.loss,
      optimiser: plan.optimiser,
      schedule: { kind: plan.schedule, rate: plan.rate, warmup: plan.warmup },
      steps: plan.steps,
      batch: plan.batch,
      patch: Math.min(ny, nx),
      noise: { low: sigma, high: sigma },
      averaging: plan.averaging,
      sources: [stand],
      validation: {
        sources: [stand],
        every: plan.validateEvery ?? usualEvery(plan),
        patches: 2 * validation,
        sigmas: [sigma],
        ...(plan.stopAt === undefined ? {} : { enough: plan.stopAt }),
      },
      checkpoint: { every: 100 },
    });
    // A checkpoint begins with the validations before it: the history is part of the result.
    const history: [number, number][] = [];
    const resume = checkpoint === undefined ? undefined : splitCheckpoint(checkpoint);
    if (resume !== undefined) history.push(...resume.history);
    const result = await train(config, {
      ...planeData(config, {
        sources: [
          { planes: planes("network-training", plan.images), windows: [window], weight: 1 },
        ],
        validation: [
          { planes: planes("validation", 2 * validation), windows: [window], weight: 1 },
        ],
      }),
      signal,
      compile: { threads: 1 },
      ...(resume === undefined ? {} : { resume: resume.state }),
      onRow: ({ step, validation: found }) => {
        if (found !== undefined) history.push([step + 1, found.value]);
      },
      onProgress: ({ done, total }) => onProgress(done / total),
      onCheckpoint: (bytes) => saveCheckpoint(joinCheckpoint(history, bytes)),
    });
    const { network, options, best, bestStep } = result;
    const values: TrainNetworkValues = {
      steps: bestStep,
      validationPsnr: result.bestValidation!.value,
      weights: [...best.values()].reduce((n, w) => n + w.length, 0),
      history,
    };
    return {
      values: values as never,
      blobs: {
        network: encodeNetwork({ network, options, weights: best }),
        onnx: exportNetwork(network, { options, weights: best, metadata: { seed: String(seed) } }),
      },
    };
  },
};

function joinCheckpoint(history: readonly (readonly [number, number])[], state: Uint8Array) {
  const numbers = Float64Array.of(history.length, ...history.flat());
  const out = new Uint8Array(numbers.byteLength + state.length);
  out.set(new Uint8Array(numbers.buffer));
  out.set(state, numbers.byteLength);
  return out;
}

function splitCheckpoint(bytes: Uint8Array): { history: [number, number][]; state: Uint8Array } {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const count = view.getFloat64(0, true);
  const history = Array.from({ length: count }, (_, i): [number, number] => [
    view.getFloat64(8 + 16 * i, true),
    view.getFloat64(16 + 16 * i, true),
  ]);
  return { history, state: new Uint8Array(bytes.subarray(8 + 16 * count)) };
}
