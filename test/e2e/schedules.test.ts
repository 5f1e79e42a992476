import { expect, test } from "bun:test";
import { mkdirSync, readFileSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Ran, Stint, until } from "../rig/stint.ts";

/** What `schedules show --json` says of one. */
interface Shown {
  readonly words: string;
  readonly paused: boolean;
  readonly next: readonly unknown[];
  readonly last: { readonly tasks: readonly { readonly id: string; readonly state: string }[] } | null;
}

const shown = async (stint: Stint, name: string): Promise<Shown> =>
  JSON.parse(await stint.ok("schedules", "show", name, "--json")) as Shown;

function put(stint: Stint, name: string, text: string): void {
  writeFileSync(join(stint.home, "schedules", name), text);
}

test("schedules add copies a file into the home, ls describes it, and rm removes it", async () => {
  await using stint = new Stint();
  await stint.ok("init", "nightly");
  expect(await stint.ok("schedules", "add", "nightly.yaml")).toStartWith(
    "nightly: every day at 01:30, next in ",
  );
  expect(
    await stint.ok("schedules", "add", "--name", "tidy", "--every", "6h", "--", "echo", "a b"),
  ).toStartWith("tidy: every 6h, next in ");
  const again = await stint.run(["schedules", "add", "nightly.yaml"]);
  expect([again.code, again.err]).toEqual([4, expect.stringContaining("[ALREADY_EXISTS]")]);
  const listed = await stint.ok("schedules");
  expect(listed).toMatch(/^NEXT +LEFT +LAST +NAME +RESULT +WHEN\n/);
  expect(listed).toMatch(/^\S+( 01:30)? +.*\S+ +- +nightly +- +every day at 01:30$/m);
  expect((await shown(stint, "tidy")).next).toHaveLength(5);
  await stint.ok("schedules", "rm", "nightly");
  expect(stint.files("schedules").filter((name) => !name.startsWith("."))).toEqual(["tidy.yaml"]);
});

test("schedules add refuses a faulty file with the places of its faults, and queues nothing", async () => {
  await using stint = new Stint();
  writeFileSync(join(stint.root, "bad.yaml"), 'cron: "61 * * * *"\ntask: { runn: a }\n');
  const { code, err }: Ran = await stint.run(["schedules", "add", "bad.yaml"]);
  expect(code).toBe(6);
  expect(err).toContain('bad.yaml:1:7: "cron" has "61" as its minute, wanted 0 to 59');
  expect(err).toContain('bad.yaml:2:9: "runn" is unknown');
  expect(stint.files("schedules").filter((name) => !name.startsWith("."))).toEqual([]);
});

test("a supervisor picks up new and edited schedules, and a faulty file stops no other", async () => {
  await using stint = new Stint();
  await stint.run(["drain"]);
  const supervisor = await stint.up();
  const said = new Response(supervisor.stdout).text();
  put(stint, "bad.yaml", "every: never\n");
  // A script that lies beside a schedule is no other schedule of its name.
  put(stint, "tick.sh", "echo $STINT_TASK_ID\n");
  put(stint, "tick.yaml", "every: 1s\ntask: { name: tick, run: echo $STINT_TASK_ID }\n");
  await until("it fired twice", () => stint.records().filter(({ place }) => place === "done").length >= 2);
  const [first] = stint.records();
  expect(first?.metadata).toMatchObject({ source: "cron", scheduleId: expect.any(String) });
  expect(first?.spec).toMatchObject({ slot: "tick", admission: "dropIfRunning" });
  await stint.ok("schedules", "pause", "tick");
  // The rule as the supervisor has it, after which nothing fires any more.
  await until("it has taken that in", () =>
    /isPaused\\":true/.test(stint.textOf("home/schedules/.state/tick.json")),
  );
  await until("what fired before has ended", () => stint.records().every(({ place }) => place === "done"));
  const count = stint.records().length;
  await Bun.sleep(1_500);
  expect(stint.records().length).toBe(count);
  expect((await shown(stint, "tick")).last?.tasks).toEqual([
    { id: stint.records().at(-1)?.metadata.id, state: "completed", reason: "Succeeded" },
  ] as never);
  const { out } = await stint.run(["schedules", "ls"]);
  expect(out).toMatch(/^paused +- +\S+.* tick +completed +every 1s$/m);
  expect(out).toMatch(/^faulty +- +- +bad +- +does not fire: stint schedules show bad$/m);
  const doctor = await stint.run(["doctor"]);
  expect([doctor.code, doctor.out]).toEqual([1, expect.stringContaining("the schedule bad: ")]);
  supervisor.kill("SIGTERM");
  expect((await said).match(/bad\.yaml has faults/g)).toHaveLength(1);
});

test("schedules run fires once, now, without a supervisor, and does not move the schedule on", async () => {
  await using stint = new Stint();
  await stint.ok("schedules", "add", "--name", "rare", "--cron", "0 0 1 1 *", "--", "true");
  const id = await stint.ok("schedules", "run", "rare");
  await stint.ok("drain");
  expect((await stint.reach(1, "completed")).metadata.id).toBe(id);
  expect((await shown(stint, "rare")).last).toMatchObject({
    byHand: true,
    tasks: [{ id, state: "completed" }],
  });
  expect(await stint.ok("schedules", "ls")).toMatch(/ \d\d:\d\d +rare +completed +on day 1 of January/);
  const text = await stint.ok("schedules", "show", "rare");
  expect(text).toMatch(/^ {2}queues {4}true: true$/m);
  expect(text).toMatch(/^ {2}last .*, run by hand$/m);
  // The state in which firings count has none.
  expect(stint.textOf("home/schedules/.state/rare.json")).not.toContain("lastFired");
  // Another schedule of the name begins without it.
  await stint.ok("schedules", "rm", "rare");
  await stint.ok("schedules", "add", "--name", "rare", "--every", "30d", "--", "true");
  expect((await shown(stint, "rare")).last).toBeNull();
});

test("a firing that still runs drops or delays the next one, as overlap says", async () => {
  await using stint = new Stint();
  await stint.run(["drain"]);
  const slow = "task:\n  run: while [ ! -e $HOME/go ]; do sleep 0.05; done\n";
  put(stint, "drops.yaml", `every: 1s\n${slow}`);
  put(stint, "queues.yaml", `every: 1s\noverlap: queue\n${slow}`);
  await stint.up("--jobs", "4");
  const of = (slot: string, state: string): number =>
    stint.records().filter(({ spec, status }) => spec["slot"] === slot && status.state === state).length;
  await until("both met a busy lane", () => of("drops", "cancelled") >= 1 && of("queues", "queued") >= 1);
  expect(stint.records().find(({ status }) => status.state === "cancelled")?.status.reason).toBe("SlotBusy");
  expect([of("drops", "queued"), of("queues", "cancelled")]).toEqual([0, 0]);
  for (const name of ["drops", "queues"]) await stint.ok("schedules", "pause", name);
  writeFileSync(join(stint.root, "go"), "");
});

test("a drain fires what was missed, and does not wait for later firings", async () => {
  await using stint = new Stint();
  await stint.run(["drain"]);
  const hourAgo = new Date(Date.now() - 3_600_000).toISOString();
  put(stint, "owed.yaml", `every: 30d\nfrom: "${hourAgo}"\ntask: { name: owed, run: "true" }\n`);
  put(stint, "later.yaml", 'every: 1h\ntask: { name: later, run: "true" }\n');
  const state = { uid: crypto.randomUUID(), since: new Date(Date.now() - 7_200_000).toISOString() };
  const fromMs = Math.floor(Date.parse(hourAgo) / 1_000) * 1_000;
  const rule = JSON.stringify({
    type: "every",
    everyMs: 30 * 86_400_000,
    zone: null,
    fromMs,
    isPaused: false,
  });
  mkdirSync(join(stint.home, "schedules", ".state"), { recursive: true });
  writeFileSync(join(stint.home, "schedules", ".state", "owed.json"), JSON.stringify({ ...state, rule }));
  for (const name of ["owed", "later"]) utimesSync(join(stint.home, "schedules", `${name}.yaml`), 1, 1);
  await stint.ok("drain");
  expect(stint.records().map(({ metadata, status }) => [metadata["name"], status.state])).toEqual([
    ["owed", "completed"],
  ]);
  const noted = JSON.parse(
    readFileSync(join(stint.home, "schedules", ".state", "owed.json"), "utf8"),
  ) as Record<string, unknown>;
  expect(noted["lastFired"]).toBe(new Date(fromMs).toISOString());
});

test("schedules add answers a slip in --cron with the flag or the text to use", async () => {
  await using stint = new Stint();
  const add = async (cron: string): Promise<string> =>
    (await stint.run(["schedules", "add", "--name", "x", "--cron", cron, "--", "true"])).err;
  expect(await add("@every 5m")).toContain("\n  for a period: --every 5m\n");
  expect(await add("*/10 * * * * *")).toContain("\n  for a period: --every 10s\n");
  expect(await add("0 22-2 * * *")).toContain('\n  write "0 22-23,0-2 * * *"\n');
});

test("schedules run rehearses a firing: with the environment and the umask of the supervisor, not of the caller", async () => {
  await using stint = new Stint();
  const file = `every: 30d\ntask: { run: 'echo "$MINE-$THEIRS-$(umask)" > said' }\n`;
  writeFileSync(join(stint.root, "look.yaml"), file);
  await stint.ok("schedules", "add", "look.yaml");
  const env = { MINE: "caller", HOME: stint.root };
  await stint.run(["schedules", "run", "look"], { env, under: ["sh", "-c", 'umask 027; exec "$@"', "sh"] });
  await stint.run(["drain"], {
    env: { THEIRS: "supervisor" },
    under: ["sh", "-c", 'umask 077; exec "$@"', "sh"],
  });
  expect(stint.textOf("said")).toBe("-supervisor-0077\n");
});
