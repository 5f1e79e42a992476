import { describe, expect, test } from "bun:test";
import { hearsInterrupts } from "../rig/signals.ts";
import { Stint, until } from "../rig/stint.ts";

describe("Ctrl-C of a verb that waits", () => {
  test.each([
    ["wait", ["wait", "1"]],
    ["logs -f", ["logs", "-f", "1"]],
    ["down --drain", ["down", "--drain"]],
    ["submit --wait", ["submit", "-W", "--hold", "--", "true"]],
    ["submit --follow", ["submit", "--follow", "--hold", "--", "true"]],
  ])("ends %s with 130, and the job goes on", async (_verb, line) => {
    await using stint = new Stint();
    await stint.up("--jobs", "1");
    await stint.ok("submit", "--", "sleep", "60");
    await stint.reach(1, "running");
    const waiting = stint.start(line);
    await until("it hears signals", () => hearsInterrupts(waiting.pid));
    waiting.kill("SIGINT");
    expect([await waiting.exited, waiting.signalCode]).toEqual([130, null]);
    expect(stint.record(1).status.state).toBe("running");
  });

  test("ends drain with 130, whatever failed, and names what is left; a TERM ends it with 143", async () => {
    await using stint = new Stint();
    await stint.ok("submit", "--", "sh", "-c", "exit 1");
    await stint.ok("submit", "--", "sleep", "60");
    for (const [signal, code] of [
      ["SIGINT", 130],
      ["SIGTERM", 143],
    ] as const) {
      const drain = stint.start(["drain", "--jobs", "2"]);
      await until("it holds the home", () => stint.owner()?.["pid"] === drain.pid);
      await stint.reach(1, "failed");
      await stint.reach(2, "running");
      drain.kill(signal);
      expect(await drain.exited).toBe(code);
      expect(await new Response(drain.stdout).text()).toContain("000002-sleep-60 left: running");
    }
  });
});
