import { expect, it } from "vitest";
import { knownAnswers } from "./known-answers.fixture.ts";

it.each(knownAnswers)("$method finds a known answer: $problem", async ({ run, wanted }) => {
  const { found, holds } = await run();
  expect(holds, `found ${found}, wanted ${wanted}`).toBe(true);
});
