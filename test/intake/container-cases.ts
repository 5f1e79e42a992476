const KIND = ["spec", "kind"];
const CONTAINER = [...KIND, "container"];
const inContainer = (line: string): string => `container:\n  image: alpine\n  ${line}`;

/** Those of `KEYS` that are of containers. */
export const CONTAINER_KEYS: Record<string, { text: string; at: readonly string[]; value: unknown }[]> = {
  "container.image": [
    { text: "image: ghcr.io/a/b:1.2", at: [...CONTAINER, "image"], value: "ghcr.io/a/b:1.2" },
    { text: "image: alpine", at: [...KIND, "type"], value: "container" },
  ],
  "container.engine": [
    { text: inContainer("engine: docker"), at: [...CONTAINER, "engine"], value: "docker" },
  ],
  "container.workdir": [{ text: inContainer("workdir: /a"), at: [...CONTAINER, "workdir"], value: "/a" }],
  "container.user": [{ text: inContainer("user: 1000:100"), at: [...CONTAINER, "user"], value: "1000:100" }],
  "container.volumes": [
    {
      text: inContainer('volumes: ["~/a:/a", "./b:/b:ro", "/c:/c:rw"]'),
      at: [...CONTAINER, "volumes"],
      value: [
        { host: "/home/ada/a", path: "/a", readOnly: false },
        { host: "/work/b", path: "/b", readOnly: true },
        { host: "/c", path: "/c", readOnly: false },
      ],
    },
  ],
  "container.network": [{ text: inContainer("network: none"), at: [...CONTAINER, "network"], value: "none" }],
  "container.pull": [{ text: inContainer("pull: never"), at: [...CONTAINER, "pull"], value: "never" }],
  "container.pullTimeout": [
    { text: inContainer("pullTimeout: 5m"), at: [...CONTAINER, "pullTimeoutMs"], value: 300_000 },
  ],
  "container.shmSize": [
    { text: inContainer("shmSize: 1GiB"), at: [...CONTAINER, "shmBytes"], value: 2 ** 30 },
  ],
  "container.unsafe": [
    {
      text: inContainer("unsafe: --cap-add SYS_PTRACE"),
      at: [...CONTAINER, "unsafe"],
      value: ["--cap-add", "SYS_PTRACE"],
    },
  ],
};
