import { expect, test } from "bun:test";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { VERBS } from "../../src/cli/verbs.ts";
import { type Ran, Stint } from "../rig/stint.ts";

/** What every object of the language has, and no table of ours. */
const NAMES = ["constructor", "__proto__", "toString"];

test('every verb takes a name such as "constructor" for an ordinary name', async () => {
  await using stint = new Stint();
  await stint.ok("submit", "--name", "job", "--hold", "--", "true");
  const bugs: string[] = [];
  const call = async (...args: string[]): Promise<Ran> => {
    const ran = await stint.run(args);
    if (ran.code === 70 || ran.err.includes("Internal error")) bugs.push(`${args.join(" ")}: ${ran.err}`);
    return ran;
  };
  for (const name of NAMES) {
    expect((await call(name)).err).toContain(`Cannot run "${name}": stint has no verb`);
    for (const verb of Object.keys(VERBS)) await call(verb, name);
    await call("complete", "zsh", "--", name, "");
    await call("set", "job", `memory=5${name}`, `${name}=1`, `labels.${name}=1`);
    expect((await call("submit", "--label", `${name}=x`, "--hold", "--", "true")).code).toBe(
      name === "toString" ? 0 : 2,
    );
    // Of no task, unless it has it.
    const listed = JSON.parse((await call("ls", "--label", `${name}=x`, "--json")).out) as unknown[];
    expect(listed).toHaveLength(name === "toString" ? 1 : 0);
  }
  expect(bugs).toEqual([]);
});

test("lanes and labels with such names have the limits that are configured for them, and no others", async () => {
  await using stint = new Stint();
  await stint.ok("submit", "--name", "first", "--slot", "constructor", "--label", "toString=x", "--", "true");
  await stint.ok("submit", "--name", "second", "--slot", "toString", "--label", "valueOf=x", "--", "true");
  writeFileSync(join(stint.home, "config.yaml"), "concurrency: {slots: {other: 2}, labels: {other: 1}}\n");
  await stint.ok("drain");
  expect(stint.records().map(({ status }) => status.state)).toEqual(["completed", "completed"]);
});
