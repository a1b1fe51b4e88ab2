/**
 * Who may talk to the server. Any page of the web can make a browser send requests to 127.0.0.1, and a name of its own
 * can be made to point there (DNS rebinding). So a request has to name this server as its host, must not come from
 * another page, and whatever changes something has to carry a header that a foreign page cannot send. Beyond the
 * loopback address a token is asked for as well.
 */
import { createHash, timingSafeEqual } from "node:crypto";
import type { Context, MiddlewareHandler } from "hono";
import { getCookie, setCookie } from "hono/cookie";

export interface GuardOptions {
  /** Values of the Host header that are this server, such as `127.0.0.1:8080`. */
  readonly hosts: () => readonly string[];
  /** Asked for when present. */
  readonly token?: string | undefined;
}

/** Header that every request carries which changes something. */
const ownHeader = "x-dprime";
const cookieName = "dprime";

const policy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' blob: data:",
  "connect-src 'self'",
  "font-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join("; ");

/** Put on every answer: no foreign frame, no script from elsewhere, nothing kept by caches. */
const answerHeaders: Readonly<Record<string, string>> = {
  "content-security-policy": policy,
  "x-content-type-options": "nosniff",
  "x-frame-options": "DENY",
  "referrer-policy": "no-referrer",
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin",
  "cache-control": "no-store",
};

export function guard({ hosts, token }: GuardOptions): MiddlewareHandler {
  return async (context, next) => {
    const refusal = refusalOf(context, hosts()) ?? tokenRefusal(context, token);
    if (refusal instanceof Response) return withHeaders(refusal);
    if (refusal !== undefined) {
      return withHeaders(context.json({ error: refusal.error }, refusal.status));
    }
    await next();
    withHeaders(context.res);
  };
}

function withHeaders(response: Response): Response {
  for (const [name, value] of Object.entries(answerHeaders)) {
    if (!response.headers.has(name)) response.headers.set(name, value);
  }
  return response;
}

interface Refusal {
  readonly status: 401 | 403;
  readonly error: string;
}

function refusalOf(context: Context, hosts: readonly string[]): Refusal | undefined {
  const { req } = context;
  const host = req.header("host") ?? "";
  if (!hosts.includes(host.toLowerCase())) {
    return {
      status: 403,
      error: "Cannot answer: found another name of the host than this server's",
    };
  }
  const origin = req.header("origin");
  const site = req.header("sec-fetch-site");
  const foreign =
    (origin !== undefined && origin !== `http://${host}`) ||
    (site !== undefined && site !== "same-origin" && site !== "none");
  // A link from elsewhere may open the page itself, and nothing else.
  const opensPage = req.method === "GET" && req.path === "/" && origin === undefined;
  if (foreign && !opensPage) {
    return { status: 403, error: "Cannot answer: found a request of another page" };
  }
  if (req.method !== "GET" && req.method !== "HEAD" && req.header(ownHeader) === undefined) {
    return { status: 403, error: `Cannot answer: found no header ${ownHeader}` };
  }
  return undefined;
}

/** The address that is printed carries the token once; a cookie that no script reads keeps it. */
function tokenRefusal(context: Context, token: string | undefined): Refusal | Response | undefined {
  if (token === undefined) return undefined;
  const given = context.req.query("token");
  if (given !== undefined && context.req.path === "/" && same(given, token)) {
    setCookie(context, cookieName, token, { httpOnly: true, sameSite: "Strict", path: "/" });
    return context.redirect("/", 303);
  }
  const bearer = /^Bearer (.+)$/.exec(context.req.header("authorization") ?? "")?.[1];
  const known = getCookie(context, cookieName) ?? bearer;
  if (known !== undefined && same(known, token)) return undefined;
  return {
    status: 401,
    error: "Cannot answer: found no token; open the address that the server printed",
  };
}

/** Compared in the same time wherever they differ. */
function same(a: string, b: string): boolean {
  const sum = (text: string) => createHash("sha256").update(text).digest();
  return timingSafeEqual(sum(a), sum(b));
}
