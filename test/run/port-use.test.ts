import { describe, expect, test } from "bun:test";
import { connectionsTo, listenersOn, socketsOf, type TcpTable, tcpTable } from "../../src/run/port-use.ts";
import { probe } from "../../src/run/probe.ts";
import { PATIENCE_MS } from "../rig/patience.ts";
import { Receiver } from "../rig/receiver.ts";
import { until } from "./rig.ts";

const NONE: ReadonlySet<string> = new Set();

function table(): TcpTable {
  return tcpTable() ?? [];
}

function listenOn(hostname: string) {
  return Bun.listen({ hostname, port: 0, socket: { data: () => {} } });
}

function connectTo(hostname: string, port: number) {
  return Bun.connect({ hostname, port, socket: { data: () => {} } });
}

describe("connectionsTo()", () => {
  test.each([
    ["127.0.0.1", "127.0.0.1"],
    ["::", "127.0.0.1"],
    ["::1", "::1"],
  ])("counts each client of a server on %s once", async (server, client) => {
    using listener = listenOn(server);
    const { port } = listener;
    expect(connectionsTo(table(), port, NONE)).toBe(0);
    const clients = [await connectTo(client, port), await connectTo(client, port)];
    expect(connectionsTo(table(), port, NONE)).toBe(2);
    for (const one of clients) one.terminate();
  });

  test("counts one that was closed a moment ago, and not that of a probe", async () => {
    await using server = new Receiver();
    const port = Number(new URL(server.url).port);
    expect(await probe({ port, http: "/", accepts: "success", timeoutMs: PATIENCE_MS })).toEqual({
      ok: true,
    });
    await until(() => connectionsTo(table(), port, NONE) === 0);
    await fetch(server.url, { keepalive: false });
    expect(connectionsTo(table(), port, NONE)).toBe(1);
  });

  test("leaves out those of some processes", async () => {
    using listener = listenOn("127.0.0.1");
    const { port } = listener;
    const client = await connectTo("127.0.0.1", port);
    expect(connectionsTo(table(), port, socketsOf([process.pid]))).toBe(0);
    await using other = Bun.spawn(
      ["bash", "-c", `exec 3<>/dev/tcp/127.0.0.1/${port} && echo connected && exec sleep 1000`],
      { stdout: "pipe" },
    );
    await other.stdout.getReader().read();
    expect(connectionsTo(table(), port, socketsOf([process.pid]))).toBe(1);
    expect(connectionsTo(table(), port, socketsOf([process.pid, other.pid]))).toBe(0);
    client.terminate();
  });
});

describe("listenersOn()", () => {
  test("finds the socket that listens, and socketsOf() whether a process has it", async () => {
    const listener = listenOn("127.0.0.1");
    const { port } = listener;
    const inodes = listenersOn(table(), port);
    expect(inodes).toHaveLength(1);
    expect(socketsOf([process.pid]).has(inodes[0] ?? "")).toBeTrue();
    await using other = Bun.spawn(["sleep", "1000"]);
    expect(socketsOf([other.pid]).has(inodes[0] ?? "")).toBeFalse();
    listener.stop(true);
    expect(listenersOn(table(), port)).toEqual([]);
  });

  test("tells nothing of a process that is gone", () => {
    expect(socketsOf([2 ** 22 + 1]).size).toBe(0);
  });
});
