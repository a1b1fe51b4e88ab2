/**
 * Gradients that keep less of the forward pass in memory: its values are cut into segments in their order, those that
 * later segments read are kept, and the others are computed again from them when the gradients of their segment are due
 * [chen2016sublinear]. With √n segments of n layers about 2√n values are in memory in place of n; the forward pass is done
 * nearly twice.
 */
import { sizeOf } from "../core/image.ts";
import { isConcrete } from "./dimension.ts";
import { apply, type Node, shapeOf, topologicalOrder } from "./node.ts";
import { after } from "./ops/after.ts";
import { substitute } from "./substitute.ts";

const bytesOf = (node: Node): number => {
  const shape = shapeOf(node);
  return isConcrete(shape) ? 4 * sizeOf(shape) : 0;
};

interface Pass {
  /** Nodes of the forward pass that depend on data, inputs before their users. */
  readonly forward: readonly Node[];
  /** Those that gradients read. */
  readonly read: ReadonlySet<Node>;
  /** Nodes of the gradients alone, in order. */
  readonly backward: readonly Node[];
}

function passOf(loss: Node, slopes: readonly Node[], xs: readonly Node[]): Pass {
  const whole = topologicalOrder([loss]);
  const parameters = new Set(xs);
  const depends = new Set<Node>();
  for (const node of whole) {
    const data = node.operator.name === "input" && !parameters.has(node);
    if (data || node.inputs.some((input) => depends.has(input))) depends.add(node);
  }
  const forward = whole.filter((node) => depends.has(node) && node.inputs.length > 0);
  const own = new Set(whole);
  const backward = topologicalOrder(slopes).filter((node) => !own.has(node));
  const computed = new Set(forward);
  const read = new Set(backward.flatMap(({ inputs }) => inputs.filter((i) => computed.has(i))));
  return { forward, read, backward };
}

interface Plan {
  readonly segmentOf: ReadonlyMap<Node, number>;
  /** Values that stay in memory. */
  readonly kept: ReadonlySet<Node>;
  /** Most bytes of the forward pass in memory at a time. */
  readonly bytes: number;
}

/** Cuts the forward pass so that every segment holds about as many bytes that gradients read. */
function planOf({ forward, read }: Pass, segments: number): Plan {
  const total = [...read].reduce((sum, node) => sum + bytesOf(node), 0);
  const segmentOf = new Map<Node, number>();
  let sum = 0;
  for (const node of forward) {
    segmentOf.set(node, Math.min(segments - 1, Math.floor((segments * sum) / Math.max(1, total))));
    if (read.has(node)) sum += bytesOf(node);
  }
  const kept = new Set<Node>();
  for (const node of forward) {
    const own = segmentOf.get(node)!;
    for (const input of node.inputs) {
      const theirs = segmentOf.get(input);
      if (theirs !== undefined && theirs < own) kept.add(input);
    }
    if (own === segments - 1) kept.add(node);
  }
  const within = new Array<number>(segments).fill(0);
  let between = 0;
  for (const node of read) {
    const own = segmentOf.get(node)!;
    if (kept.has(node) && own < segments - 1) between += bytesOf(node);
    else within[own]! += bytesOf(node);
  }
  return { segmentOf, kept, bytes: between + Math.max(...within) };
}

/** More segments than this save nothing that a network of any use would notice. */
const mostSegments = 64;

/**
 * The same gradients with at most `mostBytes` of the forward pass in memory, or as few as segments allow; the same
 * expressions where that is less already. Sizes that are not known count nothing.
 *
 * @param xs what the gradients are taken by
 */
export function recomputed(
  loss: Node,
  slopes: readonly Node[],
  { xs, mostBytes }: { readonly xs: readonly Node[]; readonly mostBytes: number },
): Node[] {
  const pass = passOf(loss, slopes, xs);
  let best = { segments: 1, plan: planOf(pass, 1) };
  for (let segments = 2; segments <= mostSegments && best.plan.bytes > mostBytes; segments++) {
    const plan = planOf(pass, segments);
    if (plan.bytes < best.plan.bytes) best = { segments, plan };
  }
  const parameters = new Set(xs);
  return best.segments === 1 ? [...slopes] : rewired(slopes, { pass, parameters, ...best });
}

function rewired(
  slopes: readonly Node[],
  {
    pass,
    parameters,
    segments,
    plan,
  }: { pass: Pass; parameters: ReadonlySet<Node>; segments: number; plan: Plan },
): Node[] {
  const { forward, read, backward } = pass;
  const { segmentOf, kept } = plan;
  const again = (node: Node) => segmentOf.has(node) && !kept.has(node);
  // The lowest segment of which a gradient needs something anew: gradients run from the last segment to the first.
  const lowest = new Map<Node, number>();
  for (const node of backward) {
    const levels = node.inputs.map((input) =>
      again(input) ? segmentOf.get(input)! : (lowest.get(input) ?? segments - 1),
    );
    lowest.set(node, Math.min(segments - 1, ...levels));
  }
  const ends = new Set(slopes);
  const triggerOf = (segment: number): Node | undefined => {
    const later = backward.filter((node) => lowest.get(node)! > segment);
    // Gradients of weights are small; of those the one that was made last is due last.
    const small = later.filter((node) => ends.has(node));
    return (small.length > 0 ? small : later).reduce<Node | undefined>(
      (last, node) => (last === undefined || node.id > last.id ? node : last),
      undefined,
    );
  };
  const replacements = new Map<Node, Node>(forward.map((node) => [node, node]));
  // From the last segment on: what a segment waits for reads the later ones anew.
  for (let segment = segments - 2; segment >= 0; segment--) {
    const trigger = triggerOf(segment);
    const wanted = forward.filter(
      (node) => segmentOf.get(node) === segment && again(node) && read.has(node),
    );
    if (trigger === undefined || wanted.length === 0) continue;
    const waited = substitute([trigger], replacements)[0]!;
    const copies = new Map<Node, Node>();
    const copyOf = (node: Node): Node => {
      const known = copies.get(node);
      if (known !== undefined) return known;
      let copy = node;
      if (again(node) && segmentOf.get(node) === segment) {
        copy = apply(node.operator, node.inputs.map(copyOf), node.attributes);
      } else if (segmentOf.has(node) || (node.operator.name === "input" && !parameters.has(node))) {
        copy = after(node, waited);
      }
      copies.set(node, copy);
      return copy;
    };
    for (const node of wanted) replacements.set(node, copyOf(node));
  }
  return substitute(slopes, replacements);
}
