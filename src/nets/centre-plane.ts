/** The plane that a stack of neighbouring planes is about. */
import { concrete } from "../graph/dimension.ts";
import { type Node, shapeOf } from "../graph/node.ts";
import { sliceAxis } from "../graph/ops/slice.ts";

/** `[N, 1, …]` from `[N, C, …]`: the middle one of C planes; the image itself where it is one plane. */
export function centrePlane(image: Node): Node {
  const [channels = 1] = concrete([shapeOf(image)[1]!], "take a stack's middle plane");
  return channels === 1 ? image : sliceAxis(image, 1, { start: channels >> 1, count: 1 });
}
