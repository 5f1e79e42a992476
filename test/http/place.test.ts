import { describe, expect, test } from "bun:test";
import { chmodSync, existsSync, lstatSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Served } from "../rig/served.ts";
import { Stint, until } from "../rig/stint.ts";

describe("the tokens", () => {
  test("are made for their owner alone, kept, and made again where removed", async () => {
    await using served = await Served.start();
    const [full, read] = [served.token(), served.token("serve-read-token")];
    expect(full).toMatch(/^[\w-]{43}$/);
    expect(read).not.toBe(full);
    for (const name of ["serve-token", "serve-read-token"])
      expect(statSync(join(served.home, name)).mode & 0o777).toBe(0o600);
    served.server.kill("SIGTERM");
    expect(await served.server.exited).toBe(0);
    expect(existsSync(join(served.home, "serve.json"))).toBe(false);
    rmSync(join(served.home, "serve-read-token"));
    await served.serve();
    expect(served.token()).toBe(full);
    expect(served.token("serve-read-token")).not.toBe(read);
    // None of them in what a user sees in `ps`, or in a log.
    const shown = readFileSync(`/proc/${served.server.pid}/cmdline`, "utf8");
    expect(shown).not.toContain(full);
  });

  test("of a file that others can read, or that is no token, are refused", async () => {
    await using served = await Served.start();
    served.server.kill("SIGTERM");
    await served.server.exited;
    const path = join(served.home, "serve-token");
    chmodSync(path, 0o640);
    const open = await served.run(["serve", "--port", "0"]);
    expect([open.code, open.err]).toEqual([
      7,
      expect.stringContaining("others can read it (mode 640), wanted 600"),
    ]);
    chmodSync(path, 0o600);
    writeFileSync(path, "short\n");
    const short = await served.run(["serve", "--port", "0"]);
    expect([short.code, short.err]).toEqual([7, expect.stringContaining("it has no token of 43 letters")]);
  });
});

describe("a home", () => {
  test("has one server, and a second one is told where it is", async () => {
    await using served = await Served.start();
    const second = await served.run(["serve", "--port", "0"]);
    expect(second.code).toBe(4);
    expect(second.err.replaceAll(/\s+/g, " ")).toContain(
      `it is served at ${served.address} (pid ${served.server.pid})`,
    );
    expect(second.err).toContain("ALREADY_EXISTS");
  });

  test("whose server was killed gets the next one, and nothing is lost", async () => {
    await using served = await Served.start();
    const queued = await served.json("/api/v1/tasks", { yaml: "run: echo hello" });
    served.server.kill("SIGKILL");
    await served.server.exited;
    await served.serve();
    expect(queued).toMatchObject({ tasks: [{ number: 1 }] });
    expect(await served.json("/api/v1/tasks/1")).toMatchObject({ status: { state: "queued" } });
  });

  test("does not answer for another one on the same port", async () => {
    await using first = await Served.start();
    await using second = new Served();
    const refused = await second.run(["serve", "--port", String(first.port)]);
    expect([refused.code, refused.err]).toEqual([7, expect.stringContaining("ADDRESS_TAKEN")]);
    expect(refused.err).toContain("stint serve --port 0");
    expect(await first.json("/api/v1/home")).toMatchObject({ home: first.home });
  });

  test("that is removed is reported, and the server goes on", async () => {
    await using served = await Served.start();
    const token = served.token();
    rmSync(served.home, { recursive: true });
    const answer = await served.json("/api/v1/tasks", { token });
    expect(answer["code"]).toBe("HOME_MISSING");
    expect((await served.ask("/api/v1/nothing", { token })).status).toBe(404);
  });
});

describe("a socket", () => {
  test("is for its owner alone, is checked like a port, and goes with its server", async () => {
    await using served = new Served();
    const path = join(served.root, "s.sock");
    await served.serve("--socket", path);
    expect(lstatSync(path).mode & 0o777).toBe(0o600);
    expect(await served.json("/api/v1/home")).toMatchObject({ home: served.home, access: "full" });
    expect((await served.ask("/api/v1/home", { token: null })).status).toBe(401);
    expect((await served.ask("/api/v1/home", { headers: { host: "example.com" } })).status).toBe(421);
    const second = await served.run(["serve", "--socket", path, "--home", join(served.root, "other")]);
    expect([second.code, second.err]).toEqual([7, expect.stringContaining("another program listens there")]);
    expect(existsSync(path)).toBe(true);
    // A killed server leaves its socket.
    served.server.kill("SIGKILL");
    await served.server.exited;
    expect(existsSync(path)).toBe(true);
    await served.serve("--socket", path);
    served.server.kill("SIGTERM");
    await served.server.exited;
    await until("the socket is gone", () => !existsSync(path));
  });

  test("replaces no file, and a path that is too long is refused", async () => {
    await using served = new Served();
    const path = join(served.root, "file");
    writeFileSync(path, "mine");
    const refused = await served.run(["serve", "--socket", path]);
    expect([refused.code, readFileSync(path, "utf8")]).toEqual([7, "mine"]);
    const long = await served.run(["serve", "--socket", join(served.root, "a".repeat(120))]);
    expect([long.code, long.err]).toEqual([2, expect.stringContaining("XDG_RUNTIME_DIR")]);
  });
});

test("--read-only changes nothing, whichever token is used", async () => {
  await using served = await Served.start("--read-only");
  expect((await served.ask("/api/v1/tasks", { yaml: "run: echo hello" })).status).toBe(401);
  const token = served.token("serve-read-token");
  expect(await served.json("/api/v1/tasks", { token, yaml: "run: echo hello" })).toMatchObject({
    code: "FORBIDDEN",
    hint: "the server was started with --read-only",
  });
  expect(await served.json("/api/v1/home", { token })).toMatchObject({ access: "read" });
});

describe("up --serve", () => {
  test("serves beside the supervisor, and ends with it", async () => {
    await using served = new Served();
    const supervisor = await served.up("--serve-port", "0");
    const found = await served.beside();
    expect(await served.json("/api/v1/home")).toMatchObject({ supervisor: { pid: supervisor.pid } });
    supervisor.kill("SIGTERM");
    await supervisor.exited;
    await until("the server has ended", () => !isAlive(found));
  });

  test("supervises where the port is taken, and says so", async () => {
    await using first = await Served.start();
    await using second = new Stint();
    const supervisor = await second.up("--serve-port", String(first.port));
    await second.ok("run", "--", "true");
    supervisor.kill("SIGTERM");
    const [out, err] = await Promise.all([
      new Response(supervisor.stdout).text(),
      new Response(supervisor.stderr).text(),
    ]);
    expect(`${out}${err}`).toContain("ADDRESS_TAKEN");
    expect(`${out}${err}`).toContain("the API is not served");
  });

  test("is what a service is installed with", async () => {
    await using stint = new Stint();
    expect(await stint.ok("service", "install", "--print", "--serve")).toContain("--serve");
  });
});

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
