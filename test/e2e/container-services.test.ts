import { describe, expect, test } from "bun:test";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { tcpTable } from "../../src/run/port-use.ts";
import { IMAGE, PodmanStint, preparePodman } from "../rig/podman.ts";
import { until } from "../rig/stint.ts";

const refusal = preparePodman();
const title =
  refusal === null ? "a service in a container" : `a service in a container (not tried: ${refusal})`;

/** Serves what it got in its environment; the port also comes in by its placeholder. */
const SERVE =
  "mkdir -p /tmp/www; echo $STINT_PORT $SECRET_TOKEN >/tmp/www/index.html; exec busybox httpd -f -p ${{ service.port }} -h /tmp/www";

async function submitted(network: string): Promise<PodmanStint> {
  const stint = new PodmanStint();
  const task = {
    name: "web",
    container: { image: IMAGE, network },
    command: ["sh", "-c", SERVE],
    service: { port: 0, token: "SECRET_TOKEN", ready: { http: "/index.html" }, url: "/index.html" },
    stopGrace: "5s",
  };
  writeFileSync(join(stint.root, "web.yaml"), JSON.stringify(task));
  await stint.ok("init");
  await stint.up();
  await stint.ok("submit", "web.yaml");
  return stint;
}

/** The addresses on which this machine listens on a port, as the kernel writes them. */
function listening(port: number): string[] {
  return (tcpTable() ?? []).filter((one) => one.isListening && one.port === port).map((one) => one.address);
}

describe.skipIf(refusal !== null)(title, () => {
  test.concurrent("is reached through its published port, on this machine alone, with its token", async () => {
    await using stint = await submitted("bridge");
    const opened = await stint.run(["open", "web", "--wait"]);
    if (opened.code !== 0) throw new Error(`${opened.err}\n${await stint.ok("explain", "web")}`);
    const address = new URL(opened.out.trim());
    const token = address.searchParams.get("token") ?? "";
    expect(token).toMatch(/^[\w-]{20,}$/);
    const answer = await fetch(address, { keepalive: false, proxy: "" });
    expect((await answer.text()).trim()).toBe(`${address.port} ${token}`);
    expect(listening(Number(address.port))).toEqual(["0100007F"]);
    await stint.killSupervisors();
    await stint.up();
    expect(stint.record(1).status.state).toBe("serving");
    expect((await fetch(address, { keepalive: false, proxy: "" })).status).toBe(200);
    await stint.ok("cancel", "web");
    await stint.reach(1, "cancelled");
    await until("its container is gone", () => stint.containers("-a").length === 0);
  });

  test.concurrent("listens on the machine itself with network: host", async () => {
    await using stint = await submitted("host");
    const address = await stint.ok("open", "web", "--wait");
    expect((await fetch(address, { keepalive: false, proxy: "" })).status).toBe(200);
    await stint.ok("cancel", "web");
    await stint.reach(1, "cancelled");
  });
});
