import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { Served } from "../rig/served.ts";

let served: Served;
beforeAll(async () => {
  served = await Served.start();
  await served.ok("submit", "--name", "first", "--", "true");
});
afterAll(() => served[Symbol.asyncDispose]());

describe("a method", () => {
  test("that a path does not have is answered with those that it has", async () => {
    const answer = await served.ask("/api/v1/tasks/1", { method: "DELETE" });
    expect([answer.status, answer.headers.get("allow")]).toEqual([405, "GET, HEAD"]);
    expect(((await answer.json()) as { code: string }).code).toBe("METHOD_NOT_ALLOWED");
    const change = await served.ask("/api/v1/tasks/cancel", { method: "PUT" });
    expect([change.status, change.headers.get("allow")]).toEqual([405, "POST, GET, HEAD"]);
  });

  test("HEAD has the headers of GET and no body", async () => {
    const answer = await served.raw(
      served.head("HEAD /api/v1/tasks/1 HTTP/1.1", "Host: localhost", "Connection: close"),
    );
    expect(answer).toMatch(/^HTTP\/1\.1 200/);
    expect(answer.toLowerCase()).toContain("etag: ");
    expect(answer.split("\r\n\r\n")[1]).toBe("");
  });
});

describe("a path", () => {
  test.each([
    "/",
    "/api/v1",
    "/api/v1/tasks/",
    "/api/v1/tasks/..%2f..%2fhome.json",
    "/api/v1/tasks/1%2flog",
    "/api/v1/tasks/%00",
    "/api/v1/tasks/%ff",
    "/api/v1/tasks/1,2",
    "/api/v1/tasks/..%2F..%2F..%2Fetc%2Fpasswd/log",
    "/api/v1//tasks",
    "/serve-token",
  ])("%s leads nowhere", async (path) => {
    const answer = await served.raw(
      served.head(`GET ${path} HTTP/1.1`, "Host: localhost", "Connection: close"),
      (text) => text.endsWith("}"),
    );
    expect(answer).toMatch(/^HTTP\/1\.1 404/);
    expect(answer).toContain("application/problem+json");
  });

  test("with dots is the path without them, and leaves nothing", async () => {
    const answer = await served.raw(
      served.head(
        "GET /api/v1/tasks/../../../../etc/passwd HTTP/1.1",
        "Host: localhost",
        "Connection: close",
      ),
      (text) => text.endsWith("}"),
    );
    expect(answer).toMatch(/^HTTP\/1\.1 404/);
  });

  test("of a task takes its number, id or name", async () => {
    for (const task of ["1", "000001-first", "first", "fi%72st"]) {
      const found = (await served.json(`/api/v1/tasks/${task}`)) as { metadata: { number: number } };
      expect(found.metadata.number).toBe(1);
    }
    const none = await served.json("/api/v1/tasks/99");
    expect([none["code"], none["detail"]]).toEqual(["NOT_FOUND", "No task has number 99"]);
  });
});

describe("a query", () => {
  test("is refused with every fault in plain words", async () => {
    const refused = await served.json("/api/v1/tasks?limit=0&stat=queued&name=");
    expect(refused).toMatchObject({ code: "USAGE", status: 400 });
    const detail = String(refused["detail"]);
    expect(detail).toContain('"limit" is "0", wanted a whole number from 1 to 500');
    expect(detail).toContain('"stat" is not known, did you mean "state"?');
    expect(detail).toContain('"name" is "", wanted a name, or a pattern with *');
    const twice = await served.json("/api/v1/tasks?limit=1&limit=2");
    expect(String(twice["detail"])).toContain('"limit" is given twice, wanted once');
  });

  test("with the name of an object's own is not known", async () => {
    expect((await served.ask("/api/v1/tasks?__proto__=1&constructor=2")).status).toBe(400);
  });
});

describe("a body", () => {
  const CANCEL = "/api/v1/tasks/cancel";

  test.each([
    [{}, '"tasks" is missing, wanted a list of 1 to 10000 numbers, ids or names of tasks'],
    [{ tasks: [] }, '"tasks" is an empty list, wanted a list of 1 to 10000'],
    [{ tasks: "1" }, '"tasks" is "1", wanted a list'],
    [{ tasks: [1], force: "yes" }, '"force" is "yes", wanted true or false'],
    [{ tasks: [1], forced: true }, '"forced" is not known, did you mean "force"?'],
    [[1], 'the body is a list, wanted an object with "tasks", "version", "force"'],
    [null, "the body is null, wanted an object"],
  ])("%j is refused in plain words", async (json, said) => {
    const refused = await served.json(CANCEL, { json });
    expect(refused).toMatchObject({ code: "USAGE", status: 400 });
    expect(String(refused["detail"])).toContain(said);
  });

  test("that is no JSON, no UTF-8, or of another type is refused", async () => {
    const type = { "content-type": "application/json" };
    expect(await served.json(CANCEL, { yaml: "{", headers: type })).toMatchObject({
      detail: "Cannot read the body: it is not JSON, wanted an object",
    });
    expect(
      await served.json(CANCEL, { yaml: '{"tasks":[1]}', headers: { "content-type": "text/plain" } }),
    ).toMatchObject({
      status: 400,
    });
    const head = served.head(
      "POST /api/v1/tasks HTTP/1.1",
      "Host: localhost",
      "Content-Type: text/yaml",
      "Content-Length: 7",
      "Connection: close",
    );
    const bytes = Buffer.concat([Buffer.from(head), Buffer.from([0x72, 0x75, 0x6e, 0x3a, 0x20, 0xff, 0xfe])]);
    const answer = await served.raw(bytes, (text) => text.endsWith("}"));
    expect(answer).toMatch(/^HTTP\/1\.1 400/);
    expect(answer).toContain("WRONG_ENCODING");
  });

  test("that says that it has 1 GB is refused before it comes", async () => {
    const answer = await served.raw(
      served.head(
        "POST /api/v1/tasks HTTP/1.1",
        "Host: localhost",
        "Content-Type: text/yaml",
        "Content-Length: 1073741824",
      ),
      (text) => text.endsWith("}"),
    );
    expect(answer).toMatch(/^HTTP\/1\.1 413/);
    expect(answer).toContain("TOO_LARGE");
  });

  test("of endless chunks is refused, and takes no memory", async () => {
    const before = residentBytes(served.server.pid);
    const chunk = `100000\r\n${"a".repeat(0x10_0000)}\r\n`;
    const head = served.head(
      "POST /api/v1/tasks HTTP/1.1",
      "Host: localhost",
      "Content-Type: text/yaml",
      "Transfer-Encoding: chunked",
    );
    const answer = await served.raw(`${head}${chunk.repeat(40)}`, (text) => text.endsWith("}"));
    expect(answer).toMatch(/^HTTP\/1\.1 413/);
    expect(residentBytes(served.server.pid) - before).toBeLessThan(150 * 1_024 * 1_024);
    expect((await served.ask("/api/v1/home")).status).toBe(200);
  });

  test("that trickles in is given up", async () => {
    const head = served.head(
      "POST /api/v1/tasks HTTP/1.1",
      "Host: localhost",
      "Content-Type: text/yaml",
      "Content-Length: 100",
    );
    const answer = await served.raw(`${head}run: `, (text) => text.endsWith("}"));
    expect(answer).toMatch(/^HTTP\/1\.1 408/);
  });
});

test("a websocket is no way around: the request is answered as any other", async () => {
  const upgrade = [
    "Host: localhost",
    "Connection: Upgrade",
    "Upgrade: websocket",
    "Sec-WebSocket-Version: 13",
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
  ];
  expect(await served.raw(served.head("GET /api/v1/tasks HTTP/1.1", ...upgrade))).toMatch(/^HTTP\/1\.1 200/);
  expect(await served.raw(`GET /api/v1/tasks HTTP/1.1\r\n${upgrade.join("\r\n")}\r\n\r\n`)).toMatch(
    /^HTTP\/1\.1 401/,
  );
});

test("a request that is none gets no page, and stops nothing", async () => {
  for (const sent of [
    "nonsense\r\n\r\n",
    "GET / HTTP/9.9\r\n\r\n",
    `GET /${"a".repeat(100_000)} HTTP/1.1\r\n\r\n`,
  ])
    expect((await served.raw(sent)).toLowerCase()).not.toContain("<html");
  expect((await served.ask("/api/v1/home")).status).toBe(200);
});

test("text of others is data that no browser takes for a page", async () => {
  const script = "<script>alert(1)</script>";
  const answer = await served.ask("/api/v1/validate", {
    yaml: `name: "${script}"\nrun: echo\n"${script}": 1\n`,
  });
  expect(await answer.text()).toContain(script);
  expect(answer.headers.get("content-type")).toBe("application/json");
  expect(answer.headers.get("x-content-type-options")).toBe("nosniff");
  expect(answer.headers.get("content-security-policy")).toContain("default-src 'none'");
});

test("an answer is compressed where that is asked for and pays", async () => {
  const path = "/api/v1/openapi.json";
  const zipped = await served.raw(
    served.head(
      `GET ${path} HTTP/1.1`,
      "Host: localhost",
      "Accept-Encoding: br, gzip;q=0.5",
      "Connection: close",
    ),
  );
  expect(zipped.toLowerCase()).toContain("content-encoding: gzip");
  for (const accepted of ["gzip;q=0", "br"]) {
    const plain = await served.raw(
      served.head(
        `GET ${path} HTTP/1.1`,
        "Host: localhost",
        `Accept-Encoding: ${accepted}`,
        "Connection: close",
      ),
    );
    expect(plain.toLowerCase()).not.toContain("content-encoding");
  }
  expect((await served.ask(path)).headers.get("vary")).toBe("accept-encoding");
});

/** VmRSS of proc_pid_status(5). */
function residentBytes(pid: number): number {
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  return Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1]) * 1_024;
}
