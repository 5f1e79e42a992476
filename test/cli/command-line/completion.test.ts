import { describe, expect, test } from "bun:test";
import { Stint } from "../../rig/stint.ts";

/** What bash offers after words, of which the last one is being typed. */
async function offered(stint: Stint, ...words: string[]): Promise<string[]> {
  const script = [
    `stint() { ${stint.executable} "$@"; }`,
    "source <(stint completion bash)",
    'COMP_WORDS=(stint "$@")',
    "COMP_CWORD=$#",
    "_stint",
    'printf "%s\\n" "${COMPREPLY[@]}"',
  ].join("\n");
  const shell = Bun.spawn(["bash", "-c", script, "bash", ...words], { env: stint.env, stderr: "inherit" });
  return (await new Response(shell.stdout).text()).split("\n").filter((line) => line !== "");
}

describe("the completion of bash", () => {
  test("offers verbs, subcommands, flags, values and tasks, each where it can stand", async () => {
    await using stint = new Stint();
    await stint.ok("submit", "--hold", "--name", "train", "--", "true");
    expect(await offered(stint, "re")).toEqual(["retry", "release", "resume", "requeue-stale"]);
    expect(await offered(stint, "schedules", "r")).toEqual(["resume", "rm", "run"]);
    expect(await offered(stint, "schedules", "add", "--e")).toEqual(["--every"]);
    expect(await offered(stint, "log", "--t")).toEqual(["--tail"]);
    expect(await offered(stint, "ls", "--state", "c")).toEqual(["collecting", "completed", "cancelled"]);
    expect(await offered(stint, "schema", "r")).toEqual(["record"]);
    expect(await offered(stint, "show", "1")).toEqual(["1"]);
    expect(await offered(stint, "submit", "--after", "")).toEqual(["1"]);
    expect(await offered(stint, "submit", "--", "")).toEqual([]);
    expect(await offered(stint, "submit", "--admission", "")).toEqual(["queue", "dropIfRunning", "replace"]);
    expect(await offered(stint, "set", "1", "pri")).toEqual(["priority="]);
    expect(await offered(stint, "set", "1", "la")).toEqual(["labels."]);
    expect(await offered(stint, "set", "1", "nam")).toEqual([]);
    expect(await offered(stint, "read-f")).toEqual([]);
  });
});
