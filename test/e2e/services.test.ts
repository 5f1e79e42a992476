import { expect, test } from "bun:test";
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { leaderOf, Stint, until } from "../rig/stint.ts";

/** A server that answers every GET with 200, and tells its token to its log. */
const SERVER = [
  "import http.server, os, sys",
  "class Handler(http.server.BaseHTTPRequestHandler):",
  "    def do_GET(self):",
  "        self.send_response(int(os.environ.get('ANSWER', '200')))",
  "        self.end_headers()",
  "    def log_message(self, *args): pass",
  "print('token', os.environ.get('WEB_TOKEN'), flush=True)",
  "server = http.server.ThreadingHTTPServer(('127.0.0.1', int(sys.argv[1])), Handler)",
  "print('listening now', flush=True)",
  "server.serve_forever()",
].join("\n");

interface ServiceView {
  readonly ports: Readonly<Record<string, number>>;
  readonly url?: string;
}

async function submit(stint: Stint, service: string, more = ""): Promise<void> {
  writeFileSync(join(stint.root, "server.py"), SERVER);
  const command = `command: [python3, server.py, "\${{ service.port }}"]`;
  const input = `name: web\n${command}\nservice: ${service}\n${more}`;
  expect(await stint.run(["submit", "-"], { input })).toMatchObject({ code: 0 });
}

function attemptOf(stint: Stint, number = 1): { readonly service?: ServiceView } {
  return stint.record(number).status.attempts.at(-1) as { readonly service?: ServiceView };
}

async function answers(port: number): Promise<boolean> {
  return fetch(`http://127.0.0.1:${port}/`, { proxy: "" }).then(
    ({ ok }) => ok,
    () => false,
  );
}

test.each([
  ["http", "{port: 0, ready: {http: /}}"],
  ["tcp", "{port: 0, ready: {tcp: true}}"],
  ["log", "{port: 0, ready: {log: 'listening *w'}}"],
])(
  "a service is ready by %s, serves two supervisors that are killed, and is cancelled",
  async (_, service) => {
    await using stint = new Stint();
    await stint.up();
    await submit(stint, service);
    const first = await stint.reach(1, "serving");
    const port = attemptOf(stint).service?.ports["main"] ?? 0;
    const leader = leaderOf(first);
    for (const _round of [1, 2]) {
      await stint.killSupervisors();
      expect(await answers(port)).toBe(true);
      await stint.up();
    }
    await stint.ok("submit", "--", "true");
    await stint.reach(2, "completed");
    const again = await stint.reach(1, "serving");
    expect([leaderOf(again), again.status.attempts.length]).toEqual([leader, 1]);
    expect(await answers(port)).toBe(true);
    await stint.ok("cancel", "1");
    expect((await stint.reach(1, "cancelled")).status.attempts[0]).toMatchObject({ state: "cancelled" });
    expect(await answers(port)).toBe(false);
  },
);

test("a service is ready once it tells so, also without a port", async () => {
  await using stint = new Stint();
  await stint.up();
  const run = `echo '{"type": "READY", "url": "http://127.0.0.1:1/x"}' >> $STINT_EVENTS; exec sleep 1000`;
  await stint.run(["submit", "-"], { input: `run: |\n  ${run}\nservice: {ready: {event: true}}\n` });
  await stint.reach(1, "serving");
  expect(attemptOf(stint).service?.url).toBe("http://127.0.0.1:1/x");
});

test("a service ends as completed by its idle and by its ttl", async () => {
  await using stint = new Stint();
  await stint.up();
  await submit(stint, "{port: 0, idle: 2s}");
  await submit(stint, "{port: 0, ttl: 1s}");
  for (const number of [1, 2]) {
    const { status } = await stint.reach(number, "completed");
    expect(status.attempts).toHaveLength(1);
  }
});

test("health finds a service that was stopped with SIGSTOP, and it is started again", async () => {
  await using stint = new Stint();
  await stint.up();
  const more = "backoff: {first: 1ms}\nretry: {perClass: {UNHEALTHY: {backoff: {first: 1ms}}}}\n";
  await submit(stint, "{port: 0, health: {every: 300ms, failures: 2}}", more);
  await stint.reach(1, "serving");
  process.kill(pidOf(stint), "SIGSTOP");
  await until("it serves again", () => {
    const { status } = stint.record(1);
    return status.attempt >= 2 && status.state === "serving";
  });
  expect(stint.record(1).status.attempts[0]?.failure?.code).toBe("UNHEALTHY");
});

/** The process of the server, by its command line. */
function pidOf(stint: Stint): number {
  const port = String(attemptOf(stint).service?.ports["main"]);
  const found = readdirSync("/proc").find((name) => {
    if (!/^\d+$/.test(name) || !existsSync(`/proc/${name}/cmdline`)) return false;
    try {
      const words = readFileSync(`/proc/${name}/cmdline`, "utf8").split("\0");
      return words[0]?.includes("python3") === true && words[1] === "server.py" && words[2] === port;
    } catch {
      return false;
    }
  });
  return Number(found);
}

test("a service that does not answer in time fails with the last answer", async () => {
  await using stint = new Stint();
  await stint.up();
  await submit(stint, "{port: 0, ready: {http: /x, within: 3s}}", "env: {ANSWER: '503'}\nrestart: never\n");
  const { status } = await stint.reach(1, "failed");
  const { failure } = status.attempts[0] ?? {};
  expect(failure).toMatchObject({ code: "NOT_READY" });
  expect(failure?.error).toContain("not ready within 3s");
  expect((await stint.run(["explain", "1"])).out).toContain("the answer was 503");
});

test("a service whose fixed port is taken waits, uncounted, and explain says so", async () => {
  await using stint = new Stint();
  using taken = Bun.listen({ hostname: "127.0.0.1", port: 0, socket: { data: () => {} } });
  await stint.up();
  await submit(stint, `{port: ${taken.port}}`);
  const tried = () => stint.records().some(({ status }) => status.reason === "Preflight");
  await until("it was tried", tried);
  expect(stint.record(1).status).toMatchObject({ state: "queued", consecutiveFailures: 0 });
  const { out } = await stint.run(["explain", "1"]);
  expect(out).toContain(`port ${taken.port}`);
  taken.stop(true);
  await stint.ok("retry", "1");
  await stint.reach(1, "serving");
});

test("another process that takes the port before the service costs no attempt: it gets another port", async () => {
  await using stint = new Stint();
  await stint.up();
  const run =
    'test "$STINT_ATTEMPT" != 1 || { echo $STINT_PORT > port; until test -e taken; do sleep 0.05; done; }\n  exec python3 server.py $STINT_PORT';
  writeFileSync(join(stint.root, "server.py"), SERVER);
  await stint.run(["submit", "-"], {
    input: `run: |\n  ${run}\nservice: {port: 0, ready: {log: listening now}}\n`,
  });
  await until("its port is known", () => stint.textOf("port").trim() !== "");
  using other = Bun.listen({
    hostname: "127.0.0.1",
    port: Number(stint.textOf("port")),
    socket: { data: () => {} },
  });
  writeFileSync(join(stint.root, "taken"), "");
  const { status } = await stint.reach(1, "serving");
  expect(status).toMatchObject({ attempt: 2, consecutiveFailures: 0, orphanCount: 0 });
  expect(status.attempts[0]?.failure).toMatchObject({ code: "RESOURCE_BUSY", rule: "port-taken" });
  expect(attemptOf(stint).service?.ports["main"]).not.toBe(other.port);
});

test("a service that has served and crashes is started again", async () => {
  await using stint = new Stint();
  await stint.up();
  await submit(stint, "{port: 0}", "backoff: {first: 1ms, max: 1ms}\n");
  await stint.reach(1, "serving");
  process.kill(pidOf(stint), "SIGABRT");
  await until("it serves again", () => {
    const { status } = stint.record(1);
    return status.attempt === 2 && status.state === "serving";
  });
});

test("drain and wait pass a service by that is not named itself, which takes no slot", async () => {
  await using stint = new Stint();
  await stint.up("--jobs", "1");
  await submit(stint, "{port: 0}");
  await stint.reach(1, "serving");
  await stint.ok("submit", "--", "true");
  await stint.ok("wait", "--all");
  await stint.reach(2, "completed");
  // Of a group and a label, too.
  const input =
    'name: other\ncommand: [python3, server.py, "${{ service.port }}"]\nservice: {port: 0}\nlabels: {model: a}\n';
  await stint.run(["submit", "--to", "night", "-"], { input });
  await stint.reach(3, "serving");
  await stint.ok("submit", "--to", "night", "--label", "model=a", "--", "true");
  await stint.ok("close", "night");
  await stint.ok("wait", "night");
  await stint.ok("wait", "--label", "model=a");
  await stint.ok("drain");
  expect(stint.record(1).status.state).toBe("serving");
});

test("cancel --complete ends a service that serves as completed, and what is after it starts", async () => {
  await using stint = new Stint();
  await stint.up();
  await submit(stint, "{port: 0}", "restart: always\n");
  await stint.reach(1, "serving");
  await stint.ok("submit", "--after", "1", "--", "true");
  const refused = await stint.run(["cancel", "--complete", "2"]);
  expect(refused.err).toContain("it is no service");
  await stint.ok("cancel", "--complete", "1");
  const { status } = await stint.reach(1, "completed");
  expect(status.attempts).toMatchObject([{ state: "completed", stop: { reason: "Stop" } }]);
  await stint.reach(2, "completed");
});

test("the token of a service is in its own file alone", async () => {
  await using stint = new Stint();
  await stint.up();
  await submit(stint, "{port: 0, token: WEB_TOKEN, ready: {log: listening}}");
  const { metadata } = await stint.reach(1, "serving");
  const file = join(stint.home, "runs", metadata.id, "1", "service-token");
  const token = readFileSync(file, "utf8").trim();
  expect(token.length).toBeGreaterThan(20);
  expect(statSync(file).mode & 0o777).toBe(0o600);
  const { out: log } = await stint.run(["logs", "1"]);
  expect(log).toContain("token ***");
  const { out: shown } = await stint.run(["show", "1", "--json"]);
  const { out: told } = await stint.run(["explain", "1"]);
  const audit = readFileSync(join(stint.home, "audit.ndjson"), "utf8");
  for (const text of [log, shown, told, audit, JSON.stringify(stint.record(1))])
    expect(text).not.toContain(token);
  await stint.ok("cancel", "1");
  const ended = await stint.reach(1, "cancelled");
  expect(JSON.stringify(ended)).not.toContain(token);
});
