/** The server of the workbench as an attacker meets it: every request here must be refused, or answered harmlessly. */
import { existsSync, mkdirSync, readdirSync, symlinkSync, writeFileSync } from "node:fs";
import { request } from "node:http";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { serve, type Served } from "../../src/server/serve.ts";
import { newFolder } from "../cli/dprime.ts";

// A worker thread compiles the sources first.
vi.setConfig({ testTimeout: 240_000 });

const folder = newFolder("server");
const [page, opened, workspace] = ["page", "opened", "workspace"].map((name) =>
  join(folder, name),
) as [string, string, string];
let served: Served;

interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly text: string;
}

interface Sent {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Buffer;
  readonly port?: number;
}

/** A request whose Host and Origin say what they like, as no browser's fetch would. */
function send(path: string, sent: Sent = {}): Promise<Answer> {
  const { method = "GET", headers = {}, body, port = served.port } = sent;
  return new Promise((resolve, reject) => {
    const asked = request(
      { host: "127.0.0.1", port, path, method, headers: { host: `127.0.0.1:${port}`, ...headers } },
      (response) => {
        let text = "";
        response.on("data", (data: Buffer) => void (text += data.toString()));
        response.on("end", () =>
          resolve({ status: response.statusCode ?? 0, headers: response.headers, text }),
        );
      },
    );
    asked.on("error", reject);
    asked.end(body);
  });
}

const own = { "x-dprime": "1", "content-type": "application/json" };
const post = (path: string, value: unknown) =>
  send(path, { method: "POST", headers: own, body: JSON.stringify(value) });

beforeAll(async () => {
  mkdirSync(page);
  mkdirSync(opened);
  writeFileSync(join(page, "index.html"), "<!doctype html><title>page</title>");
  writeFileSync(join(folder, "secret.npy"), "secret");
  symlinkSync(join(folder, "secret.npy"), join(opened, "link.npy"));
  writeFileSync(join(opened, "own.txt"), "own");
  served = await serve({
    workspace,
    version: "0.0.0",
    folders: [opened],
    page,
    limits: { fileBytes: 1000, totalBytes: 1500, files: 5 },
  });
});
afterAll(() => served.close());

describe("the workbench's server", () => {
  it("answers its own page, with a policy that runs no code from elsewhere", async () => {
    const { status, headers, text } = await send("/");
    expect(status).toBe(200);
    expect(text).toContain("<title>page</title>");
    const policy = String(headers["content-security-policy"]);
    expect(policy).toContain("default-src 'none'");
    expect(policy).not.toMatch(/unsafe-(eval|inline)|\*/);
    expect(headers["x-frame-options"]).toBe("DENY");
    expect(headers["access-control-allow-origin"]).toBeUndefined();
    expect(headers["cross-origin-resource-policy"]).toBe("same-origin");
  });

  it("listens on the loopback address alone", () => {
    expect(served.address).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/$/);
  });

  it.each([
    "evil.example",
    "evil.example:80",
    "127.0.0.1.evil.example",
    "127.0.0.1",
    "127.0.0.1:1",
  ])("refuses the host %s, as a rebound name sends it", async (host) => {
    for (const path of ["/", "/api/state", "/api/images/x/planes?from=0&count=1"]) {
      expect((await send(path, { headers: { host } })).status, path).toBe(403);
    }
  });

  it.each([
    ["origin", "http://evil.example"],
    ["origin", "null"],
    ["origin", "http://127.0.0.1:1"],
    ["sec-fetch-site", "cross-site"],
    ["sec-fetch-site", "same-site"],
  ])("refuses requests of another page: %s %s", async (name, value) => {
    const headers = { [name]: value };
    expect((await send("/api/state", { headers })).status).toBe(403);
    expect((await send("/api/events", { headers })).status).toBe(403);
    const body = JSON.stringify({ kind: "open", name: "x", place: { folder: "0", path: "" } });
    const sent = { method: "POST", headers: { ...own, ...headers }, body };
    expect((await send("/api/jobs", sent)).status).toBe(403);
  });

  it("takes no change without the header that foreign forms cannot send", async () => {
    const headers = { "content-type": "text/plain" };
    for (const method of ["POST", "PUT", "DELETE", "PATCH"]) {
      expect((await send("/api/jobs", { method, headers })).status, method).toBe(403);
    }
    // And it never tells a browser that such a header may come from elsewhere.
    const asked = await send("/api/jobs", {
      method: "OPTIONS",
      headers: { origin: "http://evil.example", "access-control-request-headers": "x-dprime" },
    });
    expect(asked.status).toBe(403);
    expect(asked.headers["access-control-allow-headers"]).toBeUndefined();
  });

  it.each([
    "../secret.npy",
    "link.npy",
    "/etc/passwd",
    "x/../../secret.npy",
    "..",
    "own.txt/../..",
  ])("opens nothing outside of its folders: %s", async (path) => {
    const encoded = encodeURIComponent(path);
    const listed = await send(`/api/folders/0?path=${encoded}`);
    expect(listed.status).toBe(400);
    expect(listed.text).not.toContain("secret");
    const { text } = await post("/api/jobs", {
      kind: "open",
      name: "x",
      place: { folder: "0", path },
    });
    expect((await jobOver((JSON.parse(text) as { id: string }).id)).error).toMatch(
      /^Cannot open this path/,
    );
  });

  it.each(["../x", "000000000000/../../secret.npy", "nothing", ""])(
    "opens nothing outside of what was sent: uploads/%s",
    async (path) => {
      const place = { folder: "uploads", path };
      const { text } = await post("/api/jobs", { kind: "open", name: "x", place });
      expect((await jobOver((JSON.parse(text) as { id: string }).id)).error).toMatch(
        /^Cannot open/,
      );
    },
  );

  it("lists a folder's own entries", async () => {
    const { text } = await send("/api/folders/0");
    expect(JSON.parse(text)).toEqual({
      entries: [{ name: "own.txt", folder: false }],
      more: false,
    });
  });

  it.each(["/../package.json", "/%2e%2e/package.json", "/..%2f..%2fetc/passwd", "/assets/../../x"])(
    "has no files but those of its page: %s",
    async (path) => {
      const { status, text } = await send(path);
      expect(status).toBe(404);
      expect(text).not.toContain("root:");
    },
  );

  it("refuses methods that are paths, unknown fields and values out of range", async () => {
    const good = { kind: "denoise", image: "0123456789ab", method: "median", parameters: {} };
    for (const bad of [
      { ...good, method: "/etc/model.onnx" },
      { ...good, method: "preserving+../x.onnx" },
      { ...good, method: "constructor+median" },
      { ...good, image: "../../x" },
      { ...good, strength: 2 },
      { ...good, command: "rm" },
      { kind: "shell" },
      [],
      "",
    ]) {
      expect((await post("/api/jobs", bad)).status, JSON.stringify(bad)).toBe(400);
    }
  });

  it("bounds what is sent, by its header and by its bytes", async () => {
    const { id } = JSON.parse((await post("/api/uploads", {})).text) as { id: string };
    const put = (path: string, body: Buffer, headers: Record<string, string> = {}) =>
      send(`/api/uploads/${id}?path=${encodeURIComponent(path)}`, {
        method: "PUT",
        headers: { "x-dprime": "1", ...headers },
        body,
      });
    expect((await put("a.bin", Buffer.alloc(1001))).status).toBe(413);
    expect(
      (await put("b.bin", Buffer.alloc(1001), { "transfer-encoding": "chunked" })).status,
    ).toBe(413);
    expect((await put("c.bin", Buffer.alloc(900))).status).toBe(200);
    expect((await put("d.bin", Buffer.alloc(900))).status).toBe(413);
    for (const path of ["../x", "/x", "a/../../x", "a//b", "a\\b", "a\0b", ""]) {
      expect((await put(path, Buffer.alloc(1))).status, path).toBe(400);
    }
    expect(readdirSync(join(workspace, "uploads", id))).toEqual(["c.bin"]);
    expect(existsSync(join(workspace, "uploads", "x"))).toBe(false);
    expect((await put("c.bin", Buffer.alloc(1))).status).not.toBe(200);
  });

  it("asks for a token beyond the loopback address", async () => {
    const wide = await serve({
      workspace: join(folder, "wide"),
      version: "0.0.0",
      page,
      host: "0.0.0.0",
    });
    try {
      const { port } = wide;
      const token = new URL(wide.address).searchParams.get("token")!;
      expect(token.length).toBeGreaterThan(20);
      expect((await send("/api/state", { port })).status).toBe(401);
      expect((await send("/", { port })).status).toBe(401);
      expect((await send("/?token=wrong", { port })).status).toBe(401);
      const first = await send(`/?token=${token}`, { port });
      expect(first.status).toBe(303);
      expect(first.headers.location).toBe("/");
      const [cookie = ""] = first.headers["set-cookie"] as string[];
      expect(cookie).toMatch(/HttpOnly/);
      expect(cookie).toMatch(/SameSite=Strict/);
      const headers = { cookie: cookie.split(";")[0]! };
      expect((await send("/api/state", { port, headers })).status).toBe(200);
      const bad = { cookie: `${headers.cookie}x` };
      expect((await send("/api/state", { port, headers: bad })).status).toBe(401);
    } finally {
      await wide.close();
    }
  });

  it("says that a port is taken, and which folder is none", async () => {
    const settings = { workspace: join(folder, "more"), version: "0.0.0", page };
    await expect(serve({ ...settings, port: served.port })).rejects.toThrow(/found the port taken/);
    await expect(serve({ ...settings, folders: [join(folder, "no")] })).rejects.toThrow(
      /found no folder there/,
    );
  });
});

async function jobOver(id: string): Promise<{ readonly state: string; readonly error?: string }> {
  for (;;) {
    const { jobs } = JSON.parse((await send("/api/state")).text) as {
      jobs: { id: string; state: string; error?: string }[];
    };
    const job = jobs.find((one) => one.id === id)!;
    if (job.state !== "waiting" && job.state !== "running") return job;
    await new Promise((resolve) => setTimeout(resolve, 30));
  }
}
