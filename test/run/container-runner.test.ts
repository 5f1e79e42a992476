import { describe, expect, test } from "bun:test";
import { mkdirSync, rmSync } from "node:fs";
import { resolve } from "node:path";
import { bootId } from "../../src/lib/host.ts";
import { type RunnerOrder, runnerArguments } from "../../src/run/container-runner.ts";
import { PROGRAMS } from "../rig/surroundings.ts";
import { makePlace, type Place, until } from "./rig.ts";

/** The shells that are /bin/sh somewhere: Debian and Ubuntu; Fedora, Arch and macOS; Alpine. */
const SHELLS = [["dash"], ["bash", "--posix"], ["busybox", "sh"]].filter(
  ([name = ""]) => Bun.which(name) !== null,
);

/** What a test puts into the fake engine's folder: its `job`, and what else steers it. */
type Steering = Readonly<Record<string, string>> & { readonly job: string };

interface Runner {
  readonly pid: number;
  readonly ended: Promise<unknown>;
  /** The content of a file of the attempt, empty where there is none. */
  readonly read: (name: string) => string;
}

/** Starts a runner as the leader of a group, as a recording parent or the supervisor does. */
function start(
  place: Place,
  interpreter: readonly string[],
  {
    files,
    logs = ["output.log"],
    isDirect = false,
  }: { files: Steering; logs?: readonly string[]; isDirect?: boolean },
): Runner {
  mkdirSync(place.file("attempt"), { mode: 0o700 });
  for (const [name, text] of Object.entries(files)) place.write(name, text);
  for (const name of logs) place.write(`attempt/${name}`, "");
  return startRunner(place, interpreter, { mode: "run", logs, isDirect });
}

function startRunner(
  place: Place,
  interpreter: readonly string[],
  {
    mode,
    logs,
    isDirect = false,
  }: { mode: RunnerOrder["mode"]; logs: readonly string[]; isDirect?: boolean },
): Runner {
  const [out = "", err = out] = logs.map((name) => place.file(`attempt/${name}`));
  const [, ...args] = runnerArguments({
    mode,
    directory: place.file("attempt"),
    engine: resolve("test/run/fixtures/fake-engine"),
    name: `stint-${place.token}`,
    graceMs: 30_000,
    image: "image",
    pull: "never",
    pullTimeoutMs: 1_000,
    bootId: bootId(),
    parent: "",
    memory: "",
    manager: "",
    mayBeDirect: isDirect,
    flags: ["image"],
  });
  const env = {
    PATH: PROGRAMS,
    FAKE_ENGINE: place.path,
    TOKEN: place.token,
    STINT_TOKEN: place.token,
  };
  // Both append, as the real ones do: the runner empties the files while the engine writes.
  const line = `exec "$@" >>"${out}" 2>>"${err}"`;
  const child = Bun.spawn(["/bin/sh", "-c", line, "sh", ...interpreter, ...args], {
    detached: true,
    stdio: ["ignore", "ignore", "ignore"],
    env,
  });
  return { pid: child.pid, ended: child.exited, read: (name) => place.read(`attempt/${name}`) ?? "" };
}

const calls = (place: Place, verb: string): number =>
  (place.read("calls") ?? "").split("\n").filter((line) => `${line} `.startsWith(`${verb} `)).length;

const POLITE = `trap 'echo heard; exit 9' TERM; echo up; while :; do sleep 0.05; done`;
/** The engine's own words, with which podman ends well all the same. */
const WORDS = `time="2024-01-01T00:00:00Z" level=error msg="Waiting for container to exit: unexpected end of JSON input"`;

describe.each(SHELLS.map((interpreter) => ({ name: interpreter.join(" "), interpreter })))(
  "under $name",
  ({ interpreter }) => {
    test.concurrent.each([
      ["alone", 1],
      ["with its group", -1],
    ])("a TERM to the runner %s is passed on, once, and the output is whole", async (_whom, sign) => {
      await using place = makePlace();
      const { pid, ended, read } = start(place, interpreter, { files: { job: POLITE } });
      await until(() => read("container-logs") !== "" && place.read("out") === "up\n");
      process.kill(sign * pid, "SIGTERM");
      await ended;
      expect(read("container-end")).toBe("exited 9 false\n");
      expect(read("output.log")).toBe("up\nheard\n");
      expect(calls(place, "stop")).toBe(1);
    });

    test("a job that puts folders, pipes and links in the place of the notes is seen to its end", async () => {
      await using place = makePlace();
      // The runner writes some of them again and again.
      const put = (name: string, how: string) => `until ${how} ${name} 2>/dev/null; do rm -f ${name}; done\n`;
      const job = `cd attempt; echo up
        mkdir -p container-end/full
        ${put("container-end.new", "mkfifo")} ${put("container-look", "mkfifo")}
        ${put("container-error", "ln -s /dev/full")} exit 4`;
      const { ended, read } = start(place, interpreter, { files: { job } });
      await ended;
      expect(read("container-end")).toBe("exited 4 false\n");
      expect(read("output.log")).toBe("up\n");
    });

    test.concurrent.each([
      ["the container's first process is the engine's runtime", {}],
      [
        "the look at it was killed",
        { "on-inspect": 'test ! -e told || { echo >>seen; test "$(wc -l <seen)" != 2 || kill -KILL $$; }' },
      ],
    ])("a TERM while %s waits for the job", async (_what, files) => {
      await using place = makePlace();
      const runtime = "trap : TERM; until test -e told; do sleep 0.05; done; sleep 1";
      const { pid, ended, read } = start(place, interpreter, { files: { ...files, job: POLITE, runtime } });
      await until(() => read("container-logs") !== "");
      place.write("told", "");
      process.kill(-pid, "SIGTERM");
      await ended;
      expect(read("container-end")).toBe("exited 9 false\n");
      expect(read("output.log")).toBe("up\nheard\n");
    });

    test.concurrent("a command that a signal took is asked again, and no shell speaks of it in the output", async () => {
      await using place = makePlace();
      const once = "test -e seen || { : >seen; kill -TERM $$; sleep 1; }";
      const { pid, ended, read } = start(place, interpreter, { files: { job: POLITE, "on-stop": once } });
      await until(() => read("container-logs") !== "" && place.read("out") === "up\n");
      process.kill(pid, "SIGTERM");
      await ended;
      expect(read("container-end")).toBe("exited 9 false\n");
      expect(read("output.log")).toBe("up\nheard\n");
      expect(calls(place, "stop")).toBe(2);
    });

    const SAYS = "echo one; echo two; echo Error: of the job >&2; sleep 0.3; exit 3";
    test.concurrent.each([
      [
        "ends with an error of its own",
        `until test -s code; do sleep 0.05; done; echo one; echo '${WORDS}' >&2; exit 0`,
      ],
      ["ends early", "echo one; exit 0"],
      ["loses lines at the end", "sleep 1; echo one; exit 0"],
      ["fails", `echo one; echo 'Error: of the engine' >&2; exit 125`],
      ["fails again and again", `echo one; echo 'Error: of the engine' >&2; exit 125`],
    ])("where what follows the output %s, the output is whole and only the job's", async (how, what) => {
      await using place = makePlace();
      const isOnce = !how.endsWith("again");
      const line = `case $all in *' -f '*) ${isOnce ? "test -e seen || { : >seen; " : ""}${what}${isOnce ? "; }" : ""} ;; esac`;
      const { ended, read } = start(place, interpreter, { files: { job: SAYS, "on-logs": line } });
      await ended;
      expect(read("container-end")).toBe("exited 3 false\n");
      expect(read("output.log")).toBe("one\ntwo\nError: of the job\n");
    });

    test.concurrent.each([
      ["is left as it is where its end is right", "cat out", 0],
      ["is written anew where its end is lost", "head -n 50 out", 1],
    ])("an output that is over its cap %s", async (_how, followed, rewritten) => {
      await using place = makePlace();
      const job = "until test -e go; do sleep 0.05; done; seq 1 60; exit 3";
      const cut = "[stint: 7 bytes were cut here]";
      const line = `case $all in *' -f '*) printf 'head\\n\\n${cut}\\n'; until test -s code; do sleep 0.05; done; ${followed}; exit 0 ;; esac`;
      const { ended, read } = start(place, interpreter, { files: { job, "on-logs": line } });
      await until(() => read("output.log").includes(cut));
      place.write("go", "");
      await ended;
      expect(read("output.log")).toEndWith("59\n60\n");
      expect(read("output.log").includes(cut)).toBe(rewritten === 0);
      expect(calls(place, `logs stint-${place.token}`)).toBe(rewritten);
    });

    test.concurrent("two outputs of which one is over its cap are left as they are", async () => {
      await using place = makePlace();
      const job = "until test -e go; do sleep 0.05; done; seq 1 60; exit 3";
      const cut = "[stint: 7 bytes were cut here]";
      const line = `case $all in *' -f '*) printf 'head\\n\\n${cut}\\n'; until test -s code; do sleep 0.05; done; cat out; exit 0 ;; esac`;
      const logs = ["stdout.log", "stderr.log"];
      const { ended, read } = start(place, interpreter, { files: { job, "on-logs": line }, logs });
      await until(() => read("stdout.log").includes(cut));
      place.write("go", "");
      await ended;
      expect(read("stdout.log")).toContain(cut);
      expect(read("stdout.log")).toEndWith("59\n60\n");
      expect(calls(place, `logs stint-${place.token}`)).toBe(0);
    });

    test.concurrent("the two outputs are apart where they are to be", async () => {
      await using place = makePlace();
      const line = `case $all in *' -f '*) echo '${WORDS}' >&2; exit 0 ;; esac`;
      const logs = ["stdout.log", "stderr.log"];
      const { ended, read } = start(place, interpreter, { files: { job: SAYS, "on-logs": line }, logs });
      await ended;
      expect(logs.map(read)).toEqual(["one\ntwo\n", "Error: of the job\n"]);
    });

    test.concurrent("an engine that never gives the output has its say beside it", async () => {
      await using place = makePlace();
      const line = "echo 'Error: of the engine' >&2; exit 125";
      const { ended, read } = start(place, interpreter, { files: { job: SAYS, "on-logs": line } });
      await ended;
      expect(read("container-end")).toBe("exited 3 false\n");
      expect(read("output.log")).toBe("");
      expect(read("container-error")).toBe("Error: of the engine\n");
    });

    test.concurrent("an end that what follows the output has missed is seen all the same", async () => {
      await using place = makePlace();
      const line = "case $all in *' -f '*) echo one; test -s code || while :; do sleep 0.1; done ;; esac";
      const { ended, read } = start(place, interpreter, { files: { job: SAYS, "on-logs": line } });
      await ended;
      expect(read("container-end")).toBe("exited 3 false\n");
      expect(read("output.log")).toBe("one\ntwo\nError: of the job\n");
    });

    test.concurrent.each([
      ["that the engine keeps", false],
      ["that the job writes itself", true],
    ])(
      "one that was killed leaves to the next what it was at, with the output %s",
      async (_where, isDirect) => {
        await using place = makePlace();
        const job = "echo one; until test -e go; do sleep 0.05; done; echo two; exit 3";
        const { pid, ended, read } = start(place, interpreter, { files: { job }, isDirect });
        const said = (): string | null => (isDirect ? read("output.log") : place.read("out"));
        await until(() => read("container-logs") !== "" && said() === "one\n");
        process.kill(pid, "SIGKILL");
        await ended;
        // As a job may that clears its run directory.
        rmSync(place.file("attempt/container-direct"), { force: true });
        const next = startRunner(place, interpreter, { mode: "follow", logs: ["output.log"], isDirect });
        place.write("go", "");
        await next.ended;
        expect(read("container-end")).toBe("exited 3 false\n");
        expect(read("output.log")).toBe("one\ntwo\n");
      },
    );

    test.concurrent("a job that writes its logs itself needs no command that follows them", async () => {
      await using place = makePlace();
      const logs = ["stdout.log", "stderr.log"];
      const { ended, read } = start(place, interpreter, { files: { job: SAYS }, logs, isDirect: true });
      await ended;
      expect(read("container-end")).toBe("exited 3 false\n");
      expect(logs.map(read)).toEqual(["one\ntwo\n", "Error: of the job\n"]);
      expect(calls(place, "logs")).toBe(0);
    });

    test.concurrent("the words of an engine that made no container are none of the job's", async () => {
      await using place = makePlace();
      const line = "echo 'Error: of the engine' >&2; exit 125";
      const { ended, read } = start(place, interpreter, {
        files: { job: SAYS, "on-run": line },
        isDirect: true,
      });
      await ended;
      expect(read("container-end")).toBe("engine 125\n");
      expect([read("output.log"), read("container-error")]).toEqual(["", "Error: of the engine\n"]);
    });

    test.concurrent("where the engine cannot let the job write, its output is followed", async () => {
      await using place = makePlace();
      const line =
        "case $all in *' passthrough '*) echo 'Error: invalid log driver: invalid argument' >&2; exit 125 ;; esac";
      const { ended, read } = start(place, interpreter, {
        files: { job: SAYS, "on-run": line },
        isDirect: true,
      });
      await ended;
      expect(read("container-end")).toBe("exited 3 false\n");
      expect(read("output.log")).toBe("one\ntwo\nError: of the job\n");
    });

    test.concurrent("the command that makes the container has noted itself when it begins", async () => {
      await using place = makePlace();
      const line = `test "$(cat attempt/container-starter)" = $$ || exit 125`;
      const { ended, read } = start(place, interpreter, { files: { job: "exit 4", "on-run": line } });
      await ended;
      expect(read("container-end")).toBe("exited 4 false\n");
    });
  },
);
