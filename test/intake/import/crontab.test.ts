import { describe, expect, test } from "bun:test";
import { parse } from "yaml";
import { renderDiagnostic } from "../../../src/intake/diagnostic.ts";
import { readCrontab } from "../../../src/intake/import/crontab.ts";
import type { ImportedFile } from "../../../src/intake/import/imported.ts";
import { readSchedule } from "../../../src/intake/schedule.ts";
import { expanded } from "../../../src/model/expansion.ts";
import { cronFault } from "../../../src/plan/timetable.ts";
import { fc } from "../../rig/fast-check.ts";
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
        name: "make",
        run: "make all # nightly",
        runtime: "sh",
        cwd: "/home/ada",
        retries: 0,
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

/** Texts of a crontab's line: anything but what ends a line, with the signs that YAML and the shell read. */
const anyText = fc.oneof(
  fc.string({ unit: fc.constantFrom(..."abcdefgxyz '\"#:{}[]&*!|>-?,@`$~\\=/\t".split("")) }),
  fc.string({ unit: "binary" }),
);

test("any command and any variable come over as they are, in a schedule that is valid", () => {
  const line = anyText.map((text) => text.replaceAll(/[\n\r%\0]|\p{Cs}/gu, "").trim());
  fc.assert(
    fc.property(line, line, (command, value) => {
      fc.pre(!/^(?:cd\b|ada\b|root\b|[*?]|$)/.test(command) && !/^["']|\$\{\{/.test(value + command));
      const [file] = filesOf(`VALUE=${value === "" ? '""' : value}\n0 0 * * * ${command}\n`);
      expect((parse(file?.text ?? "") as Written).task.run).toBe(command);
      const of = { name: file?.name ?? "", file: "a.yaml", defaultCwd: "/", home: "/", defaultName: "a" };
      const { work } = valueOf(readSchedule(file?.text ?? "", { ...CONTEXT, ...of, dataFolder: "/" }));
      const [draft] = work.type === "tasks" ? work.drafts : [];
      const kept = draft?.spec.kind.env?.["VALUE"] ?? "";
      expect(expanded("VALUE", kept, () => undefined).text).toBe(value);
    }),
  );
});

test("a shell that has no here-document gets its standard input from sh", () => {
  const { run, runtime } = written("SHELL=/usr/bin/fish\n0 0 * * * echo 'a'%b").task;
  expect([run, runtime]).toEqual([
    `exec /usr/bin/fish -c 'echo '\\''a'\\''' <<'STDIN'\nb\nSTDIN\n`,
    { command: "/bin/sh" },
  ]);
});

describe("the name of a line", () => {
  test.each([
    ["# Nightly backup!\n0 0 * * * x.sh", "nightly-backup"],
    ["# Backup\n# of all disks\n0 0 * * * x.sh", "backup"],
    ["# Backup\n\n0 0 * * * x.sh", "x"],
    ["# ------\n# m h  dom mon dow   command\n0 0 * * * x.sh", "x"],
    ["# Old\n# 0 5 * * * old.sh\n0 0 * * * x.sh", "x"],
    ["# How to\n#\n# The job\n0 0 * * * x.sh", "the-job"],
    ["# Example\n# *  *  *  *  * user command\n0 0 * * * x.sh", "x"],
    ["# DO NOT EDIT THIS FILE - edit the master\n# (Cron version -- $Id$)\n0 0 * * * x.sh", "x"],
    [
      "# Copies the whole of the database to the other machine\n0 0 * * * x",
      "copies-the-whole-of-the-database-to-the",
    ],
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
  test("with lines that cron could not read is refused, with all of them", () => {
    const text = "0 0 * * *\nhello\n61 0 * * * x\n0 0 1 * * * x\nCRON_TZ=Mars/One\n0 0 * * * x\n";
    const line =
      "the line is not one of a crontab, wanted a comment, NAME=VALUE, or five fields and a command";
    expect(faultsIn(text)).toEqual([
      `crontab:1:1: ${line}`,
      `crontab:2:1: ${line}`,
      'crontab:3:1: "61 0 * * *" has "61" as its minute, wanted 0 to 59',
      'crontab:4:1: "0 0 1 * * *" has 6 fields, wanted five',
      'crontab:6:1: "0 0 * * *" is in the unknown time zone "Mars/One"',
    ]);
  });

  test("that is none is one fault, however many lines it has", () => {
    expect(faultsIn("services:\n  web:\n    image: nginx\n")).toEqual([
      "crontab:1:1: the text is no crontab, wanted lines of a minute, hour, day, month, day of the week and a command",
    ]);
  });

  test("of the system names users: yours is imported, another is refused", () => {
    const own = valueOf(read("0 0 * * * ada make all\n", true)).files;
    expect(own.map(({ text }) => (parse(text) as Written).task.run)).toEqual(["make all"]);
    expect(faultsIn("0 0 * * * ada make\n0 0 * * * root make\n0 0 * * * root\n", true)).toEqual([
      "crontab:2:1: the line is for the user root, and you are ada",
      expect.stringMatching(/^crontab:3:1: the line has no user and command/),
    ]);
    expect(faultsIn("0 0 * * * root make\n")).toEqual([
      "crontab:1:1: the command begins with the user root, wanted a program",
    ]);
    expect(faultsIn("0 0 * * * root -b -q macro.C\n")).toEqual([]);
  });

  test.each([
    [
      "make >> /var/log/make.log 2>&1",
      "its output goes to /var/log/make.log; without the redirection `stint logs` shows it",
    ],
    ["make > 'a b' 2>&1", "its output goes to 'a b'; without the redirection `stint logs` shows it"],
    ["make 2>&1 | mail -s '> x' ada", null],
    ["make &", "the command ends with `&`: what is left in the background is ended when the shell ends"],
    ["make && make check", null],
  ])("with %s is told of what differs there", (command, note) => {
    expect(filesOf(`0 0 * * * ${command}`).flatMap(({ notes }) => notes)).toEqual(
      note === null ? [] : [note],
    );
  });

  test("tells of a bashism that sh runs in the background, and of variables that are not expanded", () => {
    expect(filesOf("A=$B\nPATH=~/bin:/bin\n0 0 * * * make &> log").flatMap(({ notes }) => notes)).toEqual([
      "its output goes to log; without the redirection `stint logs` shows it",
      "`&>` is of bash: sh runs the command in the background; write `> FILE 2>&1`, or SHELL=/bin/bash",
      "A=$B is taken literally, as by cron",
      "PATH: `~` is the home directory, unlike under cron",
    ]);
    expect(filesOf("SHELL=/bin/bash\n0 0 * * * make &> log").flatMap(({ notes }) => notes)).toHaveLength(1);
  });

  test("with @reboot has that line left out, with what to use", () => {
    const { files, leftOut } = valueOf(read("@reboot x\n"));
    expect(files).toEqual([]);
    expect(leftOut).toEqual([{ line: 1, what: expect.stringContaining("`stint service install`") }]);
  });
});
