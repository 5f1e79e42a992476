import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import manifest from "../../package.json";
import { SYSTEM_PROGRAMS } from "../rig/surroundings.ts";

/**
 * A compiled Bun executable obeys a bunfig.toml and a .env of the current directory unless it was built not to: who can
 * write into a directory could run code in the next `stint` that is called there.
 */
const executable = resolve("dist/stint");

let directory: string;
let marker: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "stint-hostile-"));
  marker = join(directory, "ran");
  const leavesMarker = `require("node:fs").appendFileSync(${JSON.stringify(marker)}, "x");`;
  writeFileSync(join(directory, "evil.js"), leavesMarker);
  writeFileSync(join(directory, "bunfig.toml"), 'preload = ["./evil.js"]\n[run]\npreload = ["./evil.js"]\n');
  for (const name of [".env", ".env.local", ".env.production", ".env.development"]) {
    writeFileSync(
      join(directory, name),
      `STINT_HOME=${join(directory, "elsewhere")}\nNODE_OPTIONS=--require=./evil.js\n`,
    );
  }
  writeFileSync(
    join(directory, "package.json"),
    '{"imports": {"#x": "./evil.js"}, "browser": {"valibot": "./evil.js"}}',
  );
  const packages = Object.keys(manifest.dependencies);
  const paths = Object.fromEntries(packages.map((name) => [name, ["./evil.js"]]));
  writeFileSync(
    join(directory, "tsconfig.json"),
    JSON.stringify({ compilerOptions: { baseUrl: ".", paths } }),
  );
  for (const name of packages) {
    mkdirSync(join(directory, "node_modules", name), { recursive: true });
    writeFileSync(join(directory, "node_modules", name, "index.js"), leavesMarker);
  }
});

afterEach(() => {
  rmSync(directory, { recursive: true, force: true });
});

/** Runs a program in the hostile directory, with an own home named by XDG_DATA_HOME alone. */
function runThere(...command: string[]): { exitCode: number; stdout: string } {
  const env = { PATH: SYSTEM_PROGRAMS, HOME: directory, XDG_DATA_HOME: join(directory, "data") };
  const { exitCode, stdout } = Bun.spawnSync(command, { cwd: directory, env, stdin: "ignore" });
  return { exitCode, stdout: stdout.toString() };
}

describe("stint in a hostile directory", () => {
  test("runs no code of that directory", () => {
    expect(runThere(executable, "--version")).toEqual(runThere(executable, "version"));
    expect(runThere(executable, "--version").exitCode).toBe(0);
    expect(runThere(executable, "submit", "--", "true").exitCode).toBe(0);
    expect(existsSync(marker)).toBe(false);
  });

  test("reads no .env file of that directory", () => {
    expect(runThere(executable, "submit", "--", "true").exitCode).toBe(0);
    expect(existsSync(join(directory, "elsewhere"))).toBe(false);
    expect(existsSync(join(directory, "data/stint/pending"))).toBe(true);
  });

  test("is tried with a directory whose code plain Bun does run", () => {
    writeFileSync(join(directory, "show.js"), "console.log(process.env.STINT_HOME)");
    const { stdout } = runThere(process.execPath, "show.js");
    expect(stdout.trim()).toBe(join(directory, "elsewhere"));
    expect(existsSync(marker)).toBe(true);
  });
});

describe("an environment that steers the runtime", () => {
  /** Runs stint under it; the code that is loaded tells each process that it is loaded into. */
  function steered(
    env: Readonly<Record<string, string>>,
    ...args: string[]
  ): { code: number; loaded: string } {
    const { exitCode, stderr } = Bun.spawnSync([executable, ...args], {
      cwd: directory,
      env: { PATH: SYSTEM_PROGRAMS, HOME: directory, ...env },
      stdin: "ignore",
    });
    expect(stderr.toString()).not.toContain("Internal error");
    return { code: exitCode, loaded: existsSync(marker) ? readFileSync(marker, "utf8") : "" };
  }

  test("is dropped before stint does anything", () => {
    writeFileSync(
      join(directory, "evil.js"),
      `process.on("exit", () => require("node:fs").appendFileSync(${JSON.stringify(marker)}, "x"));`,
    );
    const { code, loaded } = steered(
      { BUN_OPTIONS: `--preload=${directory}/evil.js` },
      "init",
      "hello",
      "-o",
      "a b.yaml",
    );
    expect(code).toBe(0);
    expect(existsSync(join(directory, "a b.yaml"))).toBe(true);
    // No process with that code in it came to its end.
    expect(loaded).toBe("");
  });

  test("opens no debugger in a supervisor", async () => {
    const socket = join(directory, "debug");
    const env = { PATH: SYSTEM_PROGRAMS, HOME: directory, BUN_INSPECT: `ws+unix://${socket}` };
    const supervisor = Bun.spawn([executable, "up"], {
      cwd: directory,
      env,
      stdin: "ignore",
      stdout: "pipe",
    });
    try {
      const { value } = await supervisor.stdout.getReader().read();
      expect(new TextDecoder().decode(value)).toContain("supervising");
      const listening = readFileSync("/proc/net/unix", "utf8");
      expect(listening).not.toContain(socket);
    } finally {
      supervisor.kill("SIGKILL");
      await supervisor.exited;
    }
  });
});
