/** Many processes on one plan and one store, in virtual time: no process is started and nobody waits. */
import { streamOf } from "../core/random.ts";
import type { Store } from "../store/store.ts";
import { memoryStore } from "./memory-store.fixture.ts";
import type { GraphPiece, PieceGraph } from "./piece-graph.ts";
import { type PieceTaker, pieceTaker } from "./piece-taker.ts";

/** A plan in layers, such as a study has: draws, one denoising for each method, answers over many. */
export function layered({
  draws,
  methods,
  over,
}: {
  draws: number;
  methods: number;
  over: number;
}) {
  const pieces = new Map<string, GraphPiece & { dependents: string[]; chain: number }>();
  const add = (name: string, depends: readonly string[], weight: number) => {
    const key = name;
    const roles = Object.fromEntries(depends.map((other, i) => [`r${i}`, other]));
    const order = pieces.size;
    const cost = { weight, memory: 0, stored: 0, chain: 0, order };
    const more = { key, kind: "x", label: name, inputs: null, depends: roles, dependents: [] };
    pieces.set(key, { ...more, ...cost });
    for (const other of depends) pieces.get(other)!.dependents.push(key);
    return key;
  };
  const drawn = Array.from({ length: draws }, (_, i) => add(`draw ${i}`, [], 20));
  for (let m = 0; m < methods; m++) {
    const done = drawn.map((key, i) => add(`denoise ${m} ${i}`, [key], 60 + 30 * m));
    for (let at = 0; at < done.length; at += over) {
      add(`judge ${m} ${at}`, done.slice(at, at + over), 40);
    }
  }
  for (const piece of [...pieces.values()].reverse()) {
    piece.chain =
      piece.weight + Math.max(0, ...piece.dependents.map((key) => pieces.get(key)!.chain));
  }
  const graph: PieceGraph = {
    pieces,
    roots: [...pieces.keys()],
    keyOf: () => {
      throw new Error("not planned");
    },
  };
  return graph;
}

/** Work that is done at its time, the earliest first. */
function agenda() {
  const items: { at: number; order: number; work: () => Promise<void> }[] = [];
  let order = 0;
  let now = 0;
  const less = (a: number, b: number) =>
    items[a]!.at - items[b]!.at || items[a]!.order - items[b]!.order;
  const swap = (a: number, b: number) => ([items[a], items[b]] = [items[b]!, items[a]!]);
  return {
    now: () => now,
    after(ms: number, work: () => Promise<void>) {
      items.push({ at: now + ms, order: order++, work });
      for (let i = items.length - 1; i > 0; ) {
        const parent = (i - 1) >> 1;
        if (less(i, parent) >= 0) break;
        swap(i, parent);
        i = parent;
      }
    },
    async run() {
      while (items.length > 0) {
        const { at, work } = items[0]!;
        const last = items.pop()!;
        if (items.length > 0) {
          items[0] = last;
          for (let i = 0; ; ) {
            let least = i;
            for (const child of [2 * i + 1, 2 * i + 2]) {
              if (child < items.length && less(child, least) < 0) least = child;
            }
            if (least === i) break;
            swap(i, least);
            i = least;
          }
        }
        now = at;
        await work();
      }
    },
  };
}

interface Load {
  readonly reads: number;
  readonly writes: number;
  /** Calls in the busiest second. */
  readonly busiest: number;
}

export interface Outcome {
  readonly finished: number;
  /** Virtual seconds to the last result. */
  readonly seconds: number;
  /** The same if the work were spread evenly and nothing failed. */
  readonly ideal: number;
  readonly attempts: number;
  readonly doubles: number;
  readonly load: Load;
  readonly ends: readonly { left: number; givenUp: number }[];
}

interface Trouble {
  /** Share of attempts that fail with an error. */
  readonly fails: number;
  /** Share of attempts during which the process dies; a new one comes a minute later. */
  readonly dies: number;
  readonly tries: number;
}

export async function simulateCluster(
  graph: PieceGraph,
  { workers, fails, dies, tries, seed = 1 }: { workers: number; seed?: number } & Trouble,
): Promise<Outcome> {
  const leaseSeconds = 120;
  const time = agenda();
  const stream = streamOf(seed, "simulated cluster");
  const kept = memoryStore(() => time.now());
  const perSecond = new Map<number, number>();
  let reads = 0;
  let writes = 0;
  const counted = <A extends unknown[], R>(call: (...words: A) => R, write: boolean) => {
    return (...words: A): R => {
      if (write) writes++;
      else reads++;
      const second = Math.floor(time.now() / 1000);
      perSecond.set(second, (perSecond.get(second) ?? 0) + 1);
      return call(...words);
    };
  };
  const store: Store = {
    ...kept,
    claim: counted((key, owner, seconds) => kept.claim(key, owner, seconds), true),
    noteFailure: counted((key, failure) => kept.noteFailure(key, failure), true),
    savePiece: counted((piece) => kept.savePiece(piece), true),
    finished: counted((keys) => kept.finished(keys), false),
    held: counted((keys) => kept.held(keys), false),
    failures: counted((keys) => kept.failures(keys), false),
  };
  let attempts = 0;
  let last = 0;
  let work = 0;
  const ends: { left: number; givenUp: number }[] = [];
  const save = (piece: GraphPiece) => {
    const { key, kind, inputs, depends } = piece;
    return store.savePiece({ key, kind, inputs, depends, values: null, blobs: {}, seconds: 0 });
  };
  const start = (name: number) => {
    const taker: PieceTaker = pieceTaker({
      store,
      graph,
      needed: new Set(graph.pieces.keys()),
      owner: `worker ${name}`,
      leaseSeconds,
      tries,
      clock: () => time.now(),
      random: () => stream.uniform(),
    });
    const go = async (): Promise<void> => {
      await taker.look();
      const piece = await taker.take(() => true);
      if (piece === undefined) {
        const lookIn = taker.lookIn();
        if (taker.left() > 0 && lookIn !== undefined) time.after(lookIn + 1, go);
        else ends.push({ left: taker.left(), givenUp: taker.givenUp().size });
        return;
      }
      attempts++;
      const ms = 1000 * piece.weight * (0.5 + stream.uniform());
      const fate = stream.uniform();
      // A process renews its claims while it lives.
      for (let at = leaseSeconds * 250; at < ms; at += leaseSeconds * 250) {
        if (fate < dies) break;
        time.after(
          at,
          async () => void (await store.claim(piece.key, `worker ${name}`, leaseSeconds)),
        );
      }
      if (fate < dies) {
        const other = name + workers;
        time.after(ms / 2 + 60_000, async () => start(other));
      } else if (fate < dies + fails) {
        time.after(ms / 2, async () => {
          await taker.fail(piece.key, "drawn");
          await go();
        });
      } else {
        time.after(ms, async () => {
          await save(piece);
          last = time.now();
          work += ms;
          taker.complete(piece.key);
          await go();
        });
      }
    };
    time.after(stream.uniform() * 2000, go);
  };
  for (let i = 0; i < workers; i++) start(i);
  await time.run();
  const finished = (await kept.finished([...graph.pieces.keys()])).size;
  return {
    finished,
    seconds: last / 1000,
    ideal: work / 1000 / workers,
    attempts,
    doubles: kept.saved.length - finished,
    load: { reads, writes, busiest: Math.max(...perSecond.values()) },
    ends,
  };
}
