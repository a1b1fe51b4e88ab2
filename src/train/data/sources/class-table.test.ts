import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openFileClasses } from "./class-table.ts";

describe("classes of files", () => {
  let folder: string;
  const open = async (text: string) => {
    await writeFile(join(folder, "t.csv"), text);
    return (await openFileClasses({ table: "t.csv" }, folder))!;
  };
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "dprime-classes-"));
  });
  afterAll(() => rm(folder, { recursive: true }));

  it("are the same for all, or unknown", async () => {
    expect((await openFileClasses(["a", "b"], folder))!("x.nii")).toEqual(["a", "b"]);
    expect(await openFileClasses(undefined, folder)).toBeUndefined();
  });

  it("stand in one column of names joined by |, by file name or path, with ending or without", async () => {
    const of = await open(
      'image;finding\r\np1.png;effusion|cardiomegaly\nsub/p2;\n"p3";"nodule"\n',
    );
    expect(of("/data/p1.png")).toEqual(["cardiomegaly", "effusion"]);
    expect(of("/data/sub/p2.nii.gz")).toEqual([]);
    expect(of("/data/p3.dcm")).toEqual(["nodule"]);
    expect(() => of("/data/xp1.png")).toThrow(/the classes of \/data\/xp1.png: found no row/);
  });

  it("stand in columns of 0 and 1, named by the header", async () => {
    const of = await open("file,left,right\na,1,0\nb,1,1\nc,0,0\n");
    expect(["a", "b", "c"].map((name) => of(`${name}.npy`))).toEqual([
      ["left"],
      ["left", "right"],
      [],
    ]);
  });

  it.each([
    ["file\na\n", /found the header "file", wanted a column of files and one of classes/],
    ["file,x,y\na,1\n", /found 2 cells in line 2, wanted 3/],
    ["file,x,y\na,1,2\n", /found "2" in line 2, wanted 0 or 1/],
  ])("refuse %j", async (text, message) => {
    await expect(open(text)).rejects.toThrow(message);
  });

  it("refuse a file with rows that differ, and a table that is not there", async () => {
    const of = await open("file,class\na,x\na,y\nb,x\nb,x\n");
    expect(of("b.npy")).toEqual(["x"]);
    expect(() => of("a.npy")).toThrow(/found 2 rows that differ for it/);
    await expect(openFileClasses({ table: "none.csv" }, folder)).rejects.toThrow(/none.csv/);
  });
});
