import { describe, expect, test } from "bun:test";
import { isScript } from "../../src/intake/script/is-script.ts";
import { describeKind } from "../../src/model/kind.ts";
import { draftsOf, faultsOf } from "./script-rig.ts";

describe("isScript()", () => {
  test.each([
    ["job.sh", "echo"],
    ["job.bash", ""],
    ["TRAIN.PY", "import os"],
    ["job.slurm", "echo"],
    ["job.sbatch", "echo"],
    ["job", "#!/bin/sh\necho"],
    ["job.txt", "\n# a job\n#SBATCH -n 1\necho"],
    ["-", "#!/usr/bin/env python3\n"],
    ["job", "#!/opt/stint/bin/python3 -u\n"],
  ])("knows %s that begins with %j", (name, text) => {
    expect(isScript(name, text)).toBe(true);
  });

  test.each([
    ["job.yaml", "#!/usr/bin/env stint\nrun: a"],
    ["job.json", "#SBATCH -n 1"],
    ["job", "#!/usr/bin/env -S stint submit\nrun: a"],
    ["job", "#!/opt/bin/stint\r\nrun: a"],
    ["job", "run: a"],
    ["job", "# SBATCH -n 1\n##SBATCH -n 1\nrun: a"],
    ["job", "script: |\n  #!/bin/sh\n  #SBATCH -n 1\n"],
    ["job", "run: a\n#SBATCH -n 1"],
  ])("leaves %s that begins with %j to the reader of YAML", (name, text) => {
    expect(isScript(name, text)).toBe(false);
  });
});

describe("a script", () => {
  test("is kept as it is, with the interpreter of its first line, its name and its arguments", () => {
    const text = "#!/bin/bash -l\necho $1 ${{ secrets.X }} $${{ matrix.lr }}\n";
    const [draft] = draftsOf(text, { args: ["a b", "--lr=0.1"] });
    expect(draft).toMatchObject({ name: "job", spec: { kind: { cwd: "/work" } } });
    expect(draft?.spec.kind.mode).toEqual({
      type: "script",
      runtime: { command: "/bin/bash", flag: "-l" },
      body: text,
      args: ["a b", "--lr=0.1"],
      file: "job.slurm",
    });
    expect(draft?.spec.slurm).toBeUndefined();
  });

  test.each([
    ["a.py", "python"],
    ["a.sh", "bash"],
    ["a.slurm", "bash"],
    ["a", "bash"],
  ])("without a #! line has the interpreter of its ending: %s", (file, runtime) => {
    const [draft] = draftsOf("x\n", { file });
    expect(draft?.spec.kind.mode).toMatchObject({ runtime });
  });

  test("has the name of its file, from which it is shown; one of stdin has none", () => {
    const shown = (context: object): string[] =>
      draftsOf("#!/bin/sh\ntrue\n", context).map(({ spec }) => describeKind(spec.kind));
    expect(shown({ file: "/work/jobs/a.sh", args: ["1"] })).toEqual(["a.sh 1"]);
    expect(shown({ file: "stdin", name: undefined })).toEqual(["true"]);
  });

  test("of Python finds what lies beside the file, and says nothing against a PYTHONPATH of its own", () => {
    const importPath = "/work/src:/lib";
    expect(draftsOf("x\n", { file: "a.py", importPath })[0]?.spec.kind.env).toEqual({
      PYTHONPATH: importPath,
    });
    expect(
      draftsOf("#STINT env: {PYTHONPATH: /own}\nx\n", { file: "a.py", importPath })[0]?.spec.kind.env,
    ).toEqual({
      PYTHONPATH: "/own",
    });
    for (const line of ["#!/venv/bin/python", "#!/usr/bin/env python3.12", "#!/usr/bin/python3"])
      expect(draftsOf(`${line}\nx\n`, { importPath })[0]?.spec.kind.env).toEqual({ PYTHONPATH: importPath });
    expect(draftsOf("x\n", { file: "a.sh", importPath })[0]?.spec.kind.env).toEqual({});
  });

  test("is filled by no sweep, which its arguments are", () => {
    const drafts = draftsOf("#!/bin/sh\n#STINT matrix: {lr: [1, 2]}\necho ${{ matrix.lr }}\n", {
      args: ["--lr", "${{ matrix.lr }}"],
    });
    expect(drafts.map(({ spec }) => spec.kind.mode)).toEqual(
      [1, 2].map((lr) => ({
        type: "script",
        runtime: "sh",
        body: "#!/bin/sh\n#STINT matrix: {lr: [1, 2]}\necho ${{ matrix.lr }}\n",
        args: ["--lr", String(lr)],
        file: "job.slurm",
      })),
    );
  });
});

describe("the faults of a script", () => {
  test.each([
    [
      "#!/bin/sh\n#SBATCH --nodes=2\ntrue\n",
      `job.slurm:2:9: --nodes 2: stint runs on one machine only
  2 | #SBATCH --nodes=2
    |         ^^^^^^^^^
    = for several nodes submit it to Slurm: sbatch FILE; on this machine alone: stint submit --nodes 1 FILE`,
    ],
    [
      "#!/bin/sh\n#SBATCH --tme=2 -c 1\n#SBATCH -c x\ntrue\n",
      `job.slurm:2:9: --tme is no option of sbatch
  2 | #SBATCH --tme=2 -c 1
    |         ^^^^^^^
    = did you mean --time?
job.slurm:3:12: --cpus-per-task is "x", wanted a whole number, at least 1
  3 | #SBATCH -c x
    |            ^`,
    ],
    [
      "#!/bin/sh\n#SBATCH --job-name=my job\ntrue\n",
      `job.slurm:2:23: "job" is no option of sbatch, wanted --NAME=VALUE
  2 | #SBATCH --job-name=my job
    |                       ^^^
    = put quotes around a value with spaces`,
    ],
    [
      "#!/bin/sh\n#SBATCH --time=1:2:3:4\n#SBATCH -d after:3\ntrue\n",
      `job.slurm:2:9: --time is "1:2:3:4", wanted minutes, M:S, H:M:S, D-H, D-H:M or D-H:M:S
  2 | #SBATCH --time=1:2:3:4
    |         ^^^^^^^^^^^^^^
job.slurm:3:12: --dependency is "after:3", wanted tasks, or afterok:ID, afterany:ID, afternotok:ID or singleton, with commas between them
  3 | #SBATCH -d after:3
    |            ^^^^^^^`,
    ],
    [
      "#!/bin/sh\n#SBATCH --array=1-x\ntrue\n",
      `job.slurm:2:9: --array is "1-x", wanted whole numbers such as 1-100, 1-100:10 or 1,5,9
  2 | #SBATCH --array=1-x
    |         ^^^^^^^^^^^`,
    ],
    [
      "#!/bin/sh\n#SBATCH -J 'a\n#SBATCH -t\n#SBATCH --hold=yes\ntrue\n",
      `job.slurm:2:12: a quote is not closed, wanted another one
  2 | #SBATCH -J 'a
    |            ^^
job.slurm:3:9: --time has no value, wanted --time=VALUE
  3 | #SBATCH -t
    |         ^^
job.slurm:4:9: --hold has the value "yes", wanted none
  4 | #SBATCH --hold=yes
    |         ^^^^^^^^^^`,
    ],
    [
      "#!/bin/sh\n#SBATCH --container=img --wrap=x\ntrue\n",
      `job.slurm:2:9: --container has no counterpart in a script here
  2 | #SBATCH --container=img --wrap=x
    |         ^^^^^^^^^^^^^^^
    = name an image: #STINT image: NAME
job.slurm:2:25: --wrap has no counterpart in a script here
  2 | #SBATCH --container=img --wrap=x
    |                         ^^^^^^^^
    = on the command line: stint submit --wrap COMMAND`,
    ],
    [
      "#!/bin/sh\n#STINT retires: 3\ntrue\n",
      `job.slurm:2:8: "retires" is unknown
  2 | #STINT retires: 3
    |        ^^^^^^^
    = did you mean retries?
  2 + #STINT retries: 3`,
    ],
    [
      "#!/bin/sh\n#STINT 3\ntrue\n",
      `job.slurm:2:8: a #STINT line is no key of the task file, wanted #STINT KEY: VALUE
  2 | #STINT 3
    |        ^
    = for instance: #STINT retries: 3`,
    ],
    [
      "#!/bin/sh\r\n#SBATCH -c 2\r\ntrue\r\n",
      `job.slurm:1:10: the script has the line ends of DOS, which no shell reads
  1 | #!/bin/sh
    |          ^
    = remove them: sed -i 's/\\r$//' job.slurm`,
    ],
    ["\n", `job.slurm:1:1: the script is empty, wanted a command\n  1 |\n    | ^`],
  ])("of %j", (text, told) => {
    expect(faultsOf(text)).toBe(told);
  });

  test("say of a program what it is", () => {
    expect(faultsOf("\u007fELF\0\u0001")).toEndWith("= to run it where it is: stint submit -- ./job.slurm");
    expect(faultsOf("\u007fELF\0\u0001")).toStartWith(
      "job.slurm:1:1: the file is a program, wanted the text of a script\n",
    );
  });

  test("name the way out where the script is too large for a record", () => {
    expect(faultsOf(`#!/bin/sh\n#${"x".repeat(2 * 1_024 * 1_024)}\n`)).toEndWith(
      "= to run it where it is: stint submit -- ./job.slurm",
    );
  });
});
