import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { Served } from "../rig/served.ts";

let served: Served;
beforeAll(async () => {
  served = await Served.start();
});
afterAll(() => served[Symbol.asyncDispose]());

const TASKS = "/api/v1/tasks";

/** The status of an answer to bytes, and its body. */
function statusIn(answer: string): number {
  return Number(/^HTTP\/1\.1 (\d{3})/.exec(answer)?.[1]);
}

describe("a token", () => {
  test("is needed, and only that of the header counts", async () => {
    const token = served.token();
    const without = await served.ask(TASKS, { token: null });
    expect([without.status, without.headers.get("www-authenticate")]).toEqual([401, 'Bearer realm="stint"']);
    expect((await served.ask(`${TASKS}?token=${token}`, { token: null })).status).toBe(401);
    expect((await served.ask(TASKS, { token: null, headers: { cookie: `token=${token}` } })).status).toBe(
      401,
    );
    const basic = btoa(`stint:${token}`);
    expect(
      (await served.ask(TASKS, { token: null, headers: { authorization: `Basic ${basic}` } })).status,
    ).toBe(401);
  });

  test.each([
    ["empty", () => ""],
    ["short by one", (token: string) => token.slice(0, -1)],
    ["long by one", (token: string) => `${token}A`],
    [
      "wrong in its last character",
      (token: string) => `${token.slice(0, -1)}${token.endsWith("A") ? "B" : "A"}`,
    ],
    ["very long", () => "A".repeat(7_000)],
  ])("that is %s is refused", async (_what, wrong) => {
    const answer = await served.ask(TASKS, { token: wrong(served.token()) });
    expect([answer.status, ((await answer.json()) as { code: string }).code]).toEqual([401, "UNAUTHORIZED"]);
  });

  test("to read reads, and changes nothing", async () => {
    const token = served.token("serve-read-token");
    expect((await served.ask(TASKS, { token })).status).toBe(200);
    const refused = await served.json(TASKS, { token, yaml: "run: echo hello" });
    expect([refused["code"], refused["status"]]).toEqual(["FORBIDDEN", 403]);
    expect((await served.ask("/api/v1/validate", { token, yaml: "run: echo hello" })).status).toBe(200);
    expect(served.records()).toEqual([]);
  });
});

describe("a host", () => {
  test.each(["localhost", "LOCALHOST:80", "127.0.0.1:9999", "[::1]:7468"])(
    "%s is this machine",
    async (host) => {
      expect(statusIn(await served.raw(served.head(`GET ${TASKS} HTTP/1.1`, `Host: ${host}`)))).toBe(200);
    },
  );

  test.each([
    "example.com",
    "localhost.example.com",
    "127.0.0.1.nip.io",
    "127.0.0.1:7468:1",
    "localhost, example.com",
    "0.0.0.0",
    "2130706433",
  ])("%s is another one, as after DNS rebinding", async (host) => {
    const answer = await served.raw(served.head(`GET ${TASKS} HTTP/1.1`, `Host: ${host}`));
    expect([400, 421]).toContain(statusIn(answer));
  });

  test("given twice is refused, in either order", async () => {
    for (const hosts of [
      ["localhost", "example.com"],
      ["example.com", "localhost"],
    ]) {
      const answer = await served.raw(
        served.head(`GET ${TASKS} HTTP/1.1`, ...hosts.map((host) => `Host: ${host}`)),
      );
      expect([400, 421]).toContain(statusIn(answer));
    }
  });

  test("that is missing is refused, as HTTP/1.0 may do", async () => {
    expect([400, 421]).toContain(statusIn(await served.raw(served.head(`GET ${TASKS} HTTP/1.0`))));
    expect([400, 421]).toContain(statusIn(await served.raw(served.head(`GET ${TASKS} HTTP/1.1`))));
  });

  test("in the target of the request is checked too", async () => {
    const answer = await served.raw(
      served.head(`GET http://example.com${TASKS} HTTP/1.1`, "Host: example.com"),
    );
    expect([400, 404, 421]).toContain(statusIn(answer));
  });
});

describe("a page", () => {
  test.each([
    [{ origin: "https://example.com" }],
    [{ origin: "null" }],
    [{ origin: "http://localhost.example.com" }],
    [{ "sec-fetch-site": "cross-site" }],
    [{ origin: "http://localhost:7468", "sec-fetch-site": "cross-site" }],
  ])("of another site is refused, even with the token: %j", async (headers) => {
    const refused = await served.json(TASKS, { headers: { ...headers } });
    expect([refused["code"], refused["status"]]).toEqual(["FORBIDDEN", 403]);
  });

  test("of this machine is answered, through a tunnel with another port too, and may not be read by others", async () => {
    const answer = await served.ask(TASKS, {
      headers: { origin: "http://localhost:8080", "sec-fetch-site": "same-origin" },
    });
    expect([answer.status, answer.headers.get("access-control-allow-origin")]).toEqual([200, null]);
    expect(answer.headers.get("cross-origin-resource-policy")).toBe("same-origin");
  });

  test("asks in vain whether it may send a token", async () => {
    const answer = await served.ask(TASKS, {
      method: "OPTIONS",
      token: null,
      headers: { origin: "http://localhost:1" },
    });
    expect([answer.status, answer.headers.get("access-control-allow-headers")]).toEqual([401, null]);
  });
});
