/**
 * Fits one network to given batches and stops by what is held out: the small training of an observer, where a
 * method of the training room would be too much.
 */
import { throwIfAborted } from "../core/errors.ts";
import type { WorkOptions } from "../core/progress.ts";
import type { Stream } from "../core/random.ts";
import type { Node } from "../graph/node.ts";
import { input } from "../graph/ops/input.ts";
import { initialValues } from "../layers/scope.ts";
import type { CompileOptions } from "../runtime/program.ts";
import type { Weights } from "./flat-weights.ts";
import { openNetwork, type OpenedNetwork } from "./open-network.ts";
import { rateAt, type Schedule } from "./schedule.ts";
import type { StepRule } from "./step-rule.ts";
import { type Build, traineeOf } from "./trainee.ts";
import { type Inputs, openTrainer, weightsIn } from "./trainer.ts";

export interface FitSpec extends WorkOptions {
  readonly build: Build;
  /** Shapes of a batch's fields; `image` is what the network reads. */
  readonly shapes: Readonly<Record<string, readonly number[]>>;
  /** Scalar loss of the network's result and the batch's fields. */
  loss(result: Node, fields: Readonly<Record<string, Node>>): Node;
  readonly rule: StepRule;
  readonly schedule: Schedule;
  readonly steps: number;
  /** The batch of a step, counted from 0. */
  batch(step: number): Inputs;
  /** Loss of the network, as it stands, on what is held out. */
  heldOut(network: OpenedNetwork): Promise<number>;
  /** Steps between looks at what is held out. */
  readonly every: number;
  /** Looks without improvement after which the fit ends. */
  readonly patience: number;
  /** Names the first weights (`weights`) and random numbers. */
  readonly stream: Stream;
  /** What is reported as being done. */
  readonly label: string;
  readonly compile?: CompileOptions;
}

export interface Fit {
  /** Weights with the lowest loss on what is held out; the first ones, where training never lowered it. */
  readonly weights: Weights;
  readonly loss: number;
  /** Steps after which they stood. */
  readonly step: number;
}

/**
 * Fits a network.
 *
 * @throws RunError when the runtime fails; CancelledError on abort
 */
export async function fit(spec: FitSpec): Promise<Fit> {
  const { build, shapes, steps, every, patience, stream, label, signal, onProgress } = spec;
  const trainee = traineeOf({ build });
  const fields = Object.fromEntries(
    Object.entries(shapes).map(([name, shape]) => [name, input(name, shape)]),
  );
  const loss = spec.loss(trainee.apply(fields["image"]!), fields);
  const weights = initialValues(trainee.parameters, stream.child("weights"));
  const role = "network";
  const trainer = await openTrainer(
    {
      roles: { [role]: { trainee, weights, rule: spec.rule } },
      updates: [{ name: role, trains: [role], terms: { loss } }],
      stream,
    },
    spec.compile,
  );
  const network = await openNetwork({ build, weights, shape: shapes["image"]! }, spec.compile);
  try {
    let best: Fit = { weights, loss: await spec.heldOut(network), step: 0 };
    let stale = 0;
    for (let step = 0; step < steps && stale < patience; step++) {
      throwIfAborted(signal, label);
      // The schedule ends one step after the last, so that the last one still moves.
      const rates = { [role]: rateAt(spec.schedule, step, steps + 1) };
      await trainer.step([spec.batch(step)], { step, rates });
      const done = step + 1;
      if (done % every !== 0 && done !== steps) continue;
      const now = weightsIn(await trainer.state(), role, { trainee });
      network.setWeights(now);
      const found = await spec.heldOut(network);
      if (found < best.loss) {
        best = { weights: now, loss: found, step: done };
        stale = 0;
      } else stale++;
      onProgress?.({ done, total: steps, label, figures: { "held-out loss": found } });
    }
    return best;
  } finally {
    await network.dispose();
    await trainer.dispose();
  }
}
