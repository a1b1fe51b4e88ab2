/**
 * Turns expressions into a list of ONNX nodes. Values may exist in the ordinary layout, in the CPU
 * provider's blocked layout, or in both; each form is made when something asks for it.
 */
import { InputError } from "../core/errors.ts";
import { sizeOf } from "../core/image.ts";
import { concrete, isConcrete } from "./dimension.ts";
import type {
  AttributeShorthand,
  LoweredAttribute,
  LoweredConstant,
  LoweredNode,
  Lowering,
  Provider,
} from "./lowering.ts";
import { type Node, type Type, topologicalOrder } from "./node.ts";

export interface LoweredModel {
  readonly inputs: readonly { readonly name: string; readonly type: Type }[];
  readonly outputs: readonly { readonly name: string; readonly type: Type }[];
  readonly nodes: readonly LoweredNode[];
  readonly constants: readonly LoweredConstant[];
}

export interface LowerOptions {
  readonly provider?: Provider;
  /** Channels per block of the CPU provider's internal layout; 0 keeps to standard ONNX. */
  readonly block?: number;
}

/** What `lower` returns for a value that does not exist in the ordinary layout yet. */
const otherForm = "";

const nchwc = { domain: "com.microsoft.nchwc" };
/** `[N, C, D, H, W]` to `[N, D, C, H, W]` and back. */
const depthFirst = { perm: [0, 2, 1, 3, 4] };

class GraphLowering implements Lowering {
  readonly provider: Provider;
  readonly block: number;
  readonly nodes: LoweredNode[] = [];
  readonly constants = new Map<string, LoweredConstant>();
  readonly inputs = new Map<string, Type>();
  readonly #ordinary = new Map<Node, string>();
  readonly #blocked = new Map<Node, string>();
  readonly #planes = new Map<Node, string>();
  readonly #users = new Map<Node, number>();
  /** Values far smaller than the node's, computed from it. */
  readonly #reductions = new Map<Node, { readonly name: string; readonly rank: number }[]>();
  #next = 0;

  constructor(order: readonly Node[], roots: readonly Node[], options: LowerOptions) {
    this.provider = options.provider ?? "cpu";
    this.block = options.block ?? 0;
    for (const node of order) {
      for (const input of node.inputs) this.#users.set(input, (this.#users.get(input) ?? 0) + 1);
    }
    for (const root of roots) this.#users.set(root, (this.#users.get(root) ?? 0) + 1);
  }

  lowerNode(node: Node): void {
    const name = node.operator.lower(this, node);
    if (name === otherForm) return;
    this.#ordinary.set(node, name);
    if (node.type.kind !== "float" || !shrinks(node)) return;
    for (const source of new Set(node.inputs)) {
      const known = this.#reductions.get(source) ?? [];
      this.#reductions.set(source, [...known, { name, rank: node.type.shape.length }]);
    }
  }

  after(node: Node, value: string, shape: readonly number[]): string {
    const waits = this.#reductions.get(node) ?? [];
    if (waits.length === 0) return value;
    // A shape to which each adds zero: 0 · [x ≠ 0] is zero for every number, undefined ones included.
    const sizes = waits.reduce((sum, { name, rank }) => {
      const axes = Array.from({ length: rank }, (_, axis) => axis);
      const box = [axes.map(() => 0), axes.map(() => 1), axes].map((entry) => this.ints(entry));
      const first = rank === 0 ? name : this.add("Squeeze", [this.add("Slice", [name, ...box])]);
      const truth = this.add("Cast", [first], { to: 9 });
      const zero = this.add("Mul", [this.add("Cast", [truth], { to: 7 }), this.ints([0], [])]);
      return this.add("Add", [sum, zero]);
    }, this.ints(shape));
    // A copy of the kernel: joined to the reshapes beside it, as a Reshape would be, it would no longer wait.
    return this.add("Expand", [value, sizes]);
  }

  users(node: Node): number {
    return this.#users.get(node) ?? 0;
  }

  expression(node: Node): string {
    for (const part of topologicalOrder([node])) {
      if (!this.#isLowered(part)) this.lowerNode(part);
    }
    return this.value(node);
  }

  #isLowered(node: Node): boolean {
    return this.#ordinary.has(node) || this.#blocked.has(node) || this.#planes.has(node);
  }

  value(node: Node): string {
    const known = this.#ordinary.get(node);
    if (known !== undefined) return known;
    const name = node.type.shape.length === 5 ? this.#joinPlanes(node) : this.#leaveBlocks(node);
    this.#ordinary.set(node, name);
    return name;
  }

  planes(node: Node): string {
    if (node.type.shape.length !== 5) return this.value(node);
    const known = this.#planes.get(node);
    if (known !== undefined) return known;
    const ordinary = this.#ordinary.get(node);
    const name =
      ordinary === undefined ? this.#leaveBlocks(node) : this.#splitPlanes(node, ordinary);
    this.#planes.set(node, name);
    return name;
  }

  keepPlanes(node: Node, name: string): string {
    this.#planes.set(node, name);
    return otherForm;
  }

  #leaveBlocks(node: Node): string {
    const blocked = this.#blocked.get(node);
    if (blocked === undefined) {
      throw new InputError(
        `Cannot lower "${node.operator.name}": found no value for an input, wanted inputs first`,
      );
    }
    const [channels] = concrete([node.type.shape[1]!], "leave the blocked layout");
    return this.add("ReorderOutput", [blocked], { channels: channels! }, nchwc);
  }

  #splitPlanes(node: Node, ordinary: string): string {
    const [n, c, d, h, w] = volumeOf(node);
    // With one channel or one plane the memory is the same already.
    const moved = c === 1 || d === 1 ? ordinary : this.add("Transpose", [ordinary], depthFirst);
    return this.add("Reshape", [moved, this.ints([n * d, c, h, w])]);
  }

  #joinPlanes(node: Node): string {
    const planes = this.planes(node);
    const [n, c, d, h, w] = volumeOf(node);
    if (c === 1 || d === 1) return this.add("Reshape", [planes, this.ints([n, c, d, h, w])]);
    const apart = this.add("Reshape", [planes, this.ints([n, d, c, h, w])]);
    return this.add("Transpose", [apart], depthFirst);
  }

  blocked(node: Node): string | undefined {
    return this.#blocked.get(node);
  }

  toBlocked(node: Node): string {
    const known = this.#blocked.get(node);
    if (known !== undefined) return known;
    const name = this.add("ReorderInput", [this.planes(node)], {}, nchwc);
    this.#blocked.set(node, name);
    return name;
  }

  keepBlocked(node: Node, name: string): string {
    this.#blocked.set(node, name);
    return otherForm;
  }

  add(
    operator: string,
    inputs: readonly string[],
    attributes: Readonly<Record<string, AttributeShorthand>> = {},
    { domain = "" }: { readonly domain?: string } = {},
  ): string {
    return this.#push(operator, inputs, { attributes, domain, outputs: 1 })[0]!;
  }

  addMany(
    operator: string,
    inputs: readonly string[],
    attributes: Readonly<Record<string, AttributeShorthand>>,
    { outputs }: { readonly outputs: number },
  ): readonly string[] {
    return this.#push(operator, inputs, { attributes, domain: "", outputs });
  }

  #push(
    operator: string,
    inputs: readonly string[],
    {
      attributes,
      domain,
      outputs: count,
    }: {
      attributes: Readonly<Record<string, AttributeShorthand>>;
      domain: string;
      outputs: number;
    },
  ): readonly string[] {
    const outputs = Array.from({ length: count }, () => `v${this.#next++}`);
    this.nodes.push({
      operator,
      domain,
      inputs,
      outputs,
      attributes: Object.fromEntries(
        Object.entries(attributes).map(([key, value]) => [key, attribute(value)]),
      ),
    });
    return outputs;
  }

  ints(values: readonly number[], shape: readonly number[] = [values.length]): string {
    const limit = (v: number) =>
      v <= Number.MIN_SAFE_INTEGER
        ? -(2n ** 62n)
        : v >= Number.MAX_SAFE_INTEGER
          ? 2n ** 62n
          : BigInt(v);
    return this.#constant(`i${shape.join("x")}:${values.join(",")}`, {
      kind: "int",
      shape,
      data: BigInt64Array.from(values, limit),
    });
  }

  floats(values: ArrayLike<number>, shape: readonly number[], name?: string): string {
    const data = Float32Array.from(values);
    if (name !== undefined) {
      const own = this.constants.get(`n:${name}`);
      const same =
        own === undefined || (own.kind === "float" && own.data.every((v, i) => v === data[i]));
      if (!same || this.inputs.has(name)) {
        throw new InputError(`Cannot lower: found two values named "${name}", wanted one`);
      }
      this.constants.set(`n:${name}`, { name, kind: "float", shape, data });
      return name;
    }
    const key =
      data.length <= 16
        ? `f${shape.join("x")}:${[...data].join(",")}${Object.is(data[0], -0) ? "-" : ""}`
        : `f#${this.constants.size}`;
    return this.#constant(key, { kind: "float", shape, data });
  }

  bools(values: readonly boolean[], shape: readonly number[]): string {
    return this.#constant(`b${shape.join("x")}:${values.join(",")}`, {
      kind: "bool",
      shape,
      data: Uint8Array.from(values, Number),
    });
  }

  input(name: string, type: Type): string {
    const known = this.inputs.get(name);
    if (known !== undefined && JSON.stringify(known) !== JSON.stringify(type)) {
      throw new InputError(
        `Cannot lower: found two inputs named "${name}" of different types, wanted one`,
      );
    }
    this.inputs.set(name, type);
    return name;
  }

  #constant(key: string, content: Omit<LoweredConstant, "name">): string {
    const known = this.constants.get(key);
    if (known !== undefined) return known.name;
    const name = `c${this.constants.size}`;
    this.constants.set(key, { name, ...content });
    return name;
  }
}

function volumeOf(node: Node): [number, number, number, number, number] {
  const [n = 0, c = 0, d = 0, h = 0, w = 0] = concrete(node.type.shape, "lower a volume by planes");
  return [n, c, d, h, w];
}

function attribute(value: AttributeShorthand): LoweredAttribute {
  if (typeof value === "number") return { type: "int", value };
  if (typeof value === "string") return { type: "string", value };
  return "type" in value ? value : { type: "ints", value };
}

/**
 * Lowers named expressions to ONNX nodes.
 *
 * Inputs that the expressions do not read are left out; every output gets its own name.
 */
export function lower(
  outputs: Readonly<Record<string, Node>>,
  options: LowerOptions = {},
): LoweredModel {
  const roots = Object.values(outputs);
  const order = reductionsFirst(topologicalOrder(roots));
  const lowering = new GraphLowering(order, roots, options);
  for (const node of order) lowering.lowerNode(node);
  const named = Object.entries(outputs).map(([name, node]) => {
    if (lowering.inputs.has(name)) {
      throw new InputError(`Cannot lower: found "${name}" as input and output, wanted two names`);
    }
    // An Identity gives the output its own name, also when two outputs share a value.
    const value = lowering.value(node);
    lowering.nodes.push({
      operator: "Identity",
      domain: "",
      inputs: [value],
      outputs: [name],
      attributes: {},
    });
    return { name, type: node.type };
  });
  const nodes = withoutDeadNodes(
    lowering.nodes,
    named.map(({ name }) => name),
  );
  const used = new Set(nodes.flatMap((node) => node.inputs));
  return {
    inputs: [...lowering.inputs].map(([name, type]) => ({ name, type })),
    outputs: named,
    nodes,
    constants: [...lowering.constants.values()].filter(({ name }) => used.has(name)),
  };
}

/** Whether a node's value is far smaller than the largest that it reads; false where sizes are unknown. */
function shrinks(node: Node): boolean {
  const size = ({ type: { shape } }: Node) => (isConcrete(shape) ? sizeOf(shape) : Number.NaN);
  return size(node) * 4 <= Math.max(0, ...node.inputs.map(size));
}

/** The nodes, inputs before their users, those that shrink what they read as soon as they can be computed. */
function reductionsFirst(order: readonly Node[]): Node[] {
  const small = new Map<Node, Node[]>();
  for (const node of order) {
    if (!shrinks(node)) continue;
    for (const input of new Set(node.inputs)) small.set(input, [...(small.get(input) ?? []), node]);
  }
  const done = new Set<Node>();
  const take = (node: Node) => {
    if (done.has(node)) return;
    done.add(node);
    for (const user of small.get(node) ?? []) {
      if (user.inputs.every((input) => done.has(input))) take(user);
    }
  };
  for (const node of order) take(node);
  return [...done];
}

/** Nodes that an output depends on, in order. */
function withoutDeadNodes(
  nodes: readonly LoweredNode[],
  outputs: readonly string[],
): LoweredNode[] {
  const needed = new Set(outputs);
  const kept: LoweredNode[] = [];
  for (let i = nodes.length - 1; i >= 0; i--) {
    const node = nodes[i]!;
    if (!node.outputs.some((name) => needed.has(name))) continue;
    for (const name of node.inputs) needed.add(name);
    kept.push(node);
  }
  return kept.reverse();
}
