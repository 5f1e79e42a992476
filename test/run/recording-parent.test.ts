import { describe, expect, test } from "bun:test";
import { mkdirSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { bootId, startTimeIn } from "../../src/lib/host.ts";
import { recordingArguments } from "../../src/run/recording-parent.ts";
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
  job: { argv: readonly string[]; umask?: string },
): Started {
  const { argv, umask = "" } = job;
  mkdirSync(place.file("attempt"), { mode: 0o700 });
  const parent = Bun.spawn(
    [
      ...interpreter,
      ...recordingArguments({ directory: place.file("attempt"), umask, bootId: bootId(), argv }),
    ],
    {
      detached: true,
      stdio: ["ignore", Bun.file(place.file("log")), Bun.file(place.file("log"))],
      env: { PATH: process.env["PATH"] ?? "", STINT_TOKEN: place.token },
    },
  );
  return { parent, output: () => place.read("log") ?? "" };
}

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

    test.each([
      ["exit 0", 0],
      ["exit 3", 3],
      ["exit 137", 137],
      ["exit 255", 255],
      ["kill -9 $$", 137],
      ["kill -SEGV $$", 139],
      ["kill -64 $$", 192],
    ])("records the status of `%s`", async (line, status) => {
      await using place = makePlace();
      const { parent, output } = await run(place, line);
      expect(exitRecord(place)).toEqual({ status, sawTerm: false });
      expect(parent.exitCode).toBe(0);
      // "Killed" and its like are the shell's, not the job's.
      expect(output()).toBe("");
    });

    test("records its pid, boot and start time before the job runs", async () => {
      await using place = makePlace();
      const { parent, output } = start(place, interpreter, {
        argv: ["/bin/sh", "-c", `cat "$1"; cat /proc/$PPID/stat`, "job", place.file("attempt/start")],
      });
      await parent.exited;
      const [pid, boot, stat = "", own = ""] = output().split("\n");
      expect(pid).toBe(String(parent.pid));
      expect(boot).toBe(bootId());
      expect(startTimeIn(stat)).toMatch(/^\d+$/);
      expect(startTimeIn(stat)).toBe(startTimeIn(own));
    });

    test("runs nothing and writes nothing where somebody else made the start file", async () => {
      await using place = makePlace();
      mkdirSync(place.file("attempt"));
      place.write("attempt/start", "seized\n");
      rmSync(place.file("log"), { force: true });
      const argv = ["/bin/sh", "-c", "echo RAN"];
      const parent = Bun.spawn(
        [
          ...interpreter,
          ...recordingArguments({ directory: place.file("attempt"), umask: "", bootId: "b", argv }),
        ],
        { stdio: ["ignore", Bun.file(place.file("log")), Bun.file(place.file("log"))] },
      );
      expect(await parent.exited).toBe(1);
      expect(readdirSync(place.file("attempt"))).toEqual(["start"]);
      expect(place.read("attempt/start")).toBe("seized\n");
      expect(place.read("log")).toBe("");
    });

    test("a TERM to the group ends the job, is noted, and does not end the parent", async () => {
      await using place = makePlace();
      const { parent, output } = start(place, interpreter, {
        argv: ["/bin/sh", "-c", "echo up; exec sleep 60"],
      });
      await until(() => output() === "up\n");
      process.kill(-parent.pid, "SIGTERM");
      expect(await parent.exited).toBe(0);
      expect(exitRecord(place)).toEqual({ status: 143, sawTerm: true });
    });

    test("a job that answers TERM with exit 0 is still on record as told to end", async () => {
      await using place = makePlace();
      const { parent, output } = start(place, interpreter, {
        argv: ["/bin/sh", "-c", "trap 'exit 0' TERM; echo up; while :; do sleep 0.02; done"],
      });
      await until(() => output() === "up\n");
      process.kill(-parent.pid, "SIGTERM");
      await parent.exited;
      expect(exitRecord(place)).toEqual({ status: 0, sawTerm: true });
    });

    test.each(["SIGHUP", "SIGINT", "SIGQUIT", "SIGPIPE", "SIGALRM", "SIGUSR1", "SIGUSR2"] as const)(
      "%s to the parent ends neither it nor the job, and is not noted",
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
        expect(await parent.exited).toBe(0);
        expect(exitRecord(place)).toEqual({ status: 5, sawTerm: false });
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

    test("takes a program that is named like a built-in command for a program, and passes arguments as they are", async () => {
      await using place = makePlace();
      const odd = ["", " two  words ", "$HOME `id` \\n", "'\"", "-n", "*", "line\nbreak", "é\u0081ü€😀"];
      const { parent, output } = start(place, interpreter, { argv: ["printf", "<%s>", ...odd] });
      await parent.exited;
      expect(output()).toBe(odd.map((text) => `<${text}>`).join(""));
    });

    test("keeps its own variables to itself", async () => {
      await using place = makePlace();
      const { parent, output } = start(place, interpreter, { argv: ["/usr/bin/env"] });
      await parent.exited;
      expect(output()).not.toContain("_stint");
      expect(output()).toContain(`STINT_TOKEN=${place.token}\n`);
    });

    test("a program that is not there is 127, and one that cannot run 126, with the reason in the log", async () => {
      await using place = makePlace();
      const { parent, output } = start(place, interpreter, { argv: [place.write("data", "x", 0o600)] });
      await parent.exited;
      expect(exitRecord(place)).toEqual({ status: 126, sawTerm: false });
      expect(output()).toContain("ermission denied");
    });
  },
);

test("a TERM before the job began is taken for the job's end", async () => {
  await using place = makePlace();
  mkdirSync(place.file("attempt"));
  const argv = ["/bin/sh", "-c", "echo RAN >&2"];
  const [flag = "", text = "", ...rest] = recordingArguments({
    directory: place.file("attempt"),
    umask: "",
    bootId: "b",
    argv,
  });
  // The signal arrives right after the start was recorded.
  const told = text.replace("set +C", () => "kill -TERM $$; set +C");
  expect(told).not.toBe(text);
  const parent = Bun.spawn(["/bin/sh", flag, told, ...rest], {
    stdio: ["ignore", "ignore", Bun.file(place.file("log"))],
  });
  expect(await parent.exited).toBe(0);
  expect(exitRecord(place)).toEqual({ status: 143, sawTerm: true });
  expect(readFileSync(place.file("log"), "utf8")).toBe("");
});
