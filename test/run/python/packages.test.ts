import { describe, expect, test } from "bun:test";
import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { pythonEnvironmentOf } from "../../../src/run/python/environment.ts";
import { readPackages } from "../../../src/run/python/packages.ts";
import { TempDirectory } from "../../rig/temp-home.ts";

/** Makes files, and the folders of those whose names end in a slash. */
function make(root: string, files: Readonly<Record<string, string>>): void {
  for (const [name, text] of Object.entries(files)) {
    const path = join(root, name);
    mkdirSync(name.endsWith("/") ? path : dirname(path), { recursive: true });
    if (name.endsWith("/")) continue;
    writeFileSync(path, text);
    if (name.includes("/bin/")) chmodSync(path, 0o755);
  }
}

const SITE = "lib/python3.11/site-packages";
const SYSTEM = "base/lib/python3.11/site-packages";

describe("readPackages()", () => {
  test("reads a venv, with where a package comes from that is of no index", async () => {
    await using place = new TempDirectory();
    make(place.path, {
      "venv/pyvenv.cfg": "home = /usr/bin\ninclude-system-site-packages = false\nversion = 3.11.4\n",
      [`venv/${SITE}/torch-2.3.0+cu121.dist-info/`]: "",
      [`venv/${SITE}/ruamel.yaml_clib-0.2.8.dist-info/`]: "",
      [`venv/${SITE}/old_style-1.0-py3.11.egg-info/`]: "",
      [`venv/${SITE}/~orch-2.2.0.dist-info/`]: "",
      [`venv/${SITE}/torch/__init__.py`]: "",
      [`venv/${SITE}/mine-0.1.dist-info/direct_url.json`]:
        '{"url": "file:///home/ada/mine", "dir_info": {"editable": true}}',
      [`venv/${SITE}/theirs-0.2.dist-info/direct_url.json`]:
        '{"url": "https://x/y.git", "vcs_info": {"vcs": "git", "commit_id": "0123456789abcdef"}}',
      [`home/.local/${SITE}/unseen-1.dist-info/`]: "",
    });
    const prefix = join(place.path, "venv");
    expect(readPackages({ prefix, python: null }, { HOME: join(place.path, "home") })).toEqual({
      prefix,
      python: "3.11",
      versions: {
        mine: "0.1 (editable, /home/ada/mine)",
        "old-style": "1.0",
        "ruamel-yaml-clib": "0.2.8",
        theirs: "0.2 (git 0123456)",
        torch: "2.3.0+cu121",
      },
    });
  });

  test("takes a version of the venv before that of the system that it sees, and PYTHONPATH before both", async () => {
    await using place = new TempDirectory();
    const base = join(place.path, "base");
    make(place.path, {
      "venv/pyvenv.cfg": `home = ${base}/bin\ninclude-system-site-packages = true\n`,
      [`venv/${SITE}/numpy-2.dist-info/`]: "",
      [`${SYSTEM}/numpy-1.dist-info/`]: "",
      [`${SYSTEM}/scipy-1.dist-info/`]: "",
      "base/lib/python3.9/site-packages/other-1.dist-info/": "",
      "more/scipy-2.dist-info/": "",
    });
    const seen = (env: Record<string, string>): unknown =>
      readPackages({ prefix: join(place.path, "venv"), python: null }, env).versions;
    expect(seen({})).toEqual({ numpy: "2", scipy: "1" });
    expect(seen({ PYTHONPATH: join(place.path, "more") })).toEqual({ numpy: "2", scipy: "2" });
  });

  test("reads conda with what is not of Python", async () => {
    await using place = new TempDirectory();
    make(place.path, {
      "env/conda-meta/history": "",
      "env/conda-meta/cuda-toolkit-12.1-0.json": "",
      "env/conda-meta/numpy-1.26.4-py311h64a7726_0.json": "",
      [`env/${SITE}/numpy-1.26.4.dist-info/`]: "",
    });
    const { versions, python } = readPackages({ prefix: join(place.path, "env"), python: null }, {});
    expect([versions, python]).toEqual([{ "cuda-toolkit": "12.1", numpy: "1.26.4" }, "3.11"]);
  });
});

describe("pythonEnvironmentOf()", () => {
  const VENV = { ".venv/pyvenv.cfg": "", ".venv/bin/python": "" };
  const program = (command: string, ...args: string[]) => ({ type: "command" as const, command, args });
  const script = (body: string, runtime: "sh" | "python" = "sh") => ({
    type: "script" as const,
    runtime,
    body,
    args: [],
  });

  test.each([
    ["python of PATH", program("python3", "train.py"), "on"],
    ["a program of an environment on PATH", program("torchrun", "train.py"), "on"],
    ["a path to python", program("./own/bin/python", "train.py"), "own"],
    ["a script whose first line names an interpreter", program("./tool"), "own"],
    ["an activation in a line", script(". own/bin/activate && python train.py"), "own"],
    ["a shell that is given a line", program("bash", "-c", "source own/bin/activate; python x.py"), "own"],
    [
      "the last of two",
      script("own/bin/python a.py; $HOME/x/bin/python b.py; ~/../.venv/bin/python c"),
      ".venv",
    ],
    ["python in a line", script("cd sub && python train.py | tee log"), "on"],
    ["a manager of projects", script("uv run train.py"), ".venv"],
    ["conda by name", script("conda run -n vision python train.py"), "conda/envs/vision"],
    ["a script of Python", script("print(1)", "python"), "on"],
    ["what the shell had activated", script("./train.sh"), "on"],
    ["a shim of pyenv", program("pyenv/shims/python3", "x.py"), "pyenv/versions/3.11.7"],
    ["nothing", program("/bin/true"), null],
  ])("finds the environment of %s", async (_what, mode, expected) => {
    await using place = new TempDirectory();
    const { path } = place;
    make(path, {
      ...VENV,
      "own/pyvenv.cfg": "",
      "own/bin/python": "",
      "on/pyvenv.cfg": "",
      "on/bin/python3": "",
      "on/bin/python": "",
      "on/bin/torchrun": "",
      "conda/envs/vision/conda-meta/history": "",
      "home/x/y": "",
      "pyenv/shims/python3": "",
      "pyenv/version": "3.11.7\n",
      "pyenv/versions/3.11.7/": "",
      tool: `#!${path}/own/bin/python\n`,
    });
    const isBare = expected === null;
    const env = {
      PATH: `${path}/on/bin`,
      HOME: `${path}/home`,
      CONDA_EXE: `${path}/conda/bin/conda`,
      ...(!isBare && { VIRTUAL_ENV: `${path}/on` }),
    };
    const found = pythonEnvironmentOf({ mode, cwd: path, env });
    expect(found?.prefix ?? null).toBe(expected === null ? null : join(path, expected));
  });
});
