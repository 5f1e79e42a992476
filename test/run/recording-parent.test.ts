import { describe, expect, test } from "bun:test";
import { chmodSync, mkdirSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { bootId, startTimeIn } from "../../src/lib/host.ts";
import { recordingInvocation } from "../../src/run/recording-parent.ts";
import { PROGRAMS, STRANGER } from "../rig/surroundings.ts";
import { makePlace, type Place, until } from "./rig.ts";

/** The shells that are /bin/sh somewhere: Debian and Ubuntu; Fedora, Arch and macOS; Alpine. */
const SHELLS = [["dash"], ["bash", "--posix"], ["busybox", "sh"]].filter(
  ([name = ""]) => Bun.which(name) !== null,
);

interface Started {
  readonly parent: Bun.Subprocess;
  /** What the job and the shell print. */
  readonly output: () => string;
}

function start(
  place: Place,
  interpreter: readonly string[],
  job: { argv: readonly string[]; umask?: string; group?: string },
): Started {
  mkdirSync(place.file("attempt"), { mode: 0o700, recursive: true });
  const { argv, environment } = invocation(place, job);
  const parent = Bun.spawn([...interpreter, ...argv.slice(1)], {
    detached: true,
    stdio: ["ignore", Bun.file(place.file("log")), Bun.file(place.file("log"))],
    env: environment,
  });
  return { parent, output: () => place.read("log") ?? "" };
}

function invocation(place: Place, job: { argv: readonly string[]; umask?: string; group?: string }) {
  const { argv, umask = "", group = "" } = job;
  return recordingInvocation({
    directory: place.file("attempt"),
    umask,
    bootId: bootId(),
    token: place.token,
    group,
    argv,
    environment: { PATH: PROGRAMS, STINT_TOKEN: place.token },
  });
}

/** A user with no other process, of whom one is all that is allowed: the shell itself. */
const ALONE = ["setpriv", `--reuid=${STRANGER}`, "--clear-groups", "prlimit", "--nproc=1"];
const canBeAlone =
  process.getuid?.() === 0 &&
  ["setpriv", "prlimit"].every((name) => Bun.which(name) !== null) &&
  Bun.spawnSync([...ALONE, "true"], { stderr: "ignore" }).exitCode === 0;

const exitRecord = (place: Place): unknown => {
  const text = place.read("attempt/exit.json");
  return text === null ? null : JSON.parse(text);
};

describe.each(SHELLS.map((interpreter) => ({ name: interpreter.join(" "), interpreter })))(
  "under $name",
  ({ interpreter }) => {
    const run = async (place: Place, line: string): Promise<Started> => {
      const started = start(place, interpreter, { argv: ["/bin/sh", "-c", line] });
      await started.parent.exited;
      return started;
    };

    // bash asks again by itself, for 15 s.
    const givesUp = canBeAlone && interpreter[0] !== "bash";
    test.if(givesUp)("reports that nothing ran where no process can be made for the job", async () => {
      await using place = makePlace();
      mkdirSync(place.file("attempt"));
      for (const path of [place.path, place.file("attempt")]) chmodSync(path, 0o777);
      const { parent } = start(place, [...ALONE, ...interpreter], { argv: ["/bin/true"] });
      await parent.exited;
      expect([parent.signalCode, exitRecord(place)]).toEqual(["SIGUSR1", null]);
    });

    test.each([
      ["exit 0", 0, false],
      ["exit 3", 3, false],
      ["exit 129", 129, false],
      ["exit 137", 137, false],
      ["exit 143", 143, false],
      ["exit 255", 255, false],
      ["kill -9 $$", 137, true],
      ["kill -TERM $$", 143, true],
      ["kill -SEGV $$", 139, true],
      ["kill -64 $$", 192, true],
      // Of these, shells say nothing.
      ["kill -INT $$", 130, false],
    ])("records the status of `%s`, and whether a signal was seen", async (line, status, signalled) => {
      await using place = makePlace();
      const { parent, output } = await run(place, line);
      expect(exitRecord(place)).toEqual({ status, signalled, sawTerm: false, token: place.token });
      expect(parent.exitCode).toBe(status);
      // "Killed" and its like are the shell's, not the job's.
      expect(output()).toBe("");
    });

    test("records its pid, boot and start time before the job runs", async () => {
      await using place = makePlace();
      const { parent, output } = start(place, interpreter, {
        argv: ["/bin/sh", "-c", `cat "$1"; cat /proc/$PPID/stat`, "job", place.file("attempt/start")],
      });
      await parent.exited;
      const [pid, boot, stat = "", group, job = "", own = ""] = output().split("\n");
      expect(pid).toBe(String(parent.pid));
      expect(boot).toBe(bootId());
      expect(startTimeIn(stat)).toMatch(/^\d+$/);
      expect(startTimeIn(stat)).toBe(startTimeIn(own));
      expect(group).toBe("");
      expect(startTimeIn(job)).toMatch(/^\d+$/);
    });

    test("runs nothing and writes nothing where another process made the start file", async () => {
      await using place = makePlace();
      mkdirSync(place.file("attempt"));
      place.write("attempt/start", "seized\n");
      rmSync(place.file("log"), { force: true });
      const argv = ["/bin/sh", "-c", "echo RAN"];
      const { parent } = start(place, interpreter, { argv });
      await parent.exited;
      expect(parent.signalCode).toBe("SIGUSR1");
      expect(readdirSync(place.file("attempt"))).toEqual(["start"]);
      expect(place.read("attempt/start")).toBe("seized\n");
      expect(place.read("log")).toBe("");
    });

    test("a TERM to the group ends the job, is recorded, and does not end the parent", async () => {
      await using place = makePlace();
      const { parent, output } = start(place, interpreter, {
        argv: ["/bin/sh", "-c", "echo up; exec sleep 60"],
      });
      await until(() => output() === "up\n");
      process.kill(-parent.pid, "SIGTERM");
      expect(await parent.exited).toBe(143);
      expect(exitRecord(place)).toMatchObject({ status: 143, signalled: true, sawTerm: true });
    });

    test("a job that answers TERM with exit 0 is on record with the TERM", async () => {
      await using place = makePlace();
      const { parent, output } = start(place, interpreter, {
        argv: ["/bin/sh", "-c", "trap 'exit 0' TERM; echo up; while :; do sleep 0.02; done"],
      });
      await until(() => output() === "up\n");
      process.kill(-parent.pid, "SIGTERM");
      await parent.exited;
      expect(exitRecord(place)).toMatchObject({ status: 0, signalled: false, sawTerm: true });
    });

    test.each(["SIGHUP", "SIGINT", "SIGQUIT", "SIGPIPE", "SIGALRM", "SIGUSR1", "SIGUSR2"] as const)(
      "%s to the parent ends neither it nor the job, and is not recorded",
      async (signal) => {
        await using place = makePlace();
        const { parent, output } = start(place, interpreter, {
          argv: [
            "/bin/sh",
            "-c",
            `echo up; until test -e "$1"; do sleep 0.02; done; exit 5`,
            "job",
            place.file("go"),
          ],
        });
        await until(() => output() === "up\n");
        process.kill(parent.pid, signal);
        place.write("go", "");
        expect(await parent.exited).toBe(5);
        expect(exitRecord(place)).toMatchObject({ status: 5, sawTerm: false });
      },
    );

    test("gives the job default signals, three descriptors, /dev/null for input and the umask", async () => {
      await using place = makePlace();
      const line = "umask; cat /proc/self/status; readlink /proc/self/fd/0; ls /proc/self/fd";
      const { parent, output } = start(place, interpreter, { argv: ["/bin/sh", "-c", line], umask: "0137" });
      await parent.exited;
      for (const mask of ["Blk", "Ign", "Cgt"]) expect(output()).toContain(`Sig${mask}:\t0000000000000000\n`);
      // The fourth is of the program that looks.
      expect(output()).toStartWith("0137\n");
      expect(output()).toEndWith("\n/dev/null\n0\n1\n2\n3\n");
    });

    test("runs a program that is named like a shell builtin, and passes arguments as they are", async () => {
      await using place = makePlace();
      const odd = ["", " two  words ", "$HOME `id` \\n", "'\"", "-n", "*", "line\nbreak", "é\u0081ü€😀"];
      const { parent, output } = start(place, interpreter, { argv: ["printf", "<%s>", ...odd] });
      await parent.exited;
      expect(output()).toBe(odd.map((text) => `<${text}>`).join(""));
    });

    test.each([
      ["removes its folder", `rm -rf "$0"`],
      ["removes what notes its start", `rm "$0/start"`],
      ["puts a folder in the place of its result", `mkdir -p "$0/exit.json/full"`],
      ["puts a FIFO there", `mkfifo "$0/exit.json"`],
      ["puts a link there", `ln -s /dev/full "$0/exit.json"`],
      ["forges its result", `echo '{"status":0,"sawTerm":false}' >"$0/exit.json"`],
      ["takes the rights to its folder away", `chmod 000 "$0"`],
    ])("records the end of a job that %s", async (_, line) => {
      await using place = makePlace();
      const argv = ["/bin/sh", "-c", `${line}; kill -9 $$`, place.file("attempt")];
      const { parent } = start(place, interpreter, { argv });
      expect(await parent.exited).toBe(137);
      expect(exitRecord(place)).toMatchObject({ status: 137, signalled: true });
    });

    test("ends with the job's exit code where the result can never be written", async () => {
      await using place = makePlace();
      const argv = ["/bin/sh", "-c", `rm -rf "$0"; touch "$0"; exit 9`, place.file("attempt")];
      const { parent } = start(place, interpreter, { argv });
      expect(await parent.exited).toBe(9);
      expect(place.read("attempt")).toBe("");
    });

    test("is not found by a search for the job's command line", async () => {
      await using place = makePlace();
      const argv = ["/bin/sh", "-c", "tr '\\0' ' ' </proc/$PPID/cmdline", "night-run.py"];
      const { parent, output } = start(place, interpreter, { argv });
      await parent.exited;
      expect(output()).toContain("_stint_job");
      expect(output()).not.toContain("night-run");
      expect(output()).not.toContain(place.path);
    });

    test("passes more arguments than one variable can name", async () => {
      await using place = makePlace();
      const many = Array.from({ length: 5_003 }, (_, index) => `n${index}`);
      const { parent, output } = start(place, interpreter, { argv: ["printf", "%s\n", ...many] });
      await parent.exited;
      expect(output()).toBe(many.map((text) => `${text}\n`).join(""));
    });

    test("puts the job, and not itself, into its group", async () => {
      await using place = makePlace();
      mkdirSync(place.file("group"));
      place.write("group/cgroup.procs", "");
      const { parent } = start(place, interpreter, { argv: ["/bin/true"], group: place.file("group") });
      await parent.exited;
      // 0 stands for the writer.
      expect(place.read("group/cgroup.procs")).toBe("0\n");
      expect(place.read("attempt/start")?.split("\n")[3]).toBe(place.file("group"));
    });

    test("keeps its own variables to itself", async () => {
      await using place = makePlace();
      const { parent, output } = start(place, interpreter, { argv: ["/usr/bin/env"] });
      await parent.exited;
      expect(output()).not.toContain("_stint");
      expect(output()).toContain(`STINT_TOKEN=${place.token}\n`);
    });

    test("a missing program gives 127, and one that cannot run 126, with the reason in the log", async () => {
      await using place = makePlace();
      const { parent, output } = start(place, interpreter, { argv: [place.write("data", "x", 0o600)] });
      await parent.exited;
      expect(exitRecord(place)).toMatchObject({ status: 126, sawTerm: false });
      expect(output()).toContain("ermission denied");
    });
  },
);

test("a TERM before the job began counts as the job's end", async () => {
  await using place = makePlace();
  mkdirSync(place.file("attempt"));
  const { argv, environment } = invocation(place, { argv: ["/bin/sh", "-c", "echo RAN >&2"] });
  const { _stint_begin: begin = "" } = environment;
  // The signal arrives right after the start was recorded.
  const told = begin.replace("exec 2>&4", () => "kill -TERM $$; exec 2>&4");
  expect(told).not.toBe(begin);
  const parent = Bun.spawn([...argv], {
    env: { ...environment, _stint_begin: told },
    stdio: ["ignore", "ignore", Bun.file(place.file("log"))],
  });
  expect(await parent.exited).toBe(143);
  expect(exitRecord(place)).toMatchObject({ status: 143, signalled: true, sawTerm: true });
  expect(readFileSync(place.file("log"), "utf8")).toBe("");
});
