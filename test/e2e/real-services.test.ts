import { expect, test } from "bun:test";
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { HAS_PACKAGES, PYTHON } from "../rig/python.ts";
import { markedProcesses, Stint, until } from "../rig/stint.ts";

/** The program of a package beside the interpreter of the tests; null where it is not installed. */
function programOf(name: string): string | null {
  const path = join(dirname(PYTHON), name);
  return HAS_PACKAGES && existsSync(path) ? path : null;
}

/** A template with other words in it, as a user would write them. */
function templateWith(stint: Stint, name: string, words: readonly (readonly [string, string])[]): void {
  let text = readFileSync(resolve("templates", `${name}.yaml`), "utf8");
  for (const [from, to] of words) {
    expect(text).toContain(from);
    text = text.replace(from, to);
  }
  writeFileSync(join(stint.root, `${name}.yaml`), text);
}

/** The status of an answer; null where nothing answers. Without a connection that stays open, which would be use. */
async function statusOf(url: string | URL): Promise<number | null> {
  try {
    return (await fetch(url, { keepalive: false, proxy: "" })).status;
  } catch {
    return null;
  }
}

/** The files below a folder that hold a text. */
function filesWith(folder: string, text: string): string[] {
  const paths = readdirSync(folder, { recursive: true }).map((name) => join(folder, String(name)));
  return paths.filter((path) => statSync(path).isFile() && readFileSync(path, "latin1").includes(text));
}

const jupyter = programOf("jupyter-lab");

test.skipIf(jupyter === null)(
  `Jupyter from one file has a token and a free port, survives two kills of the supervisor, and ends by idleness${jupyter === null ? " (not tried: jupyterlab is not installed)" : ""}`,
  async () => {
    await using stint = new Stint();
    templateWith(stint, "jupyter", [
      ["  - jupyter\n  - lab\n", `  - ${jupyter}\n  - --allow-root\n`],
      ["after: 2h", "after: 20s"],
    ]);
    await stint.up();
    await stint.ok("submit", "jupyter.yaml");
    const address = new URL((await stint.ok("open", "jupyter", "--wait")).trim());
    const token = address.searchParams.get("token") ?? "";
    expect(token).toMatch(/^[\w-]{20,}$/);
    const contents = new URL("/api/contents", address);
    expect(await statusOf(contents)).toBe(403);
    contents.searchParams.set("token", token);
    // It is used for as long as it is to live.
    let isUsed = true;
    const use = (async () => {
      while (isUsed) {
        expect(await statusOf(contents)).toBe(200);
        await Bun.sleep(500);
      }
    })();
    const served = stint.record(1);
    for (let kill = 1; kill <= 2; kill += 1) {
      await stint.killSupervisors();
      expect(await statusOf(contents)).toBe(200);
      await stint.up();
      const { state, attempts } = stint.record(1).status;
      expect([state, attempts.length, attempts[0]?.token]).toEqual([
        "serving",
        1,
        served.status.attempts[0]?.token ?? "",
      ]);
      expect((await stint.ok("open", "jupyter")).trim()).toBe(address.href);
    }
    // Besides, what a later supervisor is to mask is kept with the captured environments.
    const { id } = served.metadata;
    const holders = [join("env", `${id}.json`), join("runs", id, "1", "service-token")];
    expect(filesWith(stint.home, token).toSorted()).toEqual(holders.map((name) => join(stint.home, name)));
    for (const name of holders) expect(statSync(join(stint.home, name)).mode & 0o777).toBe(0o600);
    isUsed = false;
    await use;
    const { status } = await stint.reach(1, "completed");
    expect(status.attempts).toHaveLength(1);
    expect(await statusOf(contents)).toBeNull();
    expect(markedProcesses(served.status.attempts[0]?.token ?? "")).toEqual([]);
  },
  600_000,
);

const tensorboard = programOf("tensorboard");

test.skipIf(tensorboard === null)(
  `TensorBoard is found ready, and a cancel ends it${tensorboard === null ? " (not tried: tensorboard is not installed)" : ""}`,
  async () => {
    await using stint = new Stint();
    templateWith(stint, "tensorboard", [["[tensorboard,", `[${tensorboard},`]]);
    await stint.up();
    await stint.ok("submit", "tensorboard.yaml");
    const address = (await stint.ok("open", "tensorboard", "--wait")).trim();
    expect(await statusOf(new URL("/data/environment", address))).toBe(200);
    await stint.ok("cancel", "tensorboard");
    await stint.reach(1, "cancelled");
    expect(await statusOf(address)).toBeNull();
  },
  600_000,
);

// Its small edition has the command without the server.
const mlflow = programOf("flask") === null ? null : programOf("mlflow");

test.skipIf(mlflow === null)(
  `MLflow is found ready on a port that was chosen, and ends with its helpers${mlflow === null ? " (not tried: mlflow with its server is not installed)" : ""}`,
  async () => {
    await using stint = new Stint();
    templateWith(stint, "mlflow", [
      ["  - mlflow\n", `  - ${mlflow}\n`],
      ["port: 5000", "port: 0"],
    ]);
    await stint.up();
    await stint.ok("submit", "mlflow.yaml");
    const address = (await stint.ok("open", "mlflow", "--wait")).trim();
    expect(await statusOf(new URL("/health", address))).toBe(200);
    const token = stint.record(1).status.attempts[0]?.token ?? "";
    await stint.ok("cancel", "mlflow");
    await stint.reach(1, "cancelled");
    await until("its helpers are gone", () => markedProcesses(token).length === 0);
  },
  600_000,
);
