import { describe, expect, test } from "bun:test";
import { chmodSync, existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Ran, Stint } from "../rig/stint.ts";

/** Runs a program on a terminal of its own. */
const ON_TERMINAL = ["python3", "-c", "import pty, sys\nsys.exit(pty.spawn(sys.argv[1:]) >> 8)"];

/** Edits a task with a shell script as the editor, which gets the path as $1. */
function edit(stint: Stint, script: string, under: readonly string[] = []): Promise<Ran> {
  const editor = join(stint.root, "editor");
  writeFileSync(editor, `#!/bin/sh\n${script}\n`);
  chmodSync(editor, 0o700);
  return stint.run(["edit", "1"], { env: { EDITOR: editor, TMPDIR: stint.root }, under });
}

const leftIn = (stint: Stint): string[] =>
  readdirSync(stint.root).filter((name) => name.startsWith("stint-edit-"));

/** The text that was kept, by the path in a message. */
function keptText({ err }: Ran): string {
  return readFileSync(/your text is in (\S+)/.exec(err)?.[1] ?? "", "utf8");
}

describe("edit", () => {
  test("takes over the text of an editor, from a private file that it removes", async () => {
    await using stint = new Stint();
    await stint.ok(
      "submit",
      "--name",
      "job",
      "--memory",
      "1GB",
      "--label",
      "a=b",
      "--hold",
      "--",
      "echo",
      "a b",
    );
    const ran = await edit(
      stint,
      `stat -c %a "$1" "$(dirname "$1")" > $HOME/modes; cp "$1" $HOME/text
       sed -i -e 's/memory: 1GB/memory: 2GB/' -e '/^hold/d' "$1"; echo 'retries: 2' >> "$1"`,
    );
    expect(ran).toEqual({
      code: 0,
      out: "000001-job changed: memory 953.7 MiB → 1.9 GiB, retry.maxAttempts 4 → 3, retry.scope transient → any, hold true → false\n",
      err: "",
    });
    expect(stint.textOf("modes")).toBe("600\n700\n");
    expect(
      stint
        .textOf("text")
        .replace(/umask: .*\n/, "")
        .replace(/cwd: .*\n/, ""),
    ).toBe(
      [
        "#| Task 000001-job, queued. Save and close to change it. To change nothing, leave it as it is or empty it.",
        "#| Keys: stint help task-file. A key that is left out has its default.",
        "command:\n  - echo\n  - a b",
        "memory: 1GB\nhold: true\nlabels:\n  a: b\n",
      ].join("\n"),
    );
    expect(stint.record(1)).toMatchObject({
      metadata: { generation: 2, labels: { a: "b" } },
      spec: { resources: { memoryBytes: 2e9 }, hold: false, retry: { maxAttempts: 3, scope: "any" } },
    });
    expect(leftIn(stint)).toEqual([]);
  });

  test("does not claim a change where the text says the same in other words", async () => {
    await using stint = new Stint();
    await stint.ok("submit", "--name", "job", "--", "true");
    const ran = await edit(stint, 'echo "priority: 0" >> "$1"');
    expect([ran.code, ran.out]).toEqual([0, "000001-job is as it was\n"]);
    expect(stint.record(1).spec).toMatchObject({ priority: 0 });
  });

  test.each([
    ["is left as it is", ":", 0, "nothing was changed"],
    ["is emptied", 'echo "# nothing" > "$1"', 0, "nothing was changed"],
    ["has a fault, without a terminal", 'echo "timeout: 90" >> "$1"', 6, '"timeout" is 90 without a unit'],
    ["is not UTF-8", `printf 'command: caf\\351\\n' > "$1"`, 6, "line 1 is not UTF-8 text"],
    [
      "comes from an editor that is killed",
      'echo "priority: 9" >> "$1"; kill -9 $$',
      2,
      "was ended by SIGKILL",
    ],
    ["comes from an editor that fails", 'echo "priority: 9" >> "$1"; exit 3', 2, "ended with code 3"],
  ])("changes nothing where the text %s", async (_what, script, code, says) => {
    await using stint = new Stint();
    await stint.ok("submit", "--", "true");
    const before = stint.record(1);
    const ran = await edit(stint, script);
    expect([ran.code, ran.out]).toEqual([code, ""]);
    expect(ran.err).toContain(says);
    expect(stint.record(1)).toEqual(before);
    if (code === 0) expect(leftIn(stint)).toEqual([]);
    else expect(keptText(ran)).toContain("command:");
  });

  test.each([
    ["fails", "exit 3", "ended with code 3"],
    ["is killed", "kill -9 $$", "was ended by SIGKILL"],
    ["cannot be started", "exec /nosuch", "ended with code 127"],
  ])("leaves no file of an unchanged text where the editor %s", async (_what, script, says) => {
    await using stint = new Stint();
    await stint.ok("submit", "--", "true");
    const ran = await edit(stint, script);
    expect([ran.code, ran.out]).toEqual([2, ""]);
    expect(ran.err).toContain(says);
    expect(ran.err).toContain("nothing was changed");
    expect(leftIn(stint)).toEqual([]);
  });

  test("on a terminal leads back to the text, with the faults and their lines on top", async () => {
    await using stint = new Stint();
    await stint.ok("submit", "--", "true");
    const ran = await edit(
      stint,
      `if test -e $HOME/again; then cp "$1" $HOME/text; sed -i s/90$/90s/ "$1"; else touch $HOME/again; echo "timeout: 90" >> "$1"; fi`,
      ON_TERMINAL,
    );
    expect([ran.code, ran.out]).toEqual([0, "000001-true changed: timeout unset → 1m30s\r\n"]);
    const lines = stint.textOf("text").split("\n");
    const at = lines.indexOf("timeout: 90") + 1;
    expect(lines.slice(0, 2)).toEqual([
      "#| It was not changed:",
      `#|   line ${at}: "timeout" is 90 without a unit, wanted a duration such as 90s, 15m or 1h30m (write 90s, or 90m for minutes)`,
    ]);
    expect(stint.record(1).spec["timeoutMs"]).toBe(90_000);
  });

  test("ends on a terminal where the text is left with its faults, and keeps it", async () => {
    await using stint = new Stint();
    await stint.ok("submit", "--", "true");
    const bad = 'test -e $HOME/again || echo "timeout: 90" >> "$1"; touch $HOME/again';
    const ran = await edit(stint, bad, ON_TERMINAL);
    expect(ran.code).toBe(6);
    const path = /your text is in (\S+)/.exec(ran.out)?.[1] ?? "";
    expect(readFileSync(path, "utf8")).toContain("timeout: 90");
  });

  test("says that the task began to run meanwhile, and where the text is", async () => {
    await using stint = new Stint();
    await stint.ok("submit", "--hold", "--", "sh", "-c", "until test -e $HOME/go; do sleep 0.02; done");
    await stint.up();
    const runs = `stint=${stint.executable}; $stint release 1; until $stint ls --state running | grep -q running; do sleep 0.02; done`;
    const ran = await edit(stint, `sed -i s/^hold.*// "$1"; echo "memory: 1MB" >> "$1"; ${runs}`);
    expect(ran.code).toBe(4);
    expect(ran.err).toContain("it was changed while you edited it, and is running now");
    expect(keptText(ran)).toContain("memory: 1MB");
  });

  test("of a running task changes its priority alone", async () => {
    await using stint = new Stint();
    await stint.ok("submit", "--", "sh", "-c", "until test -e $HOME/go; do sleep 0.02; done");
    await stint.up();
    await stint.reach(1, "running");
    expect((await edit(stint, 'echo "priority: 7" >> "$1"')).code).toBe(0);
    const refused = await edit(stint, 'echo "memory: 1MB" >> "$1"');
    expect(refused.err).toContain(
      '"resources" of a running task, only priority, labels and a longer timeout can change',
    );
    expect(stint.record(1).spec).toMatchObject({ priority: 7, resources: {} });
  });

  test("ends with its editor where it is told to end, and keeps the text", async () => {
    await using stint = new Stint();
    await stint.ok("submit", "--", "true");
    const ran = await edit(
      stint,
      `echo "priority: 9" >> "$1"; kill -TERM $PPID; while :; do sleep 0.02; done`,
    );
    expect([ran.code, ran.out]).toEqual([2, ""]);
    expect(keptText(ran)).toContain("priority: 9");
  });

  test("refuses a task that has succeeded, and opens no editor", async () => {
    await using stint = new Stint();
    await stint.ok("submit", "--", "true");
    await stint.ok("drain");
    expect((await edit(stint, "touch $HOME/opened")).code).toBe(4);
    expect(existsSync(join(stint.root, "opened"))).toBeFalse();
  });
});
