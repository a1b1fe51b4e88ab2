import { statSync } from "node:fs";
import { expect, it } from "vitest";
import { CancelledError, FormatError, InputError, RunError } from "./errors.ts";
import { failureOf } from "./failure.ts";

const thrown = (run: () => unknown): unknown => {
  try {
    return run();
  } catch (error) {
    return error;
  }
};

it.each([
  [new InputError("Cannot a:\n  found b"), "input", "Cannot a: found b"],
  [
    new FormatError("Cannot read", { format: "npy", kind: "truncated", offset: 7 }),
    "format",
    "Cannot read (npy, truncated, byte 7)",
  ],
  [new RunError("Cannot write"), "failed", "Cannot write"],
  [new CancelledError("denoising"), "cancelled", "Cancelled: denoising"],
  [new DOMException("stopped", "AbortError"), "cancelled", "Cancelled"],
  [
    thrown(() => statSync("/no/such/file")),
    "input",
    "Cannot use /no/such/file: found no such file or folder, wanted one that exists",
  ],
  [
    Object.assign(new Error("x"), { code: "ENOSPC", path: "a" }),
    "failed",
    "Cannot use a: found a full disk, wanted room to write",
  ],
  [
    thrown(() => new Float32Array(2 ** 53)),
    "failed",
    "Cannot go on: found too little memory (Invalid typed array length: 9007199254740992)",
  ],
  [new TypeError("x of undefined"), "failed", "Cannot go on: x of undefined (unexpected)"],
  ["a text", "failed", "Cannot go on: a text (unexpected)"],
])("%s is told as %s", (error, kind, message) => {
  expect(failureOf(error)).toMatchObject({ kind, message });
});

it("says what is wrong with a file and where", () => {
  const details = { format: "npy", kind: "truncated", offset: 7 } as const;
  const told = failureOf(new FormatError("Cannot read", details));
  expect(told).toMatchObject({ format: "npy", problem: "truncated", offset: 7 });
});
