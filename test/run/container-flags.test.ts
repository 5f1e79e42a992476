import { describe, expect, test } from "bun:test";
import type { AnyMode, ContainerKind, EngineName } from "../../src/model/kind.ts";
import { containerFlags, isMountable } from "../../src/run/container-flags.ts";

const CONTAINER: ContainerKind["container"] = {
  image: "ghcr.io/lab/train:7",
  workdir: "/work",
  user: "1000:100",
  volumes: [{ host: "/data/a b", path: "/data", readOnly: true }],
  network: "none",
  pull: "missing",
  pullTimeoutMs: 1,
  shmBytes: 1_073_741_824,
  unsafe: ["--cap-add", "SYS_PTRACE"],
};

function flagsOf(
  engine: EngineName,
  mode: AnyMode,
  vendor: "nvidia" | "amd" | "simulated" = "nvidia",
  container = CONTAINER,
  ports: readonly number[] = [],
): string {
  const flags = containerFlags({
    kind: {
      type: "container",
      mode,
      cwd: "/",
      env: {},
      environment: { policy: "clear" },
      failOnNonZero: true,
      container,
    },
    engine,
    directory: "/home/runs/1/1",
    mounts: [],
    ports,
    checkpoint: "/home/runs/1/checkpoint",
    data: [],
    labels: { "stint.home": "/home" },
    devices: ["GPU-1", "GPU-2"].map((id) => ({ id, vendor })),
    limits: { cpus: 1.5, pids: 10, memoryBytes: 5, openFiles: 64, coreBytes: 0 },
    passed: ["LINES"],
  });
  return flags.join("\n").replaceAll(/\n(?!-)/g, " ");
}

describe("containerFlags()", () => {
  test("mounts a path with a colon by --mount", () => {
    const container = { ...CONTAINER, volumes: [{ host: "/a:b/c", path: "/data", readOnly: true }] };
    expect(flagsOf("podman", { type: "image", args: [] }, "nvidia", container)).toContain(
      "--mount type=bind,src=/a:b/c,dst=/data,readonly\n",
    );
    const paths = ["/a:b", "/a,b", "/a:b,c", '/a:"b"'].map((host) => isMountable({ host, path: "/d" }));
    expect(paths).toEqual([true, true, false, false]);
    expect(isMountable({ host: "/a:b", path: "/d,e" })).toBeFalse();
  });

  test("gives podman GPUs by CDI", () => {
    expect(
      flagsOf("podman", { type: "command", command: "python3", args: ["train.py", "--lr", "1"] }),
    ).toMatchInlineSnapshot(`
      "--label stint.home=/home
      --env-file /home/runs/1/1/container-env
      --env LINES
      --volume /home/runs/1/1:/stint/run
      --volume /home/runs/1/checkpoint:/stint/checkpoint
      --volume /data/a b:/data:ro
      --security-opt label=disable
      --network none
      --workdir /work
      --user 1000:100
      --shm-size 1073741824
      --cpus 1.5
      --pids-limit 11
      --ulimit nofile=64:64
      --ulimit core=0:0
      --device nvidia.com/gpu=GPU-1
      --device nvidia.com/gpu=GPU-2
      --cap-add SYS_PTRACE
      --entrypoint python3 ghcr.io/lab/train:7 train.py
      --lr 1"
    `);
  });

  test("publishes the ports of a service on the loopback address alone, where the container has a network of its own", () => {
    const flags = (network: ContainerKind["container"]["network"]): string =>
      flagsOf("podman", { type: "image", args: [] }, "nvidia", { ...CONTAINER, network }, [8080, 9000]);
    expect(flags("bridge")).toContain("--publish 127.0.0.1:8080:8080\n--publish 127.0.0.1:9000:9000\n");
    expect(flags("host")).not.toContain("--publish");
    expect(flags("none")).not.toContain("--publish");
  });

  test("gives docker GPUs as one value of CSV", () => {
    const docker = flagsOf("docker", { type: "image", args: ["serve", "a b"] });
    expect(docker).toContain('--gpus "device=GPU-1,GPU-2"');
    expect(docker).not.toContain("nvidia.com");
    expect(docker).not.toContain("--entrypoint");
    expect(docker).toEndWith("ghcr.io/lab/train:7 serve a b");
  });

  test("passes the device files of ROCm, and none for simulated GPUs", () => {
    const mode: AnyMode = { type: "image", args: [] };
    expect(flagsOf("podman", mode, "amd")).toContain("--device /dev/kfd\n--device /dev/dri");
    expect(flagsOf("podman", mode, "simulated")).not.toMatch(/--device|--gpus/);
  });

  test.each([
    ["sh", "--entrypoint sh ghcr.io/lab/train:7 /stint/run/script a"],
    ["python", "--entrypoint python3 ghcr.io/lab/train:7 /stint/run/script a"],
  ] as const)("runs a script of %s with the interpreter of the image", (runtime, end) => {
    expect(flagsOf("podman", { type: "script", runtime, body: "1", args: ["a"] })).toEndWith(end);
  });

  test("passes a custom interpreter its flag", () => {
    const runtime = { command: "perl", flag: "-w" };
    expect(flagsOf("docker", { type: "script", runtime, body: "1", args: [] })).toEndWith(
      "--entrypoint perl ghcr.io/lab/train:7\n-w /stint/run/script",
    );
  });
});
