import { homedir } from "node:os";
import { join, resolve } from "node:path";
import { expect, it } from "vitest";
import { InputError } from "../core/errors.ts";
import { dataFolder, parsePlace } from "./place.ts";

it("finds the user's data folder by each platform's convention", () => {
  const home = homedir();
  expect(dataFolder({ DPRIME_DATA: "/x/y", XDG_DATA_HOME: "/z" }, "linux")).toBe(resolve("/x/y"));
  expect(dataFolder({ XDG_DATA_HOME: "/z" }, "linux")).toBe(join("/z", "dprime"));
  expect(dataFolder({ XDG_DATA_HOME: "relative" }, "linux")).toBe(
    join(home, ".local", "share", "dprime"),
  );
  expect(dataFolder({}, "darwin")).toBe(join(home, "Library", "Application Support", "dprime"));
  expect(dataFolder({ LOCALAPPDATA: "/local" }, "win32")).toBe(join("/local", "dprime"));
});

it("tells paths from URLs and keeps passwords out of what is shown", () => {
  expect(parsePlace("some/file.sqlite")).toMatchObject({
    dialect: "sqlite",
    path: resolve("some/file.sqlite"),
  });
  expect(parsePlace("C:\\data\\store.sqlite").dialect).toBe("sqlite");
  expect(parsePlace("postgresql://me:pass@host:5/db?schema=mine&sslmode=disable")).toEqual({
    dialect: "postgres",
    url: "postgresql://me:pass@host:5/db?sslmode=disable",
    schema: "mine",
    shown: "postgresql://me@host:5/db?sslmode=disable&schema=mine",
  });
  expect(parsePlace("postgres://host/db")).toMatchObject({ schema: "dprime" });
});

it("refuses other URLs and schemas that would need quotes", () => {
  for (const place of [
    "mysql://me:pass@host/db",
    "postgres://h/db?schema=A%22b",
    "",
    "postgres://[",
  ]) {
    expect(() => parsePlace(place), place).toThrow(InputError);
    expect(() => parsePlace(place), place).not.toThrow(/pass/);
  }
});
