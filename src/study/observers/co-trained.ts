/** The observer that learned along with a method's network: it knows the network's ways, and so is no judge of it. */
import { z } from "zod";
import { buildOf, openNetwork } from "../../learn/open-network.ts";
import type { RefusedAnswer } from "../answers/answer-kind.ts";
import type { ScoresValues } from "../answers/scores.ts";
import { sidesOf } from "../facts.ts";
import { id, ids } from "../schema-words.ts";
import type { ObserverKind } from "./observer-kind.ts";

const schema = z
  .strictObject({
    kind: z.literal("co-trained"),
    part: z
      .string()
      .default("observer")
      .describe("Role of the observer in the network's training."),
    present: id.default("present").describe("Class of cases with the signal that it looks for."),
    methods: ids.optional().describe("Methods that it judges; all when absent."),
  })
  .describe("The observer that learned along with the method's own network.");

const most = 16;

export const coTrained: ObserverKind<z.output<typeof schema>> = {
  name: "co-trained",
  summary: "The observer that learned along with the method's own network.",
  schema,
  answers: "scores",
  overview: false,
  reads: () => [],
  classes: ({ present }, [absent = ""]) => [absent, present],
  refers: () => [],
  ofMethod: (references) => references.filter(({ of }) => of === "networks"),
  anonymous: ({ methods: _methods, ...plan }) => plan,
  judges: ({ methods }) => methods,
  about: ({ part }) =>
    `The ${part} that learned along with each method's own network, as published: it and the network have agreed on what to show, so that it is no judge between methods.`,
  async judge({ plan, facts, images, depends }): Promise<ScoresValues | RefusedAnswer> {
    const observer = await depends.part("network", plan.part);
    if (observer === undefined) {
      return {
        status: "refused",
        why: `the method has no network that learned with a ${plan.part}`,
      };
    }
    const { ny, nx } = sidesOf(facts.frame);
    const { network, options, weights, window } = observer;
    const opened = await openNetwork(
      { build: buildOf(network, options), weights, shape: [most, 1, ny, nx] },
      { threads: 1 },
    );
    const width = window.high - window.low;
    try {
      const scores = async (which: string) => {
        const { data } = images.cases("test", which);
        const found = await opened.run(data.map((v) => (v - window.low) / width));
        return Array.from(found.data);
      };
      const [absent = ""] = images.classes;
      return {
        status: "ok",
        absent: await scores(absent),
        present: await scores(plan.present),
        figures: {},
        findings: [],
      };
    } finally {
      await opened.dispose();
    }
  },
};
