import { describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readContainerEnd } from "../../src/run/ending.ts";

/** What is read where a runner noted this end, and the engine said this. */
function endOf(noted: string, said = "", sawTerm = false): ReturnType<typeof readContainerEnd> {
  const directory = mkdtempSync(join(tmpdir(), "stint-end-"));
  try {
    if (noted !== "") writeFileSync(join(directory, "container-end"), `${noted}\n`);
    writeFileSync(join(directory, "container-error"), said);
    return readContainerEnd(directory, sawTerm);
  } finally {
    rmSync(directory, { recursive: true });
  }
}

describe("readContainerEnd()", () => {
  test("is null before a runner has reached the end", () => {
    expect(endOf("")).toBeNull();
  });

  test.each([
    ["exited 0 false", { exitCode: 0, signal: null }, false],
    ["exited 137 true", { exitCode: null, signal: "SIGKILL" }, true],
    ["exited 125 false", { exitCode: 125, signal: null }, false],
  ])("%s", (noted, ending, oomKilled) => {
    expect(endOf(noted)).toMatchObject({ ending: { type: "exited", sawTerm: false, ...ending }, oomKilled });
  });

  test.each(["lost", "dead", "exited -1 false", "exited 256 false"])("%s is not a result", (noted) => {
    expect(endOf(noted)?.ending).toMatchObject({ type: "lost", signal: null });
  });

  // As podman 4.3, docker 24 and runc 1.1 say them.
  test.each([
    [125, 'Error: short-name "pyhton" did not resolve to an alias', "INVALID_SPEC"],
    [
      125,
      "Error response from daemon: manifest for a:b not found: manifest unknown: manifest unknown",
      "INVALID_SPEC",
    ],
    [
      125,
      "docker: Error response from daemon: pull access denied for a, repository does not exist",
      "INVALID_SPEC",
    ],
    [125, "Error: a: image not known", "INVALID_SPEC"],
    [
      125,
      'Error: initializing source docker://localhost/a:1: pinging container registry localhost: Get "https://localhost/v2/": dial tcp 127.0.0.1:443: connect: connection refused',
      "INVALID_SPEC",
    ],
    [126, "Error: setting up CDI devices: unresolvable CDI devices nvidia.com/gpu=GPU-1", "INVALID_SPEC"],
    [
      125,
      'docker: Error response from daemon: could not select device driver "" with capabilities: [[gpu]].',
      "INVALID_SPEC",
    ],
    [125, "Error: repository name must be lowercase", "INVALID_SPEC"],
    [125, "Error: invalid reference format", "INVALID_SPEC"],
    [
      125,
      'Error: initializing source docker://a:latest: pinging container registry a: Get "https://a/v2/": dial tcp 127.0.0.1:443: connect: connection refused',
      "RUNTIME_ERROR",
    ],
    [125, "Error: unknown flag: --nosuch", "INVALID_SPEC"],
    [
      127,
      'Error: runc: exec: "nosuch": executable file not found in $PATH: OCI runtime error',
      "INVALID_SPEC",
    ],
    [126, "docker: Error response from daemon: permission denied: unknown.", "INVALID_SPEC"],
    [
      1,
      "Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running?",
      "RUNTIME_ERROR",
    ],
    [
      125,
      "permission denied while trying to connect to the docker API at unix:///var/run/docker.sock",
      "RUNTIME_ERROR",
    ],
    [125, "Error: pinging container registry a: Get: dial tcp: lookup a: no such host", "RUNTIME_ERROR"],
    [124, "the image was not pulled within 5 s", "RUNTIME_ERROR"],
    [125, "", "RUNTIME_ERROR"],
    [137, "", "RUNTIME_ERROR"],
  ])("engine exit %d with %s is %s", (code, said, failure) => {
    expect(endOf(`engine ${code}`, said)?.ending).toMatchObject({ type: "notStarted", code: failure });
  });

  test("an engine command that got a TERM from outside is an interruption", () => {
    expect(endOf("engine 143", "", true)?.ending).toMatchObject({ type: "exited", sawTerm: true });
  });
});
