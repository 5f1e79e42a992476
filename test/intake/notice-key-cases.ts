const KIND = ["spec", "kind"];

/** The keys of notices and of secrets, as key-cases.ts has them. */
export const NOTICE_KEYS: Record<string, { text: string; at: readonly string[]; value: unknown }[]> = {
  envFrom: [
    { text: "envFrom: {file: ~/.env}", at: [...KIND, "envFrom"], value: [{ file: "/home/ada/.env" }] },
    {
      text: 'envFrom: [{file: a.env}, {env: [A, "B_*"]}, {env: C}]',
      at: [...KIND, "envFrom"],
      value: [{ file: "/work/a.env" }, { env: ["A", "B_*"] }, { env: ["C"] }],
    },
  ],
  "notify.start": [
    {
      text: "on: {start: {command: echo a}}",
      at: ["spec", "on", "start"],
      value: [{ type: "command", argv: ["/bin/sh", "-c", "echo a"] }],
    },
    {
      text: "on.start: {command: echo a}",
      at: ["spec", "on", "start"],
      value: [{ type: "command", argv: ["/bin/sh", "-c", "echo a"] }],
    },
    {
      text: "notify.start: {command: echo a}",
      at: ["spec", "on", "start"],
      value: [{ type: "command", argv: ["/bin/sh", "-c", "echo a"] }],
    },
  ],
  "notify.success": [
    {
      text: "notify: {success: [{command: [echo, a]}, {webhook: https://a.org/b}]}",
      at: ["spec", "on", "success"],
      value: [
        { type: "command", argv: ["echo", "a"] },
        { type: "webhook", url: "https://a.org/b" },
      ],
    },
  ],
  "notify.failure": [
    {
      text: "notify: {failure: {webhook: {url: https://a.org, secretEnv: S, headers: {X-A: b, X-C: {file: ~/c}}}}}",
      at: ["spec", "on", "failure"],
      value: [
        {
          type: "webhook",
          url: "https://a.org",
          secret: { env: "S" },
          headers: { "X-A": "b", "X-C": { file: "/home/ada/c" } },
        },
      ],
    },
  ],
  "notify.deadLetter": [
    {
      text: "notify: {dead_letter: {webhook: {urlFile: ~/u, secretFile: ~/s}}}",
      at: ["spec", "on", "deadLetter"],
      value: [{ type: "webhook", url: { file: "/home/ada/u" }, secret: { file: "/home/ada/s" } }],
    },
  ],
  "notify.batchEnd": [
    {
      text: "notify: {batchEnd: {ping: {urlEnv: HC}}}",
      at: ["spec", "on", "batchEnd"],
      value: [{ type: "ping", url: { env: "HC" } }],
    },
  ],
  "notify.ping": [
    {
      text: "notify: {ping: https://hc-ping.com/x}",
      at: ["spec", "on", "ping"],
      value: [{ type: "ping", url: "https://hc-ping.com/x" }],
    },
  ],
};
