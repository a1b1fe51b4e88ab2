/** The client against a small archive of this process, which drops, stalls and refuses as it is told. */
import { createServer, type Server } from "node:http";
import { once } from "node:events";
import { afterEach, expect, it } from "vitest";
import { InputError, RunError } from "../core/errors.ts";
import {
  type DicomJson,
  dicomWebPlace,
  findObjects,
  getObjects,
  storeObjects,
  valueOf,
} from "./dicomweb.ts";
import { boundaryOf, dicomBody, readParts } from "./multipart.ts";

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) server.close().closeAllConnections();
});

interface Archive {
  readonly address: string;
  readonly objects: Map<string, Buffer>;
  readonly requests: { line: string; token: string | undefined }[];
  /** Called before an answer; true when it answered in its own way. */
  trouble?: (line: string, response: import("node:http").ServerResponse) => boolean;
}

/** Objects are `UID:anything`, all of study 1.2 and series 1.2.3. @param most rows that it gives in a page */
async function archive(most = Infinity): Promise<Archive> {
  const objects = new Map<string, Buffer>();
  const requests: Archive["requests"][number][] = [];
  const self: { trouble?: Archive["trouble"] } & Omit<Archive, "trouble"> = {
    address: "",
    objects,
    requests,
  };
  const server = createServer((request, response) => {
    const line = `${request.method} ${request.url}`;
    requests.push({ line, token: request.headers.authorization });
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      void (async () => {
        if (self.trouble?.(line, response)) return;
        const url = new URL(request.url!, "http://x");
        const one = /\/instances\/([\d.]+)$/.exec(url.pathname)?.[1];
        if (request.method === "POST") {
          const boundary = boundaryOf(request.headers["content-type"]!)!;
          const body = (async function* () {
            yield Buffer.concat(chunks);
          })();
          for await (const { bytes } of readParts(body, { boundary, maxBytes: 1e9 })) {
            objects.set(String(Buffer.from(bytes)).split(":")[0]!, Buffer.from(bytes));
          }
          response.end("{}");
        } else if (one !== undefined) {
          const { type, bytes } = dicomBody([objects.get(one)!], "cut here");
          response.setHeader("content-type", type.replace("cut here", '"cut here"'));
          response.end(bytes);
        } else {
          const [limit, offset] = ["limit", "offset"].map((n) => Number(url.searchParams.get(n)));
          const rows = [...objects.keys()]
            .slice(offset, offset! + Math.min(limit!, most))
            .map((uid) => ({
              "00080018": { vr: "UI", Value: [uid] },
              "0020000E": { vr: "UI", Value: ["1.2.3"] },
            }));
          response.end(JSON.stringify(rows));
        }
      })();
    });
  });
  servers.push(server.listen(0, "127.0.0.1"));
  await once(server, "listening");
  const { port } = server.address() as { port: number };
  return Object.assign(self, { address: `dicomweb+http://127.0.0.1:${port}/dicom-web` });
}

const quick = { pause: async () => undefined };
const objectOf = (uid: string, size = 10) => ({
  study: "1.2",
  series: "1.2.3",
  uid,
  bytes: Buffer.from(`${uid}:${"\r\n--".repeat(size)}`),
});
async function* each<T>(list: readonly T[]) {
  yield* list;
}

it("finds everything where an archive gives shorter pages than were asked for", async () => {
  const server = await archive(80);
  for (let i = 0; i < 210; i++) server.objects.set(`9.${i}`, Buffer.from("x"));
  const found: string[] = [];
  for await (const row of findObjects(dicomWebPlace(server.address), { level: "instances" })) {
    found.push(String(valueOf(row, "00080018")));
  }
  expect(found).toEqual([...server.objects.keys()]);
});

it("puts, finds page by page and gets back every byte", async () => {
  const server = await archive();
  const place = dicomWebPlace(server.address);
  const sent = Array.from({ length: 210 }, (_, i) => objectOf(`9.${i}`, i));
  const report = await storeObjects(place, each(sent), { ...quick, batchBytes: 20_000 });
  expect(report.stored).toHaveLength(210);
  const posts = server.requests.filter(({ line }) => line.startsWith("POST"));
  const size = sent.reduce((sum, { bytes }) => sum + bytes.length, 0);
  expect(posts.length).toBeGreaterThanOrEqual(Math.ceil(size / 20_000));
  const rows: DicomJson[] = [];
  for await (const row of findObjects(place, { level: "series", filters: { Modality: "CT" } })) {
    rows.push(row);
  }
  expect(rows.map((row) => valueOf(row, "00080018"))).toEqual(sent.map(({ uid }) => uid));
  expect(server.requests.at(-2)!.line).toMatch(/Modality=CT&limit=200&offset=200/);
  const series = dicomWebPlace(`${server.address}/studies/1.2/series/1.2.3`);
  let i = 0;
  for await (const { uid, bytes } of getObjects(series, quick)) {
    expect(uid).toBe(sent[i]!.uid);
    expect(Buffer.compare(bytes, sent[i++]!.bytes)).toBe(0);
  }
  expect(i).toBe(210);
});

it("never sends what is there already, so that a repeated put doubles and replaces nothing", async () => {
  const server = await archive();
  const place = dicomWebPlace(server.address);
  server.objects.set("9.1", Buffer.from("9.1:original"));
  const objects = [objectOf("9.1"), objectOf("9.2")];
  expect(await storeObjects(place, each(objects), quick)).toEqual({
    stored: ["9.2"],
    present: ["9.1"],
  });
  expect(String(server.objects.get("9.1"))).toBe("9.1:original");
  expect((await storeObjects(place, each(objects), quick)).stored).toEqual([]);
});

it("asks again when a connection is dropped in the middle and when the server is overloaded", async () => {
  const server = await archive();
  for (let i = 0; i < 5; i++) server.objects.set(`9.${i}`, Buffer.from(`9.${i}:abc`));
  const pauses: number[] = [];
  let troubles = 0;
  server.trouble = (line, response) => {
    if (!line.includes("/instances/9.3") || ++troubles > 3) return false;
    if (troubles === 1) {
      response.writeHead(503, { "retry-after": "7" }).end("busy");
      return true;
    }
    response.setHeader("content-type", 'multipart/related; boundary="cut here"');
    response.write("--cut here\r\nContent-Type: application/dicom\r\n\r\n9.3:a");
    // Once by a reset, once by an end that looks regular.
    if (troubles === 2) setTimeout(() => response.destroy(), 20);
    else response.end();
    return true;
  };
  const series = dicomWebPlace(`${server.address}/studies/1.2/series/1.2.3`);
  const got: string[] = [];
  const pause = async (ms: number) => void pauses.push(ms);
  for await (const { bytes } of getObjects(series, { pause })) got.push(String(Buffer.from(bytes)));
  expect(got).toEqual([0, 1, 2, 3, 4].map((i) => `9.${i}:abc`));
  expect(pauses).toHaveLength(3);
  expect(pauses[0]).toBe(7000);
});

it("gives up with the reason, at once where asking again would not help", async () => {
  const server = await archive();
  const place = dicomWebPlace(`${server.address}/studies/1.2/series/1.2.3`);
  const whole = dicomWebPlace(server.address);
  let answer = 401;
  server.trouble = (_line, response) => {
    response.writeHead(answer).end("no");
    return true;
  };
  const first = async () => {
    for await (const one of getObjects(place, { ...quick, retries: 2 })) return one;
    return undefined;
  };
  await expect(first()).rejects.toThrow(/found HTTP 401 \(no\), wanted a token/);
  expect(server.requests).toHaveLength(1);
  answer = 502;
  await expect(first()).rejects.toThrow(/HTTP 502/);
  expect(server.requests).toHaveLength(4);
  server.trouble = (line, response) => {
    if (!line.startsWith("POST")) return false;
    response.writeHead(409).end(
      JSON.stringify({
        "00081198": {
          Value: [{ "00081155": { Value: ["9.1"] }, "00081197": { Value: [0xa700] } }],
        },
      }),
    );
    return true;
  };
  await expect(storeObjects(whole, each([objectOf("9.1")]), quick)).rejects.toThrow(
    /found 1 objects refused, the first 9.1 with reason a700/,
  );
  for (const server_ of servers.splice(0)) server_.close().closeAllConnections();
  await expect(first()).rejects.toThrow(RunError);
});

it("keeps a token to encrypted connections and this machine", async () => {
  const server = await archive();
  server.objects.set("9.1", Buffer.from("9.1:abc"));
  const token = "secret";
  for await (const _row of findObjects(dicomWebPlace(server.address), { level: "studies", token }));
  expect(server.requests[0]!.token).toBe("Bearer secret");
  const search = async (address: string) => {
    for await (const _row of findObjects(dicomWebPlace(address), { level: "studies", token }));
  };
  await expect(search("dicomweb+http://pacs.site/dicom-web")).rejects.toThrow(/plain HTTP/);
});

it("reads addresses, and names what is wrong with them", () => {
  expect(dicomWebPlace("dicomweb://pacs.site:8443/a/b/studies/1.2/series/1.3/")).toMatchObject({
    service: "https://pacs.site:8443/a/b",
    study: "1.2",
    series: "1.3",
  });
  expect(dicomWebPlace("dicomweb://pacs.site")).toMatchObject({ service: "https://pacs.site" });
  for (const wrong of [
    "dicomweb://anna:secret@pacs.site/x",
    "dicomweb://pacs.site/x/studies/1.2/series",
    "dicomweb://pacs.site/x/studies/1.2/instances/3",
    "dicomweb://pacs.site/x/studies/a.b",
    "dicomweb://pacs.site/x?y=1",
    "dicomweb://",
  ]) {
    expect(() => dicomWebPlace(wrong), wrong).toThrow(InputError);
    expect(() => dicomWebPlace(wrong), wrong).not.toThrow(/secret/);
  }
});

it("reads parts however the body is cut, and no body that ends early or has no end", async () => {
  const objects = ["", "\r\n--b", "a\r\n--bx\r\n", "--b--", "x".repeat(300)].map((text) =>
    Buffer.from(text),
  );
  // A boundary must not stand in a part; "b" alone would.
  const { bytes } = dicomBody(objects, "bound");
  const read = async (body: Uint8Array, step: number, maxBytes = 1000) => {
    const chunks = (async function* () {
      for (let at = 0; at < body.length; at += step) yield body.subarray(at, at + step);
    })();
    const found: string[] = [];
    for await (const part of readParts(chunks, { boundary: "bound", maxBytes })) {
      found.push(String(Buffer.from(part.bytes)));
    }
    return found;
  };
  for (const step of [1, 2, 3, 7, 64, 10_000]) {
    expect(await read(bytes, step)).toEqual(objects.map(String));
  }
  for (let length = 0; length < bytes.length - 4; length += 13) {
    await expect(read(bytes.subarray(0, length), 5)).rejects.toThrow(/found its end/);
  }
  await expect(read(bytes, 16, 200)).rejects.toThrow(/more than 200 bytes/);
});
