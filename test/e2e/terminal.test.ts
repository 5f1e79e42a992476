import { expect, test } from "bun:test";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { Stint, until } from "../rig/stint.ts";

/** Runs a program on a terminal of its own, which knows no width, and passes on what it shows. */
const ON_TERMINAL = ["python3", "-c", "import pty, sys\nsys.exit(pty.spawn(sys.argv[1:]) >> 8)"];

/** Every line that a progress line was, in their order. */
function linesOf(shown: string): string[] {
  return shown.split("\u001b[1G\u001b[K").filter((line) => line.includes("ended,"));
}

test.each([
  ["drain", []],
  ["down", ["--drain"]],
] as const)(
  "%s on a terminal shows progress, and whole words where the width is unknown",
  async (verb, flags) => {
    await using stint = new Stint();
    const job = (name: string): readonly string[] => [
      "submit",
      "--name",
      name,
      "--",
      "sh",
      "-c",
      `until test -e $HOME/${name}; do sleep 0.02; done`,
    ];
    if (verb === "down") await stint.up("--jobs", "2");
    for (const name of ["first", "second"]) await stint.ok(...job(name));
    if (verb === "down") for (const number of [1, 2]) await stint.reach(number, "running");
    const child = stint.start([verb, ...flags, ...(verb === "drain" ? ["--jobs", "2"] : [])], {
      under: ON_TERMINAL,
    });
    let shown = "";
    const reading = child.stdout.pipeTo(
      new WritableStream({ write: (bytes) => void (shown += new TextDecoder().decode(bytes)) }),
    );
    const says = async (line: string): Promise<void> =>
      until(`it says ${line}`, () => linesOf(shown).includes(line), { describe: () => shown });
    await says("0/2 ended, 2 running: first, second");
    writeFileSync(join(stint.root, "first"), "");
    await says("1/2 ended, 1 running: second");
    writeFileSync(join(stint.root, "second"), "");
    expect(await child.exited).toBe(0);
    await reading;
    expect(shown).toContain(verb === "drain" ? "nothing is left to do" : "has ended");
  },
);
