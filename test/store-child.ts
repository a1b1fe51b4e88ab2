/** A second program at a store: does what its arguments say and prints one line of JSON. */
import { createHash } from "node:crypto";
import { setTimeout as pause } from "node:timers/promises";
import { openStore } from "../src/store/open-store.ts";

export function keyOf(name: string): string {
  return createHash("sha256").update(name).digest("hex");
}

/** Bytes that differ from place to place and from seed to seed. */
export function pattern(length: number, seed: number): Uint8Array {
  const bytes = new Uint8Array(length);
  let state = seed * 2654435761 + 1;
  for (let i = 0; i < length; i++) {
    state = (Math.imul(state, 1664525) + 1013904223) | 0;
    bytes[i] = state >>> 24;
  }
  return bytes;
}

/** The piece number `i` of every program: the same bytes whoever saves it. */
export function numberedPiece(i: number) {
  return {
    key: keyOf(`numbered ${i}`),
    kind: "numbered",
    inputs: { i },
    depends: {},
    values: { square: i * i },
    blobs: { own: pattern(50 + i, i), shared: pattern(1000, i % 7) },
    seconds: 0.25,
  };
}

export type ChildTask =
  | { readonly do: "save"; readonly from: number; readonly to: number }
  | { readonly do: "claim"; readonly count: number; readonly owner: string }
  | { readonly do: "save-big"; readonly bytes: number };

async function main(place: string, startAt: number, task: ChildTask): Promise<unknown> {
  // All programs of a race open the store in the same moment.
  await pause(Math.max(0, startAt - Date.now()));
  const store = await openStore(place);
  try {
    switch (task.do) {
      case "save":
        for (let i = task.from; i < task.to; i++) await store.savePiece(numberedPiece(i));
        return "saved";
      case "claim": {
        const won: number[] = [];
        for (let i = 0; i < task.count; i++) {
          if (await store.claim(keyOf(`claimed ${i}`), task.owner, 60)) won.push(i);
        }
        return won;
      }
      case "save-big": {
        const blobs = { big: new Uint8Array(task.bytes).fill(7) };
        const rest = { inputs: null, depends: {}, values: null, seconds: 1 };
        await store.savePiece({ key: keyOf("big"), kind: "big", blobs, ...rest });
        return "saved";
      }
    }
  } finally {
    await store.dispose();
  }
}

if (process.argv[1]?.endsWith("store-child.ts")) {
  const [, , place = "", startAt = "0", task = ""] = process.argv;
  main(place, Number(startAt), JSON.parse(task) as ChildTask).then(
    (result) => console.log(JSON.stringify(result)),
    (error: unknown) => {
      console.log(JSON.stringify({ error: String(error) }));
      process.exitCode = 1;
    },
  );
}
