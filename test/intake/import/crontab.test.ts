import { describe, expect, test } from "bun:test";
import { parse } from "yaml";
import { renderDiagnostic } from "../../../src/intake/diagnostic.ts";
import { readCrontab } from "../../../src/intake/import/crontab.ts";
import type { ImportedFile } from "../../../src/intake/import/imported.ts";
import { cronFault } from "../../../src/plan/timetable.ts";
import { valueOf } from "../../rig/results.ts";

const CONTEXT = {
  file: "crontab",
  userName: "ada",
  userHome: "/home/ada",
  nowMs: Date.parse("2026-05-01T12:00:00Z"),
  timeZone: "UTC",
  cronFault,
};

const read = (text: string, isSystem = false) => readCrontab(text, { isSystem, context: CONTEXT });
const filesOf = (text: string): readonly ImportedFile[] => valueOf(read(text)).files;

interface Written {
  readonly task: { readonly run: string } & Record<string, unknown>;
  readonly [key: string]: unknown;
}

/** The keys of the schedule of a crontab's only line. */
function written(text: string): Written {
  const [file, another] = filesOf(text);
  expect(another).toBeUndefined();
  return parse(file?.text ?? "") as Written;
}

const faultsIn = (text: string, isSystem = false): string[] => {
  const result = read(text, isSystem);
  return result.ok ? [] : result.error.map((fault) => renderDiagnostic(fault).split("\n")[0] ?? "");
};

describe("a line of a crontab", () => {
  test("becomes a task with cron's own shell, folder and environment", () => {
    expect(written("30 2 * * *\tmake all # nightly")).toEqual({
      cron: "30 2 * * *",
      task: {
        run: "make all # nightly",
        runtime: "sh",
        cwd: "/home/ada",
        environment: "clear",
        env: { HOME: "/home/ada", LOGNAME: "ada", PATH: "/usr/bin:/bin", SHELL: "/bin/sh" },
      },
    });
  });

  test("has the variables above it, as they are, and not those below", () => {
    const text =
      'A = "b c" \nPATH=$HOME/bin:/bin\nHOME=/srv\nLOGNAME=eve\n"Q"=\'#\'\nE=\n0 0 * * * x\nLATE=1\n';
    const { env, cwd } = written(text).task;
    expect([env, cwd]).toEqual([
      // Stint would expand it, which cron does not.
      { A: "b c", PATH: "$$HOME/bin:/bin", HOME: "/srv", LOGNAME: "ada", Q: "#", E: "", SHELL: "/bin/sh" },
      "/srv",
    ]);
  });

  test.each([
    ["date +\\%F", "date +%F"],
    ["printf 'a\\\\b'", "printf 'a\\\\b'"],
    ["cat%one%two", "exec <<'STDIN'\none\ntwo\nSTDIN\ncat\n"],
    ["cat%50\\%%", "exec <<'STDIN'\n50%\nSTDIN\ncat\n"],
    ["cat%STDIN", "exec <<'STDIN_'\nSTDIN\nSTDIN_\ncat\n"],
    ["cat%", "cat"],
  ])("reads the percent signs of %s as cron does", (command, run) => {
    expect(written(`0 0 * * * ${command}`).task.run).toBe(run);
  });

  test.each([
    ["cd /srv/app && make", "/srv/app", "make"],
    ["cd ~/app&&make", "/home/ada/app", "make"],
    ['cd "$HOME/my app" && make && ls', "/home/ada/my app", "make && ls"],
    ["cd 'a $b' && make", "/home/ada/a $b", "make"],
    ["cd app && make", "/home/ada/app", "make"],
    ["cd $DIR && make", "/home/ada", "cd $DIR && make"],
    ["cd /srv; make", "/home/ada", "cd /srv; make"],
    ["cd - && make", "/home/ada", "cd - && make"],
  ])("runs %s in its folder", (command, cwd, run) => {
    expect(written(`0 0 * * * ${command}`).task).toMatchObject({ cwd, run });
  });

  test.each([
    ["SHELL=/bin/bash\n", "bash"],
    ["SHELL=/usr/local/bin/zsh\n", { command: "/usr/local/bin/zsh" }],
    ["PATH=/opt/bin\n", { command: "/bin/sh" }],
  ])("after %j runs in that shell", (above, runtime) => {
    expect(written(`${above}0 0 * * * x`).task["runtime"]).toEqual(runtime);
  });

  test("has the zone and the random delay of cronie", () => {
    const { timeZone, jitter } = written("CRON_TZ=Asia/Tokyo\nRANDOM_DELAY=45\n-0 0 * * * x");
    expect([timeZone, jitter]).toEqual(["Asia/Tokyo", "45m"]);
  });

  test("with MAILTO proposes a notice that is valid", () => {
    const [file] = filesOf("MAILTO=ops@example.org\n0 0 * * * x");
    const [, hook = ""] = /^# {3}(notify: .*)$/m.exec(file?.text ?? "") ?? [];
    expect(parse(hook)).toEqual({
      notify: {
        failure: {
          command: 'stint logs "$STINT_TASK_ID" | mail -s "$STINT_TASK_NAME failed" ops@example.org',
        },
      },
    });
  });
});

describe("the name of a line", () => {
  test.each([
    ["# Nightly backup!\n0 0 * * * x.sh", "nightly-backup"],
    ["# Backup\n# of all disks\n0 0 * * * x.sh", "backup"],
    ["# Backup\n\n0 0 * * * x.sh", "x"],
    ["# ------\n# m h  dom mon dow   command\n0 0 * * * x.sh", "x"],
    ["# 0 5 * * * old.sh\n0 0 * * * x.sh", "x"],
    ["0 0 * * * cd /srv && FOO=1 nice -n 10 /usr/bin/python3 -u /srv/report.py --all", "report"],
    ["0 0 * * * flock -n /tmp/a.lock /opt/sync", "sync"],
    ["0 0 * * * [ -x /usr/sbin/tidy ] && /usr/sbin/tidy", "tidy"],
    ["0 0 * * * sudo -u www-data php -f /srv/tick.php", "tick"],
    ["0 0 * * * : ", "cron"],
  ])("of %j is %s", (text, name) => {
    expect(filesOf(text).map((file) => file.name)).toEqual([name]);
  });

  test("is another for each line", () => {
    const names = filesOf("@daily xy\n@weekly xy\n# xy\n@monthly z\n").map(({ name }) => name);
    expect(names).toEqual(["xy", "xy-2", "xy-3"]);
  });
});

describe("a crontab", () => {
  test("with lines that are none of cron's is refused, with all of them", () => {
    expect(faultsIn("0 0 * * *\n* * * *\nhello\n61 0 * * * x\nCRON_TZ=Mars/One\n0 0 * * * x\n")).toEqual([
      expect.stringMatching(/^crontab:1:1: the line is not one of a crontab/),
      expect.stringMatching(/^crontab:2:1: the line is not one of a crontab/),
      expect.stringMatching(/^crontab:3:1: the line is not one of a crontab/),
    ]);
    expect(faultsIn("61 0 * * * x\nCRON_TZ=Mars/One\n0 0 * * * x\n")).toHaveLength(2);
  });

  test("of the system names users: yours is imported, another is refused", () => {
    const own = valueOf(read("0 0 * * * ada make all\n", true)).files;
    expect(own.map(({ text }) => (parse(text) as Written).task.run)).toEqual(["make all"]);
    expect(faultsIn("0 0 * * * ada make\n0 0 * * * root make\n0 0 * * * root\n", true)).toEqual([
      expect.stringMatching(/^crontab:3:1: the line has no user and command/),
    ]);
    expect(faultsIn("0 0 * * * ada make\n0 0 * * * root make\n", true)).toEqual([
      "crontab:2:1: the line is for the user root, and you are ada",
    ]);
  });

  test("with @reboot has that line left out, with what to use", () => {
    const { files, leftOut } = valueOf(read("@reboot x\n"));
    expect(files).toEqual([]);
    expect(leftOut).toEqual([{ line: 1, what: expect.stringContaining("`stint service install`") }]);
  });
});
