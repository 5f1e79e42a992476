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
  ],
  provenance: [
    { text: "datasets: {a: a}\nprovenance: best-effort", at: ["spec", "provenance"], value: "bestEffort" },
  ],
};
