import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { timestamp } from "../../src/lib/clock.ts";
import { ATTEMPT_FILES } from "../../src/model/attempt-files.ts";
import { claimed, started } from "../../src/model/lifecycle.ts";
import { directoryOf } from "../../src/model/state.ts";
import type { Task } from "../../src/model/task.ts";
import type { Layout } from "../../src/store/layout.ts";
import { allIds, readTask } from "../../src/store/reader.ts";
import { recordText } from "../../src/store/record.ts";
import { NOW_MS } from "../rig/tasks.ts";
import { homeAt } from "../rig/temp-home.ts";
import { Stage, screen } from "./stage.ts";

const MINUTE_MS = 60_000;

/** Since when it runs, is ready and is not used, in minutes before now; null where it is not ready. */
interface Served {
  readonly at: number;
  readonly ready: number | null;
  readonly unused?: number;
  readonly url?: string;
}

function before(minutes: number): string {
  return timestamp(NOW_MS - minutes * MINUTE_MS);
}

function serving(task: Task, { at, ready, unused, url }: Served): Task {
  const claim = { token: "token", supervisor: "here:1", hostBootId: "boot", claimedAt: before(at) };
  const running = started(claimed(task, { ...claim, devices: [] }), {
    process: { pid: 4_000, startTime: "777" },
    startedAt: before(at),
    startedAwakeMs: 1_000,
  });
  const attempts = running.status.attempts.map((attempt) => ({
    ...attempt,
    service: {
      ports: { main: 8899 },
      ...(url !== undefined && { url }),
      ...(ready !== null && { readyAt: before(ready) }),
      ...(unused !== undefined && { lastUsedAt: before(unused) }),
    },
  }));
  const state = ready === null ? "running" : "serving";
  return { ...running, status: { ...running.status, state, attempts } } as Task;
}

const LAB = "http://127.0.0.1:8899/lab";
/** By name: the service of each document, and what became of it. */
const STORIES: Readonly<Record<string, readonly [service: object, story: Served | null]>> = {
  jupyter: [
    { port: 0, token: "JUPYTER_TOKEN", url: "/lab", publish: "lab" },
    { at: 126, ready: 125, unused: 40, url: LAB },
  ],
  editor: [
    { port: 0, token: "PASSWORD", ready: { http: "/healthz" } },
    { at: 11, ready: 10, unused: 0, url: "http://127.0.0.1:8899/" },
  ],
  database: [{ port: 0 }, { at: 70, ready: 69 }],
  mlflow: [
    { port: 0, url: "/" },
    { at: 1, ready: null, url: "http://127.0.0.1:8899/" },
  ],
  board: [{ port: 6006 }, null],
};

async function fillHome(stage: Stage): Promise<Layout> {
  const documents = Object.entries(STORIES).map(([name, [service, story]]) =>
    JSON.stringify({ name, run: `./${name}.sh`, service, ...(story === null && { hold: true }) }),
  );
  const train = JSON.stringify({ name: "train", run: "./train.sh", hold: true });
  writeFileSync(join(stage.folder, "tasks.yaml"), [...documents, train].join("\n---\n"));
  const layout = homeAt(stage.home);
  const submitted = await stage.show(["submit", "tasks.yaml"], { nowMs: NOW_MS - 180 * MINUTE_MS });
  if (submitted.exit !== "done") throw new Error(submitted.err);
  const tasks = allIds(layout).map((id) => {
    const read = readTask(layout, id);
    if (!read.ok) throw new Error(`${id} cannot be read`);
    const [, story] = STORIES[read.value.metadata.name] ?? [];
    return story === null || story === undefined ? read.value : serving(read.value, story);
  });
  for (const folder of [layout.incoming, layout.place("pending")]) {
    rmSync(folder, { recursive: true });
    mkdirSync(folder, { mode: 0o700 });
  }
  for (const task of tasks) {
    const { id } = task.metadata;
    writeFileSync(layout.record(directoryOf(task.status.state), id), recordText(task), { mode: 0o600 });
    if (task.status.attempt === 0 || task.spec.service?.token === undefined) continue;
    mkdirSync(layout.attempt(id, 1), { recursive: true });
    writeFileSync(join(layout.attempt(id, 1), ATTEMPT_FILES.serviceToken), "c0ffee\n", { mode: 0o600 });
  }
  return layout;
}

describe("with services", () => {
  const stage = new Stage();
  let layout: Layout;
  beforeAll(async () => {
    layout = await fillHome(stage);
  });
  afterAll(async () => {
    await stage[Symbol.asyncDispose]();
  });

  test.each([
    "services",
    "ls",
    "ls --tree",
    "ls train",
    "show jupyter",
    "explain jupyter",
    "explain mlflow",
    "show board",
  ])("%s", async (line) => {
    const shown = await stage.show(line.split(" "), { columns: 100 });
    expect(`\n${screen(shown)}\n`).toMatchSnapshot();
  });

  test.each([
    "open",
    "open lab",
    "open jupyter",
    "open editor",
    "open editor --token",
    "open database",
    "open database --token",
    "open mlflow",
    "open board",
    "open train",
    "open nosuch",
  ])("%s", async (line) => {
    expect(`\n${screen(await stage.show(line.split(" ")))}\n`).toMatchSnapshot();
  });

  test("the table as JSON has no token", async () => {
    const { out } = await stage.show(["services", "--json"]);
    const services = JSON.parse(out) as { name: string; state: string; address: string | null }[];
    expect(services.map(({ name, state, address }) => [name, state, address])).toEqual([
      ["lab", "serving", LAB],
      ["editor", "serving", "http://127.0.0.1:8899/"],
      ["database", "serving", "127.0.0.1:8899"],
      ["mlflow", "running", "http://127.0.0.1:8899/"],
      ["board", "queued", null],
    ]);
    expect(out).not.toContain("c0ffee");
  });

  test("a browser is led to the token by a file of the user alone, and not through a link that a job made", async () => {
    const folder = layout.attempt(allIds(layout)[0] ?? ("" as never), 1);
    const [page, elsewhere] = [join(folder, ATTEMPT_FILES.redirect), join(stage.folder, "elsewhere")];
    writeFileSync(elsewhere, "untouched");
    symlinkSync(elsewhere, page);
    // There is no program that opens it.
    const shown = await stage.show(["open", "lab", "--browser"]);
    expect(shown).toMatchObject({ out: `${LAB}?token=c0ffee\n`, exit: "done" });
    expect(shown.err).toContain("No browser was opened");
    expect(statSync(page).mode & 0o777).toBe(0o600);
    expect(readFileSync(page, "utf8")).toContain(`url=${LAB}?token=c0ffee"`);
    expect(readFileSync(elsewhere, "utf8")).toBe("untouched");
  });
});

test("a service in a container without a network is refused", async () => {
  await using stage = new Stage();
  const task = { container: { image: "x", network: "none" }, command: ["x"], service: { port: 0 } };
  writeFileSync(join(stage.folder, "cut-off.yaml"), JSON.stringify(task));
  const shown = await stage.show(["validate", "cut-off.yaml"]);
  expect(shown).toMatchObject({ exit: "invalidTask" });
  expect(shown.err).toContain("no port is reached with network: none");
});
