import { expect, test } from "bun:test";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Stint } from "../rig/stint.ts";

/** A job that leaves an offline run, as wandb lays it out. */
const JOB = [
  'run="$WANDB_DIR/wandb/offline-run-20260101_000000-$WANDB_RUN_ID"',
  'mkdir -p "$run" && echo data > "$run/run-$WANDB_RUN_ID.wandb"',
].join("; ");

/** A wandb which ends with 0 without a mark where it does not reach its server, as the real one. */
const WANDB = `#!/bin/sh
echo "$1 $2 mode=\${WANDB_MODE-none} key=$WANDB_API_KEY" >> "$(dirname "$0")/calls"
if [ -z "$WANDB_API_KEY" ]; then echo 'Error: No API key configured. Use \`wandb login\` to log in.' >&2; exit 1; fi
if [ "$WANDB_API_KEY" = far ]; then echo 'wandb: ERROR Error initializing run: connection refused'; exit 0; fi
for file in "$2"/*.wandb; do : > "$file.synced"; done
`;

/** A home whose jobs find a wandb of a virtual environment. */
function withWandb(stint: Stint): { readonly python: string; readonly calls: () => string[] } {
  const bin = join(stint.root, "venv", "bin");
  mkdirSync(bin, { recursive: true });
  writeFileSync(join(stint.root, "venv", "pyvenv.cfg"), "");
  writeFileSync(join(bin, "python"), '#!/bin/sh\nexec /bin/sh "$@"\n', { mode: 0o755 });
  writeFileSync(join(bin, "wandb"), WANDB, { mode: 0o755 });
  const calls = join(bin, "calls");
  return {
    python: join(bin, "python"),
    calls: () => (existsSync(calls) ? readFileSync(calls, "utf8").trimEnd().split("\n") : []),
  };
}

async function submit(stint: Stint, task: object): Promise<void> {
  const { code, err } = await stint.run(["submit", "-"], { input: JSON.stringify(task) });
  if (code !== 0) throw new Error(err);
}

function runFolder(stint: Stint, id: string): string {
  return join(stint.home, "runs", id, "1", "wandb", `offline-run-20260101_000000-${id}`);
}

test("sync sends the offline runs of all tasks once, by the wandb and with the key of each", async () => {
  await using stint = new Stint();
  const { python, calls } = withWandb(stint);
  const task = { command: [python, "-c", JOB], tracking: { wandb: "offline" } };
  writeFileSync(join(stint.root, "key"), "WANDB_API_KEY=mine\n", { mode: 0o600 });
  await submit(stint, { ...task, name: "a", envFrom: [{ file: join(stint.root, "key") }] });
  await submit(stint, { ...task, name: "b" });
  await submit(stint, { ...task, name: "c", tracking: false, command: ["true"] });
  await stint.ok("drain");
  const [a, b] = [runFolder(stint, "000001-a"), runFolder(stint, "000002-b")];
  expect(await stint.ok("sync", "--dry-run")).toBe(`000001-a would send ${a}\n000002-b would send ${b}`);
  expect(calls()).toEqual([]);

  const first = await stint.run(["sync"]);
  expect([first.code, first.out]).toEqual([1, `000001-a synced ${a}\n`]);
  expect(first.err).toContain(`Cannot sync ${b} of 000002-b: No API key configured.`);
  expect(first.err).toContain("WANDB_API_KEY=… stint sync");
  expect(first.err).toContain("1 run of 2 not synced.");

  const far = await stint.run(["sync", "b"], { env: { WANDB_API_KEY: "far" } });
  expect([far.code, far.out]).toEqual([1, ""]);
  expect(far.err).toContain("Error initializing run: connection refused");
  expect(far.err).toContain("whether this machine reaches the server");

  const near = await stint.run(["sync"], { env: { WANDB_API_KEY: "near" } });
  expect([near.code, near.out]).toEqual([0, `000002-b synced ${b}\n`]);
  expect((await stint.run(["sync"])).err).toContain("No offline runs of W&B to send");
  expect(calls()).toEqual([
    `sync ${a} mode=none key=mine`,
    `sync ${b} mode=none key=`,
    `sync ${b} mode=none key=far`,
    `sync ${b} mode=none key=near`,
  ]);
});
