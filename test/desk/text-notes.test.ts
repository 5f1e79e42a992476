import { describe, expect, test } from "bun:test";
import { mkdirSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { tellOfTexts } from "../../src/desk/text-notes.ts";
import { draftsFromFlags } from "../../src/intake/fields-typed.ts";
import type { Draft } from "../../src/model/submission.ts";
import { CONTEXT, draftIn, draftsIn } from "../intake/rig.ts";
import { valueOf } from "../rig/results.ts";
import { TempDirectory } from "../rig/temp-home.ts";

const ENV = { PATH: "/none", HOME: "/home/ada", TOKEN: "t" };

async function told(drafts: readonly Draft[], env: Readonly<Record<string, string>> = ENV): Promise<string> {
  const lines: string[] = [];
  await tellOfTexts({ env, err: (text) => lines.push(text) }, drafts);
  return lines.join("");
}

describe("tellOfTexts() on a script", () => {
  test("tells of bash that sh runs, with its place, what happens, and what to write", async () => {
    const draft = draftIn("name: nightly\nruntime: sh\nrun: |\n  cd x\n  make &> log\n");
    expect(
      await told([draft]),
    ).toBe(`stint: the script of nightly:2:6: "&>" is bash, and sh starts the command in the background, and goes on as if it had succeeded
  2 | make &> log
    |      ^^
    = write > FILE 2>&1, or runtime: bash
`);
  });

  test("tells of each kind once, of a sweep once, and of many in a number", async () => {
    const sweep = draftsIn("runtime: sh\nrun: a &> b; c &> $STINT_VALUE_X\nmatrix: {x: [1, 2]}");
    expect((await told(sweep)).match(/^stint: /gm)).toHaveLength(1);
    const many = draftIn("runtime: sh\nrun: a &> b; [[ a ]]; source b; cat <<< c; declare d");
    expect(await told([many])).toEndWith("stint: and 2 more of that kind\n");
  });

  test("reads the line of sh -c, and the script of a container", async () => {
    expect(await told([draftIn("command: [sh, -ec, 'a &> b']")])).toContain(
      "write > FILE 2>&1, or bash -c\n",
    );
    expect(await told([draftIn("run: a &> b\ncontainer: {image: a}")])).toContain("or runtime: bash\n");
  });

  test("reads the shell lines of notices", async () => {
    const text =
      "run: a\nruntime: bash\nnotify: {failure: [{command: 'a &> b'}, {command: [bash, -c, 'a &> b']}]}";
    expect(
      await told([draftIn(text)]),
    ).toBe(`stint: a notice of a:1:3: "&>" is bash, and sh starts the command in the background, and goes on as if it had succeeded
  1 | a &> b
    |   ^^
    = write > FILE 2>&1, or command: [bash, -c, LINE]
`);
  });

  test("is silent where bash runs it, under its own name or as sh", async () => {
    const texts = [
      "run: a &> b\nruntime: bash",
      "command: [bash, -c, 'a &> b']",
      "command: [a, -c, 'a &> b']",
    ];
    expect(await told(texts.map((text) => draftIn(text)))).toBe("");
    await using place = new TempDirectory();
    mkdirSync(join(place.path, "bin"));
    symlinkSync(Bun.which("bash") ?? "", join(place.path, "bin", "sh"));
    const PATH = join(place.path, "bin");
    expect(await told([draftIn("run: a &> b\nruntime: sh")], { PATH })).toBe("");
  });
});

describe("tellOfTexts() on env", () => {
  test.each([
    ["A", "$HOME/x", "env.A has $HOME as it stands: write ${HOME} to have it expanded"],
    ["A", "${HOME}/$TOKEN", "env.A has $TOKEN as it stands: write ${TOKEN} to have it expanded"],
    ["A", "~/x", "env.A has ~ as it stands: write ${HOME} to have it expanded"],
    ["A", "pa$$word$1$NONE", null],
    ["A", "${HOME}", null],
    ["A", "$$HOME", null],
    ["PATH", "~/bin:$HOME:$PATH", null],
  ])("%s: %s", async (name, value, note) => {
    const draft = draftIn(JSON.stringify({ name: "job", run: "a", env: { [name]: value } }));
    expect(await told([draft])).toBe(note === null ? "" : `stint: job: ${note}\n`);
  });

  test("values of flags are not expanded, and this is said", async () => {
    const typed = [
      ["command", ["a"]] as const,
      ["env", { PATH: "$HOME/bin:$PATH", B: "${TOKEN}" }, "--env"] as const,
    ];
    const [draft] = valueOf(await draftsFromFlags(typed, CONTEXT));
    expect(draft?.spec.kind.expands).toBeUndefined();
    const notes = draft === undefined ? "" : await told([draft]);
    expect(notes).toContain("env.PATH has $HOME as it stands: the value of a flag is not expanded\n");
    expect(notes).toContain("env.B has ${TOKEN} as it stands: the value of a flag is not expanded\n");
  });
});

describe("tellOfTexts() on a sweep", () => {
  const LISTS = "\nmatrix: {lr: [0.1, 0.2], seed: 1-2}";

  test("tells that no value is used, once, and how to use one", async () => {
    const way = 'write ${{ matrix.lr }} (for each: ${{ each.lr }}), or in a shell "$STINT_VALUE_LR"';
    expect(await told(draftsIn(`name: fit\ncommand: [echo, "{lr}", $lr]${LISTS}`))).toBe(
      `stint: fit: no value of the sweep is used, so its 4 tasks do the same: ${way}\n`,
    );
    expect(await told(draftsIn("run: echo $X\narray: 1-3"))).toContain(
      'so its 3 tasks do the same: write ${{ array.index }}, or in a shell "$STINT_VALUE_INDEX"\n',
    );
  });

  test.each([
    "run: echo ${{ matrix.seed }}",
    "run: echo $STINT_VALUE_LR",
    "run: echo $STINT_SWEEP_INDEX",
    "run: echo $STINT_TASK_NAME",
    "run: echo\ncpus: ${{ matrix.seed }}",
    "run: echo\nenv: {LR: '${{ matrix.lr }}'}",
    "run: echo\nslurm: {tasks: 1}",
  ])("is silent where a value is used: %s", async (text) => {
    expect(await told(draftsIn(text + LISTS))).toBe("");
  });

  test("a sweep of which some members differ is used", async () => {
    const text = "run: echo ${{ matrix.lr }}\nmatrix: {lr: [1, 2], include: [{lr: 1, b: 2}]}";
    expect(await told(draftsIn(text))).toBe("");
  });
});
