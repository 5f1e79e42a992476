import { expect, test } from "bun:test";
import { Stint } from "../rig/stint.ts";

/** Runs a program on a terminal of its own, and passes on what it shows. */
const ON_TERMINAL = ["python3", "-c", "import pty, sys\nsys.exit(pty.spawn(sys.argv[1:]) >> 8)"];

async function shown(pager: string, under: readonly string[] = ON_TERMINAL): Promise<string> {
  await using stint = new Stint();
  const { code, out } = await stint.run(["help", "gpus"], { under, env: { PAGER: pager, NO_COLOR: "1" } });
  expect(code).toBe(0);
  return out.replaceAll(/\s+/g, " ");
}

test("a page passes $PAGER on a terminal alone, and is shown where there is none", async () => {
  const plain = await shown("tr a-z A-Z", []);
  expect(plain).toContain(" gpus: ");
  expect(await shown("tr a-z A-Z")).toBe(plain.toUpperCase());
  for (const none of ["", "cat"]) expect(await shown(none)).toBe(plain);
  expect(await shown("no-such-pager 2>/dev/null")).toBe(plain);
});
