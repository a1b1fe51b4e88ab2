import { statSync } from "node:fs";
import { expect, it } from "vitest";
import { CancelledError, FormatError, InputError, RunError } from "../core/errors.ts";
import { failureOf } from "./failure.ts";

const thrown = (run: () => unknown): unknown => {
  try {
    return run();
  } catch (error) {
    return error;
  }
};

it.each([
  [new InputError("Cannot a:\n  found b"), 2, "Cannot a: found b"],
  [
    new FormatError("Cannot read", { format: "npy", kind: "truncated", offset: 7 }),
    2,
    "Cannot read (npy, truncated, byte 7)",
  ],
  [new RunError("Cannot write"), 1, "Cannot write"],
  [new CancelledError("denoising"), 130, "Cancelled: denoising"],
  [new DOMException("stopped", "AbortError"), 130, "Cancelled"],
  [
    thrown(() => statSync("/no/such/file")),
    2,
    "Cannot use /no/such/file: found no such file or folder, wanted one that exists",
  ],
  [
    Object.assign(new Error("x"), { code: "ENOSPC", path: "a" }),
    1,
    "Cannot use a: found a full disk, wanted room to write",
  ],
  [
    thrown(() => new Float32Array(2 ** 53)),
    1,
    "Cannot go on: found too little memory (Invalid typed array length: 9007199254740992)",
  ],
  [
    new TypeError("x of undefined"),
    1,
    "Cannot go on: x of undefined (unexpected; --debug shows where)",
  ],
  ["a text", 1, "Cannot go on: a text (unexpected; --debug shows where)"],
])("%s becomes code %i", (error, code, line) => {
  expect(failureOf(error)).toEqual({ code, line });
});
