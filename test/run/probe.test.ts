import { describe, expect, test } from "bun:test";
import { getFromLoopback } from "../../src/run/loopback-http.ts";
import { type ProbeOrder, probe } from "../../src/run/probe.ts";
import { PATIENCE_MS } from "../rig/patience.ts";
import { never, Receiver } from "../rig/receiver.ts";

type Question = Partial<ProbeOrder> & { readonly port: number };

function ask(question: Question) {
  return probe({ http: "/api", accepts: "success", timeoutMs: PATIENCE_MS, ...question });
}

function portOf(server: Receiver): number {
  return Number(new URL(server.url).port);
}

/** Answers each client with these bytes; the connection stays open unless `closes` is set. */
function rawServer(bytes: string, { closes = false } = {}) {
  return Bun.listen({
    hostname: "127.0.0.1",
    port: 0,
    socket: {
      data: (socket) => {
        socket.write(bytes);
        if (closes) socket.end();
      },
    },
  });
}

/** A port of this machine on which nothing listens. */
function freePort(): number {
  const server = Bun.listen({ hostname: "127.0.0.1", port: 0, socket: { data: () => {} } });
  server.stop(true);
  return server.port;
}

/** On a busy machine the time limit may be over before the server got its turn; the last limit is one that never is. */
const LIMITS_MS = [50, 1_000, 20_000];

/** The first answer, with growing time limits, that is as a test wants it. */
async function withGrowingLimits<T>(
  work: (timeoutMs: number) => Promise<T>,
  isWanted: (answer: T) => boolean,
): Promise<T | null> {
  for (const limit of LIMITS_MS) {
    const answer = await work(limit);
    if (isWanted(answer)) return answer;
  }
  return null;
}

describe("probe() over HTTP", () => {
  test("takes 2xx and 3xx; follows no redirect; sends the token as a header", async () => {
    await using server = new Receiver(({ path }) =>
      path === "/moved" ? Response.redirect("/elsewhere", 302) : new Response("fine"),
    );
    const port = portOf(server);
    expect(await ask({ port, token: "s3cret" })).toEqual({ ok: true });
    expect(await ask({ port, http: "/moved" })).toEqual({ ok: true });
    expect(server.got.map(({ path }) => path)).toEqual(["/api", "/moved"]);
    expect(server.got[0]?.headers.get("authorization")).toBe("Bearer s3cret");
    expect(server.got[1]?.headers.get("authorization")).toBeNull();
  });

  test("tells another answer with its first line, and not the query or a page", async () => {
    await using server = new Receiver(({ path }) =>
      path === "/page"
        ? new Response("<html>…", { status: 500 })
        : new Response("loading the model\nmore", { status: 503 }),
    );
    const port = portOf(server);
    expect(await ask({ port, http: "/health?key=s3cret" })).toEqual({
      ok: false,
      said: `GET http://127.0.0.1:${port}/health: the answer was 503 (loading the model)`,
    });
    expect(await ask({ port, http: "/page" })).toMatchObject({
      said: expect.stringMatching(/the answer was 500$/),
    });
  });

  test("takes everything below 500 where it is told so", async () => {
    await using server = new Receiver(
      ({ path }) => new Response("", { status: path === "/login" ? 403 : 500 }),
    );
    const port = portOf(server);
    expect(await ask({ port, http: "/login" })).toMatchObject({ ok: false });
    expect(await ask({ port, http: "/login", accepts: "any" })).toEqual({ ok: true });
    expect(await ask({ port, http: "/broken", accepts: "any" })).toMatchObject({ ok: false });
  });

  test("says that nothing listens, that no answer came in time, and that it is no HTTP", async () => {
    const free = freePort();
    expect(await ask({ port: free })).toEqual({
      ok: false,
      said: `GET http://127.0.0.1:${free}/api: nothing listens`,
    });
    await using silent = new Receiver(never);
    const port = portOf(silent);
    const late = await withGrowingLimits(
      (timeoutMs) => ask({ port, timeoutMs }),
      (answer) => !answer.ok && answer.said.endsWith("a connection, and no answer in time"),
    );
    expect(late).not.toBeNull();
    using ssh = rawServer("SSH-2.0-OpenSSH_9.9\r\n", { closes: true });
    expect(await ask({ port: ssh.port })).toMatchObject({
      said: expect.stringContaining("an answer that is no HTTP"),
    });
  });

  test("needs no end of the answer: a stream is judged by its head, and cut", async () => {
    using endless = rawServer(`HTTP/1.1 200 OK\r\n\r\n${"x".repeat(70_000)}`);
    const question = { port: endless.port, path: "/", timeoutMs: PATIENCE_MS };
    const answer = await getFromLoopback(question);
    expect(answer).toMatchObject({ status: 200 });
    using slow = rawServer("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc");
    const cut = await withGrowingLimits(
      (timeoutMs) => getFromLoopback({ ...question, port: slow.port, timeoutMs }),
      (one) => typeof one !== "string" && one.body === "abc",
    );
    expect(cut).not.toBeNull();
  });

  test("reads the body of an answer in chunks from a server that keeps the connection", async () => {
    using server = rawServer(
      'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\n{"a"\r\n3;x=y\r\n:1}\r\n0\r\n\r\n',
    );
    const answer = await getFromLoopback({ port: server.port, path: "/", timeoutMs: PATIENCE_MS });
    expect(answer).toEqual({ status: 200, body: '{"a":1}' });
  });

  test("sends one request line whatever the path holds", async () => {
    await using server = new Receiver();
    expect(await ask({ port: portOf(server), http: "/a b\r\nX-Evil: 1" })).toEqual({ ok: true });
    expect(server.got[0]?.headers.get("x-evil")).toBeNull();
  });
});

test("probe() without a path asks for a connection alone", async () => {
  using server = rawServer("");
  expect(await ask({ port: server.port, http: null })).toEqual({ ok: true });
  const free = freePort();
  expect(await ask({ port: free, http: null })).toEqual({
    ok: false,
    said: `127.0.0.1:${free}: nothing listens`,
  });
});
