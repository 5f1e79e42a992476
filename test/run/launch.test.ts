import { describe, expect, test } from "bun:test";
import { existsSync, readdirSync, readFileSync, readlinkSync, statSync, symlinkSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { bootId, isAlive, startTimeOf, statFields } from "../../src/lib/host.ts";
import { endingFromShell } from "../../src/model/evidence.ts";
import { readExit, readStart } from "../../src/run/records.ts";
import { signalTree, survivors } from "../../src/run/tree.ts";
import { command, kindOf, launched, makePlace, orderFor, outputOf, shell, until } from "./rig.ts";

function linkOr(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return "";
  }
}

const exited = (status: number, signalled = false) => endingFromShell(status, false, signalled);

describe("launch()", () => {
  test("runs the job in its own session and in its directory, with its output in one log in order", async () => {
    await using place = makePlace();
    const line = `echo out; echo err >&2; pwd; cat /proc/$PPID/stat; until test -e "$1"; do sleep 0.02; done; exit 3`;
    const { process: parent, ended } = launched(orderFor(place, shell(line, place.file("go"))));
    expect(startTimeOf(parent.pid)).toBe(parent.startTime);
    place.write("go", "");
    expect(await ended).toMatchObject({ exitCode: 3, signal: null });
    const [out, error, cwd, stat = ""] = (place.read("attempt/output.log") ?? "").split("\n");
    expect([out, error, cwd]).toEqual(["out", "err", place.path]);
    const [, , group, session] = statFields(stat);
    expect([group, session]).toEqual([String(parent.pid), String(parent.pid)]);
    expect(readExit(place.file("attempt"), place.token)?.ending).toEqual(exited(3));
    expect(readStart(place.file("attempt"))).toMatchObject({ ...parent, bootId: bootId() });
  });

  test("writes stdout and stderr to two files where that is asked for", async () => {
    await using place = makePlace();
    await launched(orderFor(place, shell("echo out; echo err >&2"), { separateLogs: true })).ended;
    expect(place.read("attempt/stdout.log")).toBe("out\n");
    expect(place.read("attempt/stderr.log")).toBe("err\n");
    expect(place.read("attempt/output.log")).toBeNull();
    expect(statSync(place.file("attempt/stdout.log")).mode & 0o777).toBe(0o600);
  });

  test("leaves no descriptor of a log open in this process", async () => {
    await using place = makePlace();
    const { ended } = launched(orderFor(place, shell("echo up; exec sleep 60"), { separateLogs: true }));
    await until(() => place.read("attempt/stdout.log") === "up\n");
    const open = readdirSync("/proc/self/fd").map((fd) => linkOr(`/proc/self/fd/${fd}`));
    expect(open.filter((path) => path.startsWith(place.path))).toEqual([]);
    signalTree({ leader: null, token: place.token }, "SIGKILL");
    await ended;
  });

  test("reports the signal that killed the recording parent, while the job goes on without a record", async () => {
    await using place = makePlace();
    const { process: parent, ended } = launched(orderFor(place, shell("echo up; exec sleep 60")));
    await until(() => place.read("attempt/output.log") === "up\n");
    process.kill(parent.pid, "SIGKILL");
    expect(await ended).toMatchObject({ exitCode: null, signal: "SIGKILL" });
    expect(readExit(place.file("attempt"), place.token)).toBeNull();
    expect(survivors({ leader: parent, token: place.token })).toHaveLength(1);
  });

  test("records the death of a job that was killed", async () => {
    await using place = makePlace();
    const { ended } = launched(orderFor(place, shell("echo $$; exec sleep 60")));
    const pid = Number(await until(() => /^[1-9]\d*\n/.exec(place.read("attempt/output.log") ?? "")?.[0]));
    process.kill(pid, "SIGKILL");
    expect(await ended).toMatchObject({ exitCode: 137, signal: null });
    expect(readExit(place.file("attempt"), place.token)?.ending).toEqual(exited(137, true));
  });

  test("applies the task's umask to the job, and not to the records", async () => {
    await using place = makePlace();
    const kind = kindOf(shell("umask; touch made"), { cwd: place.path, umask: "0777" });
    expect(await outputOf(place, orderFor(place, kind.mode, { kind }))).toBe("0777\n");
    expect(statSync(place.file("made")).mode & 0o777).toBe(0);
    expect(statSync(place.file("attempt/exit.json")).mode & 0o400).toBe(0o400);
  });

  test("finds the program in the job's own PATH, relative to its directory", async () => {
    await using place = makePlace();
    place.write("tool", "#!/bin/sh\necho tool $#", 0o700);
    const environment = { PATH: `/nowhere:${place.path}` };
    const byPath = command("tool", "a", "b");
    expect(await outputOf(place, orderFor(place, byPath, { environment }))).toBe("tool 2\n");
    await using other = makePlace();
    other.write("-tool", "#!/bin/sh\necho dashed", 0o700);
    const relative = command("./-tool");
    expect(await outputOf(other, orderFor(other, relative))).toBe("dashed\n");
    await using third = makePlace();
    third.write("-tool", "#!/bin/sh\necho dashed", 0o700);
    const dashed = command("-tool");
    expect(await outputOf(third, orderFor(third, dashed, { environment: { PATH: third.path } }))).toBe(
      "dashed\n",
    );
  });
});

describe("the environment of a job", () => {
  /** Of `env -0`; bash, where it is /bin/sh, adds two of its own. */
  const variablesOf = (output: string): Record<string, string> => {
    const entries = output.split("\0").filter((entry) => entry !== "" && !/^(_|SHLVL)=/.test(entry));
    return Object.fromEntries(entries.map((entry) => /^(.*?)=(.*)$/s.exec(entry)?.slice(1) ?? []));
  };
  const printEnvironment = command("/usr/bin/env", "-0");

  test("is exactly what was given, with names that no shell accepts or that a shell uses itself, and any text", async () => {
    await using place = makePlace();
    const environment = {
      PATH: "/usr/bin:/bin",
      PWD: place.path,
      STINT_TOKEN: place.token,
      "my.var": `it's "quoted" $HOME \`id\` \\`,
      "BASH_FUNC_module%%": "() {  echo hi\n}",
      "a-b'c": "",
      "1st": "digit first",
      IFS: ":",
      OPTIND: "abc",
      PPID: "7",
      LINENO: "9",
      code: "the user's",
      TEXT: "é\u0081ü€😀\ttab\nline",
      EMPTY: "",
    };
    const output = await outputOf(place, orderFor(place, printEnvironment, { environment }));
    expect(variablesOf(output)).toEqual(environment);
  });

  test("keeps unusual variables out of the arguments, which every user can read", async () => {
    await using place = makePlace();
    const environment = { PATH: "/usr/bin:/bin", STINT_TOKEN: place.token, "my.secret": "hunter2" };
    const { process: parent } = launched(orderFor(place, shell("echo up; exec sleep 60"), { environment }));
    await until(() => place.read("attempt/output.log") === "up\n");
    const seen = survivors({ leader: parent, token: place.token }).map((pid) =>
      readFileSync(`/proc/${pid}/cmdline`, "utf8"),
    );
    expect(seen).toHaveLength(2);
    expect(seen.join()).toContain("sleep");
    expect(seen.join()).not.toContain("hunter2");
  });

  test('reaches a program with "=" in its path', async () => {
    await using place = makePlace();
    const program = place.file("a=b");
    symlinkSync("/usr/bin/env", program);
    const environment = { PATH: "/usr/bin:/bin", PWD: place.path, "x.y": "1" };
    const output = await outputOf(place, orderFor(place, command(program, "-0"), { environment }));
    expect(variablesOf(output)).toMatchObject(environment);
  });

  test("has nothing of the launching program's environment", async () => {
    await using place = makePlace();
    const environment = { PATH: "/usr/bin:/bin", PWD: place.path };
    expect(Object.keys(process.env).length).toBeGreaterThan(2);
    expect(variablesOf(await outputOf(place, orderFor(place, printEnvironment, { environment })))).toEqual(
      environment,
    );
  });
});

describe("a launched job", () => {
  const fixture = fileURLToPath(import.meta.resolve("./fixtures/launcher.ts"));

  test.each(["SIGKILL", "SIGTERM", "SIGHUP"] as const)(
    "survives the launching program's death by %s, and its result is found",
    async (signal) => {
      await using place = makePlace();
      const order = orderFor(
        place,
        shell(`echo up; until test -e "$1"; do sleep 0.02; done; echo more; exit 7`, place.file("go")),
      );
      const launcher = Bun.spawn(
        [process.execPath, fixture, place.write("order.json", JSON.stringify(order))],
        { stdout: "pipe" },
      );
      await until(() => place.read("attempt/output.log") === "up\n");
      launcher.kill(signal);
      await launcher.exited;
      const start = readStart(place.file("attempt"));
      if (start === null || typeof start === "string") throw new Error("no start on record");
      expect(start.bootId).toBe(bootId());
      expect(isAlive(start)).toBe(true);
      place.write("go", "");
      const exit = await until(() => readExit(place.file("attempt"), place.token));
      expect(exit.ending).toEqual(exited(7));
      await until(() => !isAlive(start));
      expect(place.read("attempt/output.log")).toBe("up\nmore\n");
    },
  );

  test("does not keep the launching program from ending", async () => {
    await using place = makePlace();
    const order = orderFor(place, shell("exec sleep 60"));
    const launcher = Bun.spawn(
      [process.execPath, fixture, place.write("order.json", JSON.stringify(order)), "leave"],
      { stdout: "pipe" },
    );
    expect(await launcher.exited).toBe(0);
    const pid = Number(await launcher.stdout.text());
    expect(existsSync(`/proc/${pid}`)).toBe(true);
  });
});
