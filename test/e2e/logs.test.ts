import { describe, expect, test } from "bun:test";
import { statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Stint, until } from "../rig/stint.ts";

/** What a command has said so far, and all of it once it has ended. */
function heard({ stdout, stderr, exited }: Bun.Subprocess<Uint8Array, "pipe", "pipe">) {
  const said = { out: "", err: "" };
  const take = async (stream: ReadableStream<Uint8Array>, name: "out" | "err"): Promise<void> => {
    for await (const piece of stream) said[name] += new TextDecoder().decode(piece);
  };
  const ended = Promise.all([take(stdout, "out"), take(stderr, "err"), exited]);
  return { said, ended };
}

/** Says what `before` is, waits for the file `go`, does something to its own log, and says what comes after. */
function job(stint: Stint, how: string): string[] {
  const line = `L=$STINT_RUN_DIR/output.log; echo before; until test -e ${stint.root}/go; do sleep 0.02; done; ${how}; echo after`;
  return ["--name", "a", "--", "sh", "-c", line];
}

describe("a log that changes while logs -f follows it", () => {
  test.each([
    [": > $L", "before\nafter\n", "the log was emptied"],
    ["mv $L $L.old", "before\nafter\n", "the log is gone from"],
    ["rm $L", "before\nafter\n", "the log is gone from"],
    ["rm $L; echo other > $L", "before\nafter\nother\n", "another file is in the place"],
  ])("by %s loses no line, and the change is reported", async (how, out, mark) => {
    await using stint = new Stint();
    const runs = heard(stint.start(["run", ...job(stint, how)]));
    await until("the job has written", () => stint.textOf("home/runs/000001-a/1/output.log") === "before\n");
    const follows = heard(stint.start(["logs", "-f", "1"]));
    await until("both show it", () => runs.said.out !== "" && follows.said.out !== "");
    writeFileSync(join(stint.root, "go"), "");
    expect([(await runs.ended)[2], (await follows.ended)[2]]).toEqual([0, 0]);
    for (const { said } of [runs, follows]) {
      expect(said.out.split("\n").toSorted()).toEqual(out.split("\n").toSorted());
      expect(said.err).toContain(mark);
    }
  });

  test("is reported as gone after its removal, and a task that never started has none", async () => {
    await using stint = new Stint();
    writeFileSync(join(stint.root, "go"), "");
    await stint.run(["run", ...job(stint, "rm $L")]);
    expect(await stint.run(["logs", "1"])).toEqual({
      code: 3,
      out: "",
      err: expect.stringMatching(
        /the log of attempt 1 of "000001-a": it is gone from ".*1", moved or removed/,
      ),
    });
    await stint.run(["run", "--name", "b", "--", "./not-there"]);
    const { code, err } = await stint.run(["logs", "2"]);
    expect([code, err]).toEqual([0, expect.stringContaining("No output: attempt 1 did not start: ")]);
  });

  test("by its cap is complete for a reader that keeps up, however often it is cut", async () => {
    await using stint = new Stint();
    const task = {
      // 40 lines of 16 KB, slowly enough to be followed; the cap of 64 KiB is met again and again.
      run: `i=0; while test $i -lt 40; do echo $i; head -c 16000 /dev/zero | tr '\\0' x; echo; i=$((i+1)); sleep 0.05; done`,
      logs: { maxBytes: "64KiB" },
    };
    const { code, out, err } = await stint.run(["run", "-"], { input: JSON.stringify(task) });
    const shown = out.split("\n").filter((line) => /^\d+$/.test(line));
    expect([code, shown]).toEqual([0, Array.from({ length: 40 }, (_, index) => String(index))]);
    expect(err).not.toContain("cut here");
  });
});

describe("a log is under its cap once the end is on record", () => {
  const CAP = 64 * 1_024;
  const log = (stint: Stint): string => join(stint.home, "runs/000001-a/1/output.log");
  const writer = (before: string): string =>
    JSON.stringify({
      name: "a",
      run: `${before}; head -c 20000000 /dev/zero | tr '\\0' x | fold -w 99; echo; echo the end`,
      logs: { maxBytes: "64KiB" },
    });

  test("where it was written faster than the supervisor looks", async () => {
    await using stint = new Stint();
    await stint.run(["run", "-q", "-"], { input: writer("true") });
    expect(statSync(log(stint)).size).toBeLessThanOrEqual(CAP);
    expect(stint.record(1).status.attempts[0]?.logTail).toEndWith("the end");
    expect(await stint.ok("logs", "1")).toMatch(
      /^x+\n[^]*\n\[stint: \d{8} bytes were cut here\]\n[^]*the end$/,
    );
  });

  test("where no supervisor ran meanwhile", async () => {
    await using stint = new Stint();
    await stint.up();
    const input = writer(`until test -e ${stint.root}/go; do sleep 0.02; done`);
    expect((await stint.run(["submit", "-"], { input })).code).toBe(0);
    await stint.reach(1, "running");
    await stint.killSupervisors();
    writeFileSync(join(stint.root, "go"), "");
    await until("it has ended", () => stint.files("runs/000001-a/1").includes("exit.json"));
    expect(statSync(log(stint)).size).toBeGreaterThan(20_000_000);
    await stint.ok("drain");
    expect(statSync(log(stint)).size).toBeLessThanOrEqual(CAP);
    expect(stint.record(1).status.attempts[0]?.logTail).toEndWith("the end");
  });

  test("and already while a job goes on", async () => {
    await using stint = new Stint();
    const started = stint.start(["run", "-q", "-"], {
      input: writer("true").replace("echo the end", `until test -e ${stint.root}/go; do sleep 0.02; done`),
    });
    const text = (): string => stint.textOf("home/runs/000001-a/1/output.log");
    await until("it is cut", () => text().includes("were cut here") && text().length <= CAP);
    expect(stint.record(1).status.state).toBe("running");
    writeFileSync(join(stint.root, "go"), "");
    expect(await started.exited).toBe(0);
  });
});

describe("the logs of a sweep", () => {
  const sweep = (stint: Stint): string =>
    JSON.stringify({
      name: "grid",
      matrix: { i: "1-3" },
      // Draws a bar, then waits for its turn.
      run: `printf 'start\\n 1%%\\r 50%%\\r100%%\\n'; until test -e ${stint.root}/go-$STINT_VALUE_I; do sleep 0.02; done; echo "loss $STINT_VALUE_I"`,
    });

  test("are followed line by line under the names of their members, those that start later included", async () => {
    await using stint = new Stint();
    await stint.up("--jobs", "1");
    expect((await stint.run(["submit", "-"], { input: sweep(stint) })).code).toBe(0);
    await stint.reach(1, "running");
    const { said, ended } = heard(stint.start(["logs", "-f", "grid"]));
    await until("the first is shown", () => said.out.includes("grid-1 | 100%\n"));
    for (const index of [1, 2, 3]) writeFileSync(join(stint.root, `go-${index}`), "");
    expect((await ended)[2]).toBe(0);
    const lines = (index: number): string[] =>
      ["start", "100%", `loss ${index}`].map((line) => `grid-${index} | ${line}`);
    expect(said.out.trim().split("\n").toSorted()).toEqual([1, 2, 3].flatMap(lines).toSorted());
    expect(await stint.ok("logs", "--group", "grid", "--grep", "l*s", "-n", "1")).toBe(
      "grid-1 | loss 1\ngrid-2 | loss 2\ngrid-3 | loss 3",
    );
    expect(await stint.ok("logs", "1")).toBe("start\n100%\nloss 1");
    expect(await stint.ok("logs", "1", "--raw")).toBe("start\n 1%\r 50%\r100%\nloss 1");
  });
});
