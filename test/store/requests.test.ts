import { describe, expect, test } from "bun:test";
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import type { Request } from "../../src/model/request.ts";
import type { Layout } from "../../src/store/layout.ts";
import type { QuarantineEntry } from "../../src/store/quarantine.ts";
import {
  answerRequest,
  dropOldReplies,
  fetchReply,
  postRequest,
  requestNames,
  takeRequest,
  withdrawRequest,
} from "../../src/store/requests.ts";
import { cutShort } from "../rig/crash.ts";
import { aTask, at, NOW_MS } from "../rig/tasks.ts";
import { TempHome } from "../rig/temp-home.ts";

const { id, uid } = aTask().metadata;
const CANCEL: Omit<Request, "id"> = {
  at: at(),
  actor: "ada",
  operation: {
    verb: "cancel",
    targets: [{ id, uid, epoch: 1, version: 3 }],
    force: false,
    pendingOnly: false,
  },
};
const DOWN: Omit<Request, "id"> = {
  at: at(),
  actor: "ada",
  operation: { verb: "down", owner: "token", jobs: "drain" },
};
const answered = (request: Request) => ({
  id: request.id,
  answers: [{ id: "000001-train", done: "cancelled" }],
});

const pendingRequests = (layout: Layout, findings: QuarantineEntry[] = []): Request[] =>
  requestNames(layout).flatMap((name) => takeRequest(layout, name, findings) ?? []);

describe("a request", () => {
  test("is found by the supervisor as it was posted, the oldest first, until it is answered", async () => {
    await using home = new TempHome();
    const posted = [postRequest(home.layout, CANCEL), postRequest(home.layout, DOWN)];
    expect(pendingRequests(home.layout)).toEqual(posted);
    expect(pendingRequests(home.layout)).toEqual(posted);
    const [first, second] = posted;
    if (first === undefined || second === undefined) throw new Error("nothing was posted");
    answerRequest(home.layout, answered(first));
    expect(pendingRequests(home.layout)).toEqual([second]);
    expect(home.files("tmp")).toEqual([]);
  });

  test("is readable for the owner alone, and so is its answer", async () => {
    await using home = new TempHome();
    const posted = postRequest(home.layout, CANCEL);
    const modes = (): number[] =>
      home.files("requests").map((name) => statSync(join(home.layout.requests, name)).mode & 0o777);
    expect(modes()).toEqual([0o600]);
    answerRequest(home.layout, answered(posted));
    expect(modes()).toEqual([0o600]);
  });

  test("can be taken back, also after it was answered", async () => {
    await using home = new TempHome();
    const posted = postRequest(home.layout, CANCEL);
    withdrawRequest(home.layout, posted.id);
    expect(pendingRequests(home.layout)).toEqual([]);
    withdrawRequest(home.layout, posted.id);
  });

  test("is answered again where the supervisor dies in between", async () => {
    await using home = new TempHome();
    const posted = postRequest(home.layout, CANCEL);
    cutShort("replace:renamed", () => answerRequest(home.layout, answered(posted)));
    expect(fetchReply(home.layout, posted.id)).toEqual(answered(posted));
    expect(pendingRequests(home.layout)).toEqual([posted]);
  });
});

describe("takeRequest()", () => {
  const OTHER = "00000000-0000-7000-8000-000000000000";
  const named = { id: "../pending/000001-train", ...CANCEL };

  test.each([
    ["half of one", '{"id":"x"'],
    ["nothing", ""],
    ["a verb that there is not", JSON.stringify({ id: OTHER, ...CANCEL, operation: { verb: "dance" } })],
    [
      "a target without its epoch",
      JSON.stringify({ id: OTHER, ...CANCEL, operation: { verb: "retry", targets: [{ id, uid }] } }),
    ],
    ["one that names another file", JSON.stringify(named)],
    ["one that names another request", JSON.stringify({ id: "x", ...CANCEL })],
  ])("puts %s aside, and does not look at it again", async (_what, text) => {
    await using home = new TempHome();
    const path = join(home.layout.requests, `${OTHER}.json`);
    writeFileSync(path, text);
    expect(pendingRequests(home.layout)).toEqual([]);
    expect(existsSync(path)).toBeFalse();
    expect(readFileSync(join(home.layout.requests, ".corrupt", `${OTHER}.json`), "utf8")).toBe(text);
  });

  test("puts aside a request whose name leads out of the folder, and no other file", async () => {
    await using home = new TempHome();
    const record = home.put(aTask());
    writeFileSync(join(home.layout.requests, "000001-train.json"), JSON.stringify(named));
    expect(pendingRequests(home.layout)).toEqual([]);
    expect(home.files("requests")).toEqual([".corrupt/000001-train.json"]);
    expect(existsSync(record)).toBeTrue();
  });

  test("puts aside a folder and a FIFO that are named like a request", async () => {
    await using home = new TempHome();
    mkdirSync(join(home.layout.requests, "folder.json", "more"), { recursive: true });
    Bun.spawnSync(["mkfifo", join(home.layout.requests, "pipe.json")]);
    const findings: QuarantineEntry[] = [];
    expect(pendingRequests(home.layout, findings)).toEqual([]);
    expect(findings.map(({ what }) => what)).toEqual(Array(2).fill("put aside: it is not a request"));
    expect(readdirSync(join(home.layout.requests, ".corrupt")).toSorted()).toEqual([
      "folder.json",
      "pipe.json",
    ]);
  });

  test("leaves other files alone", async () => {
    await using home = new TempHome();
    writeFileSync(join(home.layout.requests, "notes.txt"), "mine");
    writeFileSync(join(home.layout.requests, "x.reply.json"), "{}");
    expect(pendingRequests(home.layout)).toEqual([]);
    expect(home.files("requests")).toEqual(["notes.txt", "x.reply.json"]);
  });
});

describe("fetchReply()", () => {
  test("gives the reply once", async () => {
    await using home = new TempHome();
    const posted = postRequest(home.layout, DOWN);
    expect(fetchReply(home.layout, posted.id)).toBeNull();
    answerRequest(home.layout, answered(posted));
    expect(fetchReply(home.layout, posted.id)).toEqual(answered(posted));
    expect(fetchReply(home.layout, posted.id)).toBeNull();
    expect(home.files("requests")).toEqual([]);
  });

  test("carries a problem with its code and hint", async () => {
    await using home = new TempHome();
    const problem = { code: "VERSION_CONFLICT", message: "Cannot", hint: "look again" };
    answerRequest(home.layout, { id: "x", answers: [{ id: "1", problem }] });
    expect(fetchReply(home.layout, "x")?.answers).toEqual([{ id: "1", problem }]);
  });
});

describe("dropOldReplies()", () => {
  test("removes replies that were not fetched for a minute, and nothing else", async () => {
    await using home = new TempHome();
    for (const name of ["old.reply.json", "new.reply.json", "old.json"]) {
      const path = join(home.layout.requests, name);
      writeFileSync(path, "{}");
      const seconds = NOW_MS / 1_000 - (name.startsWith("old") ? 61 : 59);
      utimesSync(path, seconds, seconds);
    }
    dropOldReplies(home.layout, NOW_MS);
    expect(home.files("requests")).toEqual(["new.reply.json", "old.json"]);
  });
});

test("a request on disk is JSON text of one line", async () => {
  await using home = new TempHome();
  const posted = postRequest(home.layout, DOWN);
  expect(readFileSync(join(home.layout.requests, `${posted.id}.json`), "utf8")).toBe(
    `${JSON.stringify(posted)}\n`,
  );
});
