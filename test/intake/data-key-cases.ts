const SHA256 = "9c2b".repeat(16);

/** The keys of data. */
export const DATA_KEYS: Record<string, { text: string; at: readonly string[]; value: unknown }[]> = {
  datasets: [
    {
      text: "datasets: {digits: data/digits.npz}",
      at: ["spec", "datasets"],
      value: { digits: { path: "/work/data/digits.npz" } },
    },
    {
      text: `datasets: {a-1: {path: ~/a, sha256: "${SHA256.toUpperCase()}"}}`,
      at: ["spec", "datasets"],
      value: { "a-1": { path: "/home/ada/a", sha256: SHA256 } },
    },
    {
      text: "datasets: {a: data/a.dvc, b: {dvc: b.dvc, mode: RW, verify: always}, c: {dvc: c.dvc, path: d}}",
      at: ["spec", "datasets"],
      value: {
        a: { path: "/work/data/a", dvc: "/work/data/a.dvc" },
        b: { path: "/work/b", dvc: "/work/b.dvc", mode: "rw", verify: "always" },
        c: { path: "/work/d", dvc: "/work/c.dvc" },
      },
    },
    {
      text: "datasets: [mnist, data/labels.csv.dvc]",
      at: ["spec", "datasets"],
      value: {
        mnist: { path: "/work/mnist" },
        labels: { path: "/work/data/labels.csv", dvc: "/work/data/labels.csv.dvc" },
      },
    },
    {
      text: `dataset_specs: [{name: mnist, version: 1, uri: "file:///data/mnist", checksum: "sha256:${SHA256}"}, {name: cifar}]`,
      at: ["spec", "datasets"],
      value: { mnist: { path: "/data/mnist", sha256: SHA256 }, cifar: { path: "/work/cifar" } },
    },
  ],
  snapshot: [
    { text: "snapshot: 2026-05_a.1", at: ["spec", "snapshot"], value: "2026-05_a.1" },
    { text: "snapshot_id: abc", at: ["spec", "snapshot"], value: "abc" },
  ],
  preflight: [
    {
      text: "preflight: nvidia-smi -q",
      at: ["spec", "preflight"],
      value: [{ type: "command", line: "nvidia-smi -q" }],
    },
    {
      text: 'preflight: [test -e go, {port: 8080, host: "db.lan:5432"}, {dataset: digits}, {free: 10GB, path: /scratch}, {free: 1GB}]',
      at: ["spec", "preflight"],
      value: [
        { type: "command", line: "test -e go" },
        { type: "port", port: 8_080 },
        { type: "host", host: "db.lan", port: 5_432 },
        { type: "dataset", name: "digits", path: "/work/digits" },
        { type: "free", bytes: 1e10, path: "/scratch" },
        { type: "free", bytes: 1e9, path: "/work" },
      ],
    },
  ],
  provenance: [
    { text: "datasets: {a: a}\nprovenance: best-effort", at: ["spec", "provenance"], value: "bestEffort" },
  ],
};
