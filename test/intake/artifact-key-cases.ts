const ARTIFACTS = ["spec", "artifacts"];

/** The keys of what is kept of a job's files. */
export const ARTIFACT_KEYS = {
  artifacts: [
    { text: 'artifacts: "*.pt"', at: [...ARTIFACTS, "paths"], value: ["*.pt"] },
    {
      text: 'artifacts: [./a//*.pt, "**/b.json", out/, ]',
      at: [...ARTIFACTS, "paths"],
      value: ["a/*.pt", "**/b.json", "out"],
    },
  ],
  "artifacts.paths": [{ text: "artifacts: {paths: a}", at: [...ARTIFACTS, "paths"], value: ["a"] }],
  "artifacts.keep": [
    { text: "artifacts: {keep: Always}", at: [...ARTIFACTS, "keep"], value: "always" },
    { text: "artifacts: {keep: 90d}", at: [...ARTIFACTS, "keep"], value: 90 * 86_400_000 },
  ],
};
