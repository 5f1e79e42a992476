import { describe, expect, test } from "bun:test";
import { statSync } from "node:fs";
import { MAX_SCRIPT_BYTES, type Mode, type Runtime } from "../../src/model/kind.ts";
import { launch } from "../../src/run/launch.ts";
import { makePlace, orderFor, outputOf } from "./rig.ts";

const script = (runtime: Runtime, body: string, ...args: string[]): Mode => ({
  type: "script",
  runtime,
  body,
  args,
});

const RUNTIMES: readonly { runtime: Runtime; name: string; body: string }[] = [
  { runtime: "sh", name: "sh", body: 'echo "$#:$1:$2"\n' },
  { runtime: "bash", name: "bash", body: 'words=("$@"); echo "${#words[@]}:$1:$2"\n' },
  {
    runtime: "python",
    name: "python3",
    body: "import sys\nprint(len(sys.argv) - 1, sys.argv[1], sys.argv[2], sep=':')\n",
  },
  {
    runtime: "node",
    name: "node",
    body: "const [, , ...a] = process.argv; console.log([a.length, ...a].join(':'))\n",
  },
  {
    runtime: "bun",
    name: "sh",
    body: "const a: string[] = Bun.argv.slice(2); console.log([a.length, ...a].join(':'))\n",
  },
  {
    runtime: { command: "sh", flag: "-e" },
    name: "sh",
    body: 'echo "$#:$1:$2"; false; echo "not reached"\n',
  },
  { runtime: { command: "sh" }, name: "sh", body: 'echo "$#:$1:$2"\n' },
];

describe("a script", () => {
  for (const { runtime, name, body } of RUNTIMES) {
    test.skipIf(Bun.which(name) === null)(
      `runs with its arguments under ${JSON.stringify(runtime)}`,
      async () => {
        await using place = makePlace();
        expect(await outputOf(place, orderFor(place, script(runtime, body, "--one", "two words")))).toBe(
          "2:--one:two words\n",
        );
        expect(place.read("attempt/script")).toBe(body);
        expect(statSync(place.file("attempt/script")).mode & 0o777).toBe(0o700);
      },
    );
  }

  test("of 1.5 MiB runs, comments and all", async () => {
    await using place = makePlace();
    const padding = `# ${"é".repeat(99)}\n`.repeat(7_700);
    const body = `${padding}echo the end\n`;
    expect(Buffer.byteLength(body)).toBeGreaterThan(1.4 * 1_024 * 1_024);
    expect(Buffer.byteLength(body)).toBeLessThan(MAX_SCRIPT_BYTES);
    expect(await outputOf(place, orderFor(place, script("sh", body)))).toBe("the end\n");
  });

  test("for python runs python3, and python where there is none", async () => {
    await using place = makePlace();
    place.write("python", "#!/bin/sh\necho python", 0o700);
    const order = () => orderFor(place, script("python", "x"), { environment: { PATH: place.path } });
    expect(await outputOf(place, order())).toBe("python\n");
    place.write("python3", "#!/bin/sh\necho python3", 0o700);
    await using other = makePlace();
    expect(
      await outputOf(other, { ...order(), directory: orderFor(other, script("sh", "x")).directory }),
    ).toBe("python3\n");
  });

  test.each(["sh", "bash"] as const)("for %s needs no PATH of the task that leads to it", async (runtime) => {
    await using place = makePlace();
    const order = orderFor(place, script(runtime, "echo found"), { environment: { PATH: place.path } });
    expect(await outputOf(place, order)).toBe("found\n");
  });

  test.each([
    ["node", "node"],
    ["python", "python3"],
    [{ command: "julia" }, "julia"],
    [{ command: "./tool", flag: "-x" }, "./tool"],
  ] as const)("for %j is refused by name where that is missing", async (runtime, name) => {
    await using place = makePlace();
    const result = launch(orderFor(place, script(runtime, "x"), { environment: { PATH: place.path } }));
    expect(result.ok).toBe(false);
    if (!result.ok)
      expect(result.error).toEqual({
        code: "INVALID_SPEC",
        error: expect.stringContaining(`Cannot start "${name}": `),
        exit: 127,
      });
  });
});

describe("a script for bun", () => {
  test("runs on stint's own Bun, and a stint that it starts is stint", async () => {
    await using place = makePlace();
    const source = place.write(
      "self.ts",
      `console.log("stint", ...process.argv.slice(2), process.env["BUN_BE_BUN"] ?? "unset");`,
    );
    const self = place.file("self");
    const built = Bun.spawnSync([process.execPath, "build", "--compile", source, "--outfile", self], {
      stdout: "ignore",
    });
    expect(built.success).toBe(true);
    const body = `
      import { execFileSync } from "node:child_process";
      const self: string = process.argv[2] ?? "";
      console.log(process.env["BUN_BE_BUN"] ?? "unset");
      process.stdout.write(execFileSync(self, ["ls"]));
      process.stdout.write(await Bun.$\`\${self} ls\`.text());
      process.stdout.write(Bun.spawnSync([self, "ls"]).stdout);
      process.stdout.write(Bun.spawnSync({ cmd: [self, "ls"] }).stdout);
      process.stdout.write(await Bun.spawn([self, "ls"], { stdout: "pipe" }).stdout.text());
    `;
    const output = await outputOf(place, orderFor(place, script("bun", body, self), { self }));
    expect(output).toBe(`unset\n${"stint ls unset\n".repeat(5)}`);
  });

  test("is the only script that gets variables for Bun", async () => {
    await using place = makePlace();
    expect(await outputOf(place, orderFor(place, script("sh", "env\n")))).not.toContain("BUN_");
    expect(place.read("attempt/script-preload.js")).toBeNull();
  });
});
