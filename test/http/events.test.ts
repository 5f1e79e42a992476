import { describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Caller } from "../../src/desk/caller.ts";
import { eventFeed } from "../../src/http/event-feed.ts";
import { EventRoom } from "../../src/http/event-room.ts";
import { systemClock } from "../../src/lib/clock.ts";
import { Audit } from "../../src/store/audit.ts";
import { Served } from "../rig/served.ts";
import { until } from "../rig/stint.ts";
import { TempHome } from "../rig/temp-home.ts";

interface Heard {
  readonly id: number | null;
  readonly event: string;
  readonly data: Record<string, unknown>;
}

/** A listener that reads all that it is sent. */
class Listener implements AsyncDisposable {
  readonly heard: Heard[] = [];
  status = 0;
  #text = "";
  readonly #stop = new AbortController();
  #done: Promise<void> = Promise.resolve();

  static async to(served: Served, query = "", headers: Record<string, string> = {}): Promise<Listener> {
    const listener = new Listener();
    const answer = await fetch(`${served.address}/api/v1/events${query}`, {
      headers: { authorization: `Bearer ${served.token()}`, ...headers },
      signal: listener.#stop.signal,
    });
    listener.status = answer.status;
    listener.#done = listener.#read(answer);
    return listener;
  }

  async #read({ body }: Response): Promise<void> {
    const decoder = new TextDecoder();
    try {
      for await (const chunk of body ?? []) {
        this.#text += decoder.decode(chunk, { stream: true });
        const events = this.#text.split("\n\n");
        this.#text = events.pop() ?? "";
        this.heard.push(...events.flatMap(eventIn));
      }
    } catch {
      // The server is gone, or the listener has left.
    }
  }

  /** The numbers of the changes. */
  get ids(): number[] {
    return this.heard.flatMap(({ id }) => id ?? []);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    await this.#done;
  }
}

function eventIn(text: string): Heard[] {
  const field = (name: string): string | undefined => new RegExp(`^${name}: (.*)$`, "m").exec(text)?.[1];
  const [id, event, data] = [field("id"), field("event"), field("data")];
  if (event === undefined || data === undefined) return [];
  return [{ id: id === undefined ? null : Number(id), event, data: JSON.parse(data) as Heard["data"] }];
}

/** The numbers in the audit log. */
function audited(served: Served): number[] {
  const lines = readFileSync(join(served.home, "audit.ndjson"), "utf8").trim().split("\n");
  return lines.map((line) => (JSON.parse(line) as { seq: number }).seq);
}

describe("GET events", () => {
  test("tells each change once and in order, and goes on after the last one that was heard", async () => {
    await using served = new Served();
    await served.up();
    await served.serve();
    let known = 0;
    {
      await using listener = await Listener.to(served);
      await served.ok("run", "--", "sh", "-c", "stint emit metric acc=0.5; sleep 0.5");
      await until("the end is heard", () =>
        listener.heard.some(({ data }) => data["event"] === "task_completed"),
      );
      const { ids, heard } = listener;
      expect(ids).toEqual(audited(served).slice(-ids.length));
      expect(heard.some(({ data }) => "hash" in data || "prevHash" in data)).toBe(false);
      known = ids.at(-1) ?? 0;
    }
    await served.ok("run", "--", "true");
    await using again = await Listener.to(served, "", { "last-event-id": String(known) });
    await until("all since is heard", () => again.ids.at(-1) === audited(served).at(-1));
    expect(again.ids).toEqual(audited(served).filter((seq) => seq > known));
  });

  test("goes on across a server that was killed", async () => {
    await using served = new Served();
    await served.up();
    await served.serve();
    const first = await Listener.to(served, "?after=0");
    await served.ok("run", "--", "true");
    await until("the end is heard", () => first.heard.some(({ data }) => data["event"] === "task_completed"));
    served.server.kill("SIGKILL");
    await first[Symbol.asyncDispose]();
    await served.ok("run", "--", "true");
    await served.serve();
    await using second = await Listener.to(served, "", { "last-event-id": String(first.ids.at(-1)) });
    await until("all is heard", () => second.ids.at(-1) === audited(served).at(-1));
    expect([...first.ids, ...second.ids]).toEqual(audited(served));
  });

  test("says what is missing", async () => {
    await using served = new Served();
    await served.up();
    await served.ok("run", "--", "true");
    await served.serve();
    const last = audited(served).at(-1) ?? 0;
    await using listener = await Listener.to(served, `?after=${last + 10}`);
    await until("the gap is told", () => listener.heard.length > 0);
    expect(listener.heard[0]).toEqual({ id: null, event: "gap", data: { from: last + 1, to: last + 10 } });
    expect((await served.ask("/api/v1/events", { headers: { "last-event-id": "x" } })).status).toBe(400);
  });

  test("takes a limited number of listeners, and forgets those who leave", async () => {
    await using served = await Served.start();
    const listeners = await Promise.all(Array.from({ length: 200 }, () => Listener.to(served)));
    expect(listeners.map(({ status }) => status)).toEqual(Array.from({ length: 200 }, () => 200));
    expect(await served.json("/api/v1/events")).toMatchObject({ code: "TOO_MANY_STREAMS", status: 429 });
    expect((await served.ask("/api/v1/home")).status).toBe(200);
    await Promise.all(listeners.map((listener) => listener[Symbol.asyncDispose]()));
    let status = 429;
    for (let tries = 0; status === 429 && tries < 1_000; tries += 1) {
      await using listener = await Listener.to(served);
      ({ status } = listener);
      await Bun.sleep(10);
    }
    expect(status).toBe(200);
  });

  test("costs nothing for a reader that reads nothing, and the others hear all", async () => {
    await using served = await Served.start();
    const held = await Promise.all(Array.from({ length: 20 }, () => connected(served)));
    await using listener = await Listener.to(served);
    await served.ok(
      "submit",
      "--name",
      "many",
      "--hold",
      "--matrix",
      `x=[${Array.from({ length: 300 }, (_, x) => x).join(",")}]`,
      "--",
      "true",
    );
    const before = residentBytes(served.server.pid);
    for (let round = 0; round < 4; round += 1) {
      await served.ok("release", "many");
      await served.ok("hold", "many");
    }
    const last = audited(served).at(-1);
    await until("the listener has heard all", () => listener.ids.at(-1) === last);
    expect(listener.ids).toEqual(audited(served).slice(-listener.ids.length));
    expect(listener.ids.length).toBeGreaterThan(2_000);
    expect(residentBytes(served.server.pid) - before).toBeLessThan(100 * 1_024 * 1_024);
    for (const socket of held) socket.terminate();
  });
});

/** A connection that asks for the events, and then reads nothing. */
async function connected(served: Served): Promise<Bun.Socket> {
  const socket = await Bun.connect({ hostname: "127.0.0.1", port: served.port, socket: { data: () => {} } });
  socket.write(served.head("GET /api/v1/events HTTP/1.1", "Host: localhost"));
  socket.pause();
  return socket;
}

describe("eventFeed()", () => {
  test("ends for a reader that stalls, and leaves the room", async () => {
    await using home = new TempHome();
    const room = new EventRoom(home.layout, callerOf(home));
    const reader = eventFeed(room, { after: null, stallMs: 20 }).getReader();
    expect(room.listeners).toBe(1);
    expect(new TextDecoder().decode((await reader.read()).value)).toBe("retry: 2000\n\n");
    expect(room.listeners).toBe(1);
    appendAudit(home, 3);
    await until("the reader is given up", () => room.listeners === 0);
    const ended = await reader
      .read()
      .then(() => reader.read())
      .catch(String);
    expect(ended).toBe("Error: the reader is gone");
  });

  test("tells a gap for what fell out of the room before it was read", async () => {
    await using home = new TempHome();
    appendAudit(home, 5);
    const room = new EventRoom(home.layout, callerOf(home), 10);
    const reader = eventFeed(room, { after: 5 }).getReader();
    await reader.read();
    appendAudit(home, 100);
    await until("the room has moved on", () => room.placeAfter(null).index >= 105);
    const text = new TextDecoder().decode((await reader.read()).value);
    expect(text).toStartWith('event: gap\ndata: {"from":6,"to":95}\n\nid: 96\n');
    await reader.cancel();
    expect(room.listeners).toBe(0);
  });
});

function callerOf({ path }: TempHome): Caller {
  return {
    env: {},
    cwd: path,
    userHome: path,
    user: () => "tester",
    self: "stint",
    clock: systemClock,
    umask: () => "022",
    err: () => {},
    isTerminal: false,
    progress: () => ({ onProgress: () => {}, clear: () => {} }),
  };
}

function appendAudit(home: TempHome, count: number): void {
  using audit = new Audit(home.layout);
  const entries = Array.from({ length: count }, () => ({ event: "held" as const, actor: "tester" }));
  audit.append(entries, systemClock.now(), { isSynced: false });
}

/** VmRSS of proc_pid_status(5). */
function residentBytes(pid: number): number {
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  return Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1]) * 1_024;
}
