import { describe, expect, test } from "bun:test";
import { copyFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { Stint, until } from "../rig/stint.ts";
import { SYSTEM_PROGRAMS } from "../rig/surroundings.ts";

/** A home whose PATH has a docker that answers like the real one, and no podman. */
class DockerStint extends Stint {
  readonly state = join(this.root, "docker");

  constructor() {
    super();
    mkdirSync(join(this.root, "bin"));
    mkdirSync(this.state);
    copyFileSync(resolve("test/rig/fake-docker"), join(this.root, "bin/docker"));
    this.set("images", "alpine\n");
    this.set("registry", "python\n");
  }

  override get env(): Record<string, string> {
    return { ...super.env, PATH: `${join(this.root, "bin")}:${SYSTEM_PROGRAMS}`, FAKE_DOCKER: this.state };
  }

  /** Makes the home; a podman that is installed is not to be found first. */
  begin(): void {
    mkdirSync(this.home, { mode: 0o700 });
    writeFileSync(join(this.home, "config.yaml"), "container: {engine: docker}\n");
  }

  set(file: string, text = ""): void {
    writeFileSync(join(this.state, file), text);
  }

  /** What it was asked, one call a line, with this test's own paths and tokens taken out. */
  calls(verb: string): string[] {
    return readFileSync(join(this.state, "calls"), "utf8")
      .split("\n")
      .filter((line) => line.startsWith(`docker [${verb}]`))
      .map((line) => line.replaceAll(this.root, "ROOT").replaceAll(/[0-9a-f]{8}-[0-9a-f-]{27}/g, "TOKEN"));
  }
}

const lastOf = (stint: Stint, number: number) => stint.record(number).status.attempts.at(-1);
const DOCKER = ["run", "--image", "alpine", "--env", "A=b"];

describe("docker", () => {
  test("is asked to run the container, to follow its output and to remove it", async () => {
    await using stint = new DockerStint();
    stint.begin();
    const { code } = await stint.run([...DOCKER, "--", "sh", "-c", "echo out; exit 3"]);
    expect(code).toBe(3);
    expect(await stint.ok("logs", "1")).toBe("out");
    expect(stint.calls("run")).toMatchInlineSnapshot(`
      [
        "docker [run] [-d] [--pull=never] [--cidfile] [ROOT/home/runs/000001-echo-out-exit-3/1/cid] [--name] [stint-TOKEN] [--init] [--label] [stint.home=ROOT/home] [--label] [stint.task=000001-echo-out-exit-3] [--label] [stint.attempt=1] [--label] [stint.holder=TOKEN] [--label] [stint.token=TOKEN] [--env-file] [ROOT/home/runs/000001-echo-out-exit-3/1/container-env] [--volume] [ROOT/home/runs/000001-echo-out-exit-3/1:/stint/run] [--volume] [ROOT/home/runs/000001-echo-out-exit-3/checkpoint:/stint/checkpoint] [--security-opt] [label=disable] [--network] [bridge] [--entrypoint] [sh] [alpine] [-c] [echo out; exit 3]",
      ]
    `);
    await until("it is removed", () => stint.calls("rm").length > 0);
    expect(stint.calls("rm")).toEqual(["docker [rm] [-f] [-v] [stint-TOKEN]"]);
  });

  test("pulls a missing image, and the task says so meanwhile", async () => {
    await using stint = new DockerStint();
    stint.begin();
    stint.set("slow-pull");
    await stint.ok("submit", "--image", "python", "--", "echo", "pulled");
    await stint.up();
    await until("it is pulling", () => stint.record(1).status.reason === "PullingImage");
    expect(stint.record(1).status.state).toBe("preparing");
    expect(await stint.ok("ls")).toContain("pulling its image");
    rmSync(join(stint.state, "slow-pull"));
    await stint.reach(1, "completed");
  });

  test.each([
    [
      "a pull that takes too long",
      "container: {image: python, pullTimeout: 1s}",
      "RUNTIME_ERROR",
      "not pulled within 1 s",
    ],
    ["an image that does not exist", "container: {image: pyhton}", "INVALID_SPEC", "there is no such image"],
    [
      "an image that must not be pulled",
      "container: {image: nowhere, pull: always}",
      "INVALID_SPEC",
      "manifest unknown",
    ],
  ])("%s fails with the reason", async (_what, container, code, words) => {
    await using stint = new DockerStint();
    stint.begin();
    if (code === "RUNTIME_ERROR") stint.set("slow-pull");
    writeFileSync(join(stint.root, "task.yaml"), `${container}\nrun: echo never\nretries: 0\n`);
    await stint.run(["run", "task.yaml"]);
    expect(lastOf(stint, 1)?.failure).toMatchObject({ code, error: expect.stringContaining(words) });
  });

  test("that cannot be reached is a failure of the machine, and the task is retried", async () => {
    await using stint = new DockerStint();
    stint.begin();
    stint.set("down");
    await stint.ok("submit", "--image", "alpine", "--", "echo", "late");
    await stint.up();
    const first = () => stint.record(1).status.attempts[0];
    await until("it failed once", () => first()?.state === "failed");
    expect(stint.record(1).status.state).not.toBe("failed");
    expect(first()?.failure).toMatchObject({
      code: "RUNTIME_ERROR",
      error: expect.stringContaining("Cannot connect to the Docker daemon"),
    });
  });

  test("stops the container at a cancel, also during a pull", async () => {
    await using stint = new DockerStint();
    stint.begin();
    stint.set("slow-pull");
    await stint.ok("submit", "--image", "alpine", "--", "sleep", "300");
    await stint.ok("submit", "--image", "python", "--", "echo", "never");
    await stint.up("--jobs", "2");
    await stint.reach(1, "running");
    await until("it is pulling", () => stint.record(2).status.reason === "PullingImage");
    await stint.ok("cancel", "1", "2");
    await stint.reach(1, "cancelled");
    await stint.reach(2, "cancelled");
    expect(stint.calls("stop")).toHaveLength(1);
  });
});

test("a container task can be queued without an engine, and fails with the reason", async () => {
  await using stint = new Stint();
  await stint.ok("init");
  const env = { PATH: join(stint.root, "empty") };
  expect((await stint.run(["submit", "--image", "alpine", "--", "echo"], { env })).code).toBe(0);
  await stint.run(["drain"], { env });
  expect(stint.record(1).status.attempts.at(-1)?.failure).toMatchObject({
    code: "INVALID_SPEC",
    error: expect.stringContaining("podman and docker are not in PATH, install podman"),
  });
  // It warns only while a task needs an engine.
  expect((await stint.run(["doctor"], { env })).out).toMatch(/^note neither podman nor docker is in PATH/m);
  await stint.run(["submit", "--hold", "--image", "alpine", "--", "echo"], { env });
  expect((await stint.run(["doctor"], { env })).out).toMatch(/^warn neither podman nor docker is in PATH/m);
});
