import { describe, expect, test } from "bun:test";
import { rmSync } from "node:fs";
import { calls, isFollowed, POLITE, SHELLS, start, startRunner, WORDS } from "./container-rig.ts";
import { makePlace, until } from "./rig.ts";

describe.each(SHELLS.map((interpreter) => ({ name: interpreter.join(" "), interpreter })))(
  "under $name",
  ({ interpreter }) => {
    test.concurrent.each([
      ["alone", 1, false],
      ["with its group", -1, false],
      ["with its group, of a container on another machine,", -1, true],
    ])(
      "a TERM to the runner %s is passed on once, and the output is complete",
      async (_whom, sign, isRemote) => {
        await using place = makePlace();
        const { pid, ended, read } = start(place, interpreter, { files: { job: POLITE }, isRemote });
        await until(() => isFollowed(read) && place.read("out") === "up\n");
        process.kill(sign * pid, "SIGTERM");
        await ended;
        expect(read("container-end")).toBe("exited 9 false\n");
        expect(read("output.log")).toBe("up\nheard\n");
        expect(calls(place, "stop")).toBe(1);
      },
    );

    test("a job that replaces the runner's notes by folders, pipes and links is followed to its end", async () => {
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
    ])("a TERM while %s still waits for the job", async (_what, files) => {
      await using place = makePlace();
      const runtime = "trap : TERM; until test -e told; do sleep 0.05; done; sleep 1";
      const { pid, ended, read } = start(place, interpreter, { files: { ...files, job: POLITE, runtime } });
      await until(() => isFollowed(read));
      place.write("told", "");
      process.kill(-pid, "SIGTERM");
      await ended;
      expect(read("container-end")).toBe("exited 9 false\n");
      expect(read("output.log")).toBe("up\nheard\n");
    });

    test.concurrent("an engine command that a signal killed is run again, and no shell message is in the output", async () => {
      await using place = makePlace();
      const once = "test -e seen || { : >seen; kill -TERM $$; sleep 1; }";
      const { pid, ended, read } = start(place, interpreter, { files: { job: POLITE, "on-stop": once } });
      await until(() => isFollowed(read) && place.read("out") === "up\n");
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
    ])(
      "the output is complete and only the job's where the command that follows it %s",
      async (how, what) => {
        await using place = makePlace();
        const isOnce = !how.endsWith("again");
        const line = `case $all in *' -f '*) ${isOnce ? "test -e seen || { : >seen; " : ""}${what}${isOnce ? "; }" : ""} ;; esac`;
        const { ended, read } = start(place, interpreter, { files: { job: SAYS, "on-logs": line } });
        await ended;
        expect(read("container-end")).toBe("exited 3 false\n");
        expect(read("output.log")).toBe("one\ntwo\nError: of the job\n");
      },
    );

    test.concurrent.each([
      ["is left as it is where its end is right", "cat out", 0],
      ["is rewritten where its end is lost", "head -n 50 out", 1],
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

    test.concurrent("two outputs stay as they are where one is over its cap", async () => {
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

    test.concurrent("stdout and stderr are separate where that is asked for", async () => {
      await using place = makePlace();
      const line = `case $all in *' -f '*) echo '${WORDS}' >&2; exit 0 ;; esac`;
      const logs = ["stdout.log", "stderr.log"];
      const { ended, read } = start(place, interpreter, { files: { job: SAYS, "on-logs": line }, logs });
      await ended;
      expect(logs.map(read)).toEqual(["one\ntwo\n", "Error: of the job\n"]);
    });

    test.concurrent("the message of an engine that never gives the output is kept beside the log", async () => {
      await using place = makePlace();
      const line = "echo 'Error: of the engine' >&2; exit 125";
      const { ended, read } = start(place, interpreter, { files: { job: SAYS, "on-logs": line } });
      await ended;
      expect(read("container-end")).toBe("exited 3 false\n");
      expect(read("output.log")).toBe("");
      expect(read("container-error")).toBe("Error: of the engine\n");
    });

    test.concurrent.each([
      ["on this machine", false],
      ["on another machine", true],
    ])("an end %s that the command that follows the output missed is noticed", async (_where, isRemote) => {
      await using place = makePlace();
      const line = "case $all in *' -f '*) echo one; test -s code || while :; do sleep 0.1; done ;; esac";
      const { ended, read } = start(place, interpreter, { files: { job: SAYS, "on-logs": line }, isRemote });
      await ended;
      expect(read("container-end")).toBe("exited 3 false\n");
      expect(read("output.log")).toBe("one\ntwo\nError: of the job\n");
    });

    // busybox sleeps by itself, and so for a minute.
    const canHurry = interpreter[0] !== "busybox";
    test.concurrent.if(canHurry)(
      "a container whose engine never hears of its end has one all the same",
      async () => {
        await using place = makePlace();
        // Of a container whose monitor was killed podman goes on to say that it runs.
        const line = `case $all in *State*) echo "running 0 false / $(cat pid)"; exit ;; esac`;
        const job = "echo one; until test -s attempt/container-pid; do sleep 0.05; done; exit 3";
        const sleep = "#!/bin/sh\nexec /bin/sleep 0.01\n";
        const { ended, read } = start(place, interpreter, {
          files: { job, sleep, "on-inspect": line },
          isDirect: true,
        });
        await ended;
        expect(read("container-end")).toBe("dead\n");
        expect(read("output.log")).toBe("one\n");
      },
    );

    test.concurrent.each([
      ["that the engine keeps", false, false],
      ["that the job writes itself", true, false],
      ["that an engine on another machine keeps", false, true],
      ["that the job writes itself under an engine on another machine", true, true],
    ])(
      "the next runner continues the work of a killed one, with the output %s",
      async (_where, isDirect, isRemote) => {
        await using place = makePlace();
        const job = "echo one; until test -e go; do sleep 0.05; done; echo two; exit 3";
        const { pid, ended, read } = start(place, interpreter, { files: { job }, isDirect, isRemote });
        const said = (): string | null => (isDirect ? read("output.log") : place.read("out"));
        await until(() => isFollowed(read) && said() === "one\n");
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

    test.concurrent("a job that writes its log itself needs no command that follows it", async () => {
      await using place = makePlace();
      const logs = ["stdout.log", "stderr.log"];
      const { ended, read } = start(place, interpreter, { files: { job: SAYS }, logs, isDirect: true });
      await ended;
      expect(read("container-end")).toBe("exited 3 false\n");
      expect(logs.map(read)).toEqual(["one\ntwo\n", "Error: of the job\n"]);
      expect(calls(place, "logs")).toBe(0);
    });

    test.concurrent("the message of an engine that made no container is not part of the log", async () => {
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

    test.concurrent("the output is followed where the engine cannot let the job write it", async () => {
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

    test.concurrent("the command that makes the container is recorded when it begins", async () => {
      await using place = makePlace();
      const line = `test "$(cat attempt/container-starter)" = $$ || exit 125`;
      const { ended, read } = start(place, interpreter, { files: { job: "exit 4", "on-run": line } });
      await ended;
      expect(read("container-end")).toBe("exited 4 false\n");
    });
  },
);
