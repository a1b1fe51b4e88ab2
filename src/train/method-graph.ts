/** A method's updates as expressions of a batch, with the networks that they apply. */
import { InputError } from "../core/errors.ts";
import { sizeOf } from "../core/image.ts";
import type { Stream } from "../core/random.ts";
import { type Node, shapeOf } from "../graph/node.ts";
import { input } from "../graph/ops/input.ts";
import { initialValues, type RandomInput } from "../layers/scope.ts";
import { lastLayers } from "../learn/layers-of.ts";
import { buildOf } from "../learn/open-network.ts";
import { type Apply, type Trainee, traineeOf } from "../learn/trainee.ts";
import type { TrainerRole } from "../learn/trainer.ts";
import type { Update } from "../learn/update.ts";
import type { BatchSource, FieldName } from "./batch.ts";
import { checkFields } from "./batch.ts";
import type { OpenedMethod, OpenedRole } from "./open-training-method.ts";

export interface MethodGraph {
  readonly updates: readonly Update[];
  readonly trainees: Readonly<Record<string, Trainee>>;
  /** Random numbers that the method itself asks for. */
  readonly randoms: readonly RandomInput[];
  /** Fields that it reads, the noise level included where a network takes it. */
  readonly reads: readonly FieldName[];
}

/**
 * Builds the updates for batches of given shapes.
 *
 * @throws InputError when a field is missing or a network does not take images of this size
 */
export function methodGraph(opened: OpenedMethod, shapes: BatchSource["shapes"]): MethodGraph {
  const { method, roles } = opened;
  const takesSigma = Object.values(roles).some(({ network }) => network.takesSigma);
  const reads: FieldName[] = [...method.reads];
  if (takesSigma && !reads.includes("sigma")) reads.push("sigma");
  checkFields(shapes, { reads, reader: `with ${method.name}` });
  checkSizes(opened, shapes);
  const fieldNodes = Object.fromEntries(reads.map((name) => [name, input(name, shapes[name]!)]));
  const build = (trained: Readonly<Record<string, ReadonlySet<string>>>) => {
    const randoms: RandomInput[] = [];
    const trainees = Object.fromEntries(
      Object.entries(roles).map(([name, role]) => [name, roleTrainee(role, trained[name])]),
    );
    const networks = Object.fromEntries(
      Object.entries(trainees).map(([name, { apply }]) => [
        name,
        fitting(withLevel(apply, roles[name]!, fieldNodes["sigma"]), { opened, name, shapes }),
      ]),
    );
    const updates = method.updates(networks, fieldNodes, {
      options: opened.options,
      loss: opened.loss,
      random: {
        normal: (name, shape) => random(randoms, { name, shape, kind: "normal" }),
        uniform: (name, shape) => random(randoms, { name, shape, kind: "uniform" }),
      },
    });
    return { updates, trainees, randoms };
  };
  const whole = build({});
  const parts = Object.entries(roles).filter(([, { last }]) => last !== undefined);
  if (parts.length === 0) return { ...whole, reads };
  // Which weights there are is known once the networks have been applied; then they are built again, what
  // stands still as for use.
  const trained = Object.fromEntries(
    parts.map(([name, { last, network }]) => [
      name,
      lastLayers(whole.trainees[name]!.parameters, {
        count: last!,
        owner: `${name} (${network.name})`,
      }),
    ]),
  );
  return { ...build(trained), reads };
}

function random(randoms: RandomInput[], wanted: Omit<RandomInput, "node">): Node {
  const name = `random ${wanted.name}`;
  const old = randoms.find((r) => r.name === name);
  if (old !== undefined) return old.node;
  const node = input(name, wanted.shape);
  randoms.push({ ...wanted, name, node });
  return node;
}

function roleTrainee({ network, options, frozen }: OpenedRole, trains?: ReadonlySet<string>) {
  return traineeOf({ build: buildOf(network, options), frozen, trains });
}

/** Hands the batch's noise level to a network that takes it, where the method gives no other. */
function withLevel(apply: Apply, { network }: OpenedRole, sigma: Node | undefined): Apply {
  if (!network.takesSigma || sigma === undefined) return apply;
  return Object.assign((x: Node, conditions = {}) => apply(x, { sigma, ...conditions }), {
    outputs: (x: Node, conditions = {}) => apply.outputs(x, { sigma, ...conditions }),
  });
}

/** The network of a role, whose scores must be as many as the batch has classes. */
function fitting(
  apply: Apply,
  {
    opened: { method, roles },
    name,
    shapes,
  }: { opened: OpenedMethod; name: string; shapes: BatchSource["shapes"] },
): Apply {
  const { gives, perClass } = method.roles[name]!;
  const field = gives === "labels" ? "labels" : perClass ? "classes" : undefined;
  const wanted = field === undefined ? undefined : shapes[field]?.[1];
  if (wanted === undefined) return apply;
  const checked = (scores: Node): void => {
    const found = shapeOf(scores)[1];
    if (found === wanted) return;
    throw new InputError(
      `Cannot train with ${method.name}: found network ${roles[name]!.network.name}, which scores ${found} classes, as ${name}, wanted ${wanted}, as the batches' ${field} have${roles[name]!.network.options["classes"] === undefined ? "" : "; set its option classes"}`,
    );
  };
  return Object.assign(
    (...given: Parameters<Apply>) => {
      const scores = apply(...given);
      checked(scores);
      return scores;
    },
    {
      outputs: (...given: Parameters<Apply>) => {
        const outputs = apply.outputs(...given);
        checked(outputs["main"]!);
        return outputs;
      },
    },
  );
}

function checkSizes({ method, roles }: OpenedMethod, shapes: BatchSource["shapes"]): void {
  const shape = shapes[method.reads[0]!]!;
  const space = shape.slice(2);
  for (const [name, { network, options }] of Object.entries(roles)) {
    const multiple = network.multipleOf(options);
    const dimensions = network.dimensions ?? [2];
    if (!dimensions.includes(space.length as 2 | 3)) {
      throw new InputError(
        `Cannot train ${network.name} as ${name}: found images of ${space.length} dimensions, wanted ${dimensions.join(" or ")}`,
      );
    }
    if (space.some((size) => size % multiple !== 0)) {
      throw new InputError(
        `Cannot train ${network.name}: found patch ${space.join(" x ")}, wanted multiples of ${multiple}`,
      );
    }
  }
}

/** First values of every role's weights: from its file, or drawn. */
export function trainerRoles(
  graph: MethodGraph,
  { roles, stream, product }: Pick<OpenedMethod, "roles"> & { stream: Stream; product: string },
): Readonly<Record<string, TrainerRole>> {
  return Object.fromEntries(
    Object.entries(graph.trainees).map(([name, trainee]) => {
      const { weights, rule, frozen, network } = roles[name]!;
      // The product's weights are drawn as before there were roles.
      const own = name === product ? stream.child("weights") : stream.child("weights", name);
      const drawn = initialValues(trainee.parameters, own);
      for (const { name: parameter, shape } of trainee.parameters) {
        // A file holds what the network's result reads; a head that helps to train it begins anew.
        const value = weights?.get(parameter);
        if (value === undefined) continue;
        if (value.length !== sizeOf(shape)) {
          throw new InputError(
            `Cannot start role ${name} (${network.name}): found ${value.length} numbers for ${parameter}, wanted ${sizeOf(shape)}`,
          );
        }
        drawn.set(parameter, value);
      }
      return [name, { trainee, weights: drawn, ...(frozen ? {} : { rule }) }];
    }),
  );
}
