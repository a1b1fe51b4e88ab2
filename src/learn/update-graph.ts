/** An update as expressions of flat vectors: loss, gradients, and the next value of everything that moves. */
import { gradient } from "../graph/gradient.ts";
import { type Node, topologicalOrder } from "../graph/node.ts";
import { add } from "../graph/ops/add.ts";
import { constant } from "../graph/ops/constant.ts";
import { input } from "../graph/ops/input.ts";
import { mean } from "../graph/ops/mean.ts";
import { multiply } from "../graph/ops/multiply.ts";
import { sqrt } from "../graph/ops/sqrt.ts";
import { sum } from "../graph/ops/sum.ts";
import { recomputed } from "../graph/recompute.ts";
import { substitute } from "../graph/substitute.ts";
import type { RandomInput } from "../layers/scope.ts";
import { flatLength, joinNodes, piecesOf } from "./flat-weights.ts";
import type { Trainee, TraineeApplication } from "./trainee.ts";
import { termsOf, type Update } from "./update.ts";

export type Trainees = Readonly<Record<string, Trainee>>;

/** What a run of an update reports, before weights move. */
export interface UpdateGraph {
  /** `loss`, `term NAME`, `figure NAME`, `real`, `generated`. */
  readonly outputs: Readonly<Record<string, Node>>;
  /** Gradient of the loss by each trained role's flat weights. */
  readonly gradients: Readonly<Record<string, Node>>;
  /** Next running statistics of each trained role that has any. */
  readonly buffers: Readonly<Record<string, Node>>;
  /** Random numbers of the networks and of the method that the loss reads. */
  readonly randoms: readonly RandomInput[];
}

/** Names of a role's vectors in the state of a training. */
export const vectorName = (role: string, vector: string) => `${role}/${vector}`;

/** The flat vectors that hold a role's parameters, with the parameters of each. */
export function vectorsOf({ trained, fixed, buffers }: Trainee) {
  return Object.entries({ weights: trained, fixed, buffers }).filter(([, own]) => own.length > 0);
}

/** Parameters of all roles, replaced by pieces of their vectors. */
function pieces(trainees: Trainees): Map<Node, Node> {
  return new Map(
    Object.entries(trainees).flatMap(([role, trainee]) =>
      vectorsOf(trainee).flatMap(([vector, own]) => [
        ...piecesOf(input(vectorName(role, vector), [flatLength(own)]), own),
      ]),
    ),
  );
}

const lossOf = (update: Update): Node =>
  termsOf(update)
    .map(([, term]) => term)
    .reduce((a, b) => add(a, b));

/** Random inputs under names that differ between roles. */
function renamedRandoms(
  trainees: Trainees,
  order: ReadonlySet<Node>,
): { randoms: RandomInput[]; replacements: Map<Node, Node> } {
  const replacements = new Map<Node, Node>();
  const randoms = Object.entries(trainees).flatMap(([role, { applications }]) =>
    applications.flatMap((application) =>
      application.randoms
        .filter(({ node }) => order.has(node))
        .map((random): RandomInput => {
          const name = vectorName(role, random.name);
          const node = input(name, random.shape);
          replacements.set(random.node, node);
          return { ...random, name, node };
        }),
    ),
  );
  return { randoms, replacements };
}

/** Running statistics after all applications that a loss makes use of, one following the other. */
function nextBuffers(trainee: Trainee, used: readonly TraineeApplication[]): Node[] {
  const { buffers } = trainee;
  let now: Node[] = buffers.map(({ node }) => node);
  for (const { updates } of used) {
    const wanted = buffers.map(
      ({ name, node }) => updates.find((u) => u.name === name)?.next ?? node,
    );
    now = substitute(wanted, new Map(buffers.map(({ node }, i) => [node, now[i]!])));
  }
  return now;
}

/** Builds the expressions of an update. */
export function updateGraph(
  update: Update,
  {
    trainees,
    randoms: own = [],
    mostBytes = Number.POSITIVE_INFINITY,
  }: {
    trainees: Trainees;
    randoms?: readonly RandomInput[];
    /** Bytes of the forward pass that may be in memory for the gradients; more is computed again. */
    mostBytes?: number | undefined;
  },
): UpdateGraph {
  const loss = lossOf(update);
  const { figures = {}, judges } = update;
  const order = new Set(topologicalOrder([loss]));
  const reported = [...Object.values(figures), ...(judges ? [judges.real, judges.generated] : [])];
  const all = new Set(topologicalOrder([loss, ...reported]));
  const { randoms, replacements } = renamedRandoms(trainees, all);
  for (const [from, to] of pieces(trainees)) replacements.set(from, to);
  const trained = update.trains.map((role) => trainees[role]!.trained);
  const xs = trained.flatMap((parameters) => parameters.map(({ node }) => node));
  const whole = gradient(loss, xs);
  const slopes =
    mostBytes === Number.POSITIVE_INFINITY ? whole : recomputed(loss, whole, { xs, mostBytes });
  const statistics = update.trains.map((role) => {
    const trainee = trainees[role]!;
    const used = trainee.applications.filter(({ results }) => results.some((r) => order.has(r)));
    return nextBuffers(trainee, used);
  });
  const outputs: Record<string, Node> = { loss };
  const terms = termsOf(update);
  if (terms.length > 1) for (const [name, term] of terms) outputs[`term ${name}`] = term;
  for (const [name, figure] of Object.entries(figures)) outputs[`figure ${name}`] = figure;
  if (judges !== undefined) {
    outputs["real"] = mean(judges.real);
    outputs["generated"] = mean(judges.generated);
  }
  const names = Object.keys(outputs);
  const built = substitute(
    [...Object.values(outputs), ...slopes, ...statistics.flat()],
    replacements,
  );
  let at = names.length;
  const take = (count: number) => built.slice(at, (at += count));
  return {
    outputs: Object.fromEntries(names.map((name, i) => [name, built[i]!])),
    gradients: Object.fromEntries(
      update.trains.map((role, i) => [role, joinNodes(take(trained[i]!.length), trained[i]!)]),
    ),
    buffers: Object.fromEntries(
      update.trains.flatMap((role, i) => {
        const { buffers } = trainees[role]!;
        const values = take(statistics[i]!.length);
        return buffers.length === 0 ? [] : [[role, joinNodes(values, buffers)]];
      }),
    ),
    randoms: [...randoms, ...own.filter(({ node }) => all.has(node))],
  };
}

/** Norm of each term's own gradient by all weights that an update moves. */
export function termNorms(
  update: Update,
  { trainees }: { trainees: Trainees },
): Readonly<Record<string, Node>> {
  const trained = update.trains.flatMap((role) => trainees[role]!.trained);
  const nodes = trained.map(({ node }) => node);
  const terms = termsOf(update);
  const order = new Set(topologicalOrder(terms.map(([, term]) => term)));
  const { replacements } = renamedRandoms(trainees, order);
  for (const [from, to] of pieces(trainees)) replacements.set(from, to);
  const norms = terms.map(([, term]) =>
    sqrt(
      gradient(term, nodes)
        .map((slope) => sum(multiply(slope, slope)))
        .reduce((a, b) => add(a, b), constant(0)),
    ),
  );
  const built = substitute(norms, replacements);
  return Object.fromEntries(terms.map(([name], i) => [name, built[i]!]));
}
