/** The keys of the feed of events; see `key-cases.ts`. */
export const EVENT_KEYS: Record<string, { text: string; at: readonly string[]; value: unknown }[]> = {
  topic: [
    { text: "topic: vision.2", at: ["spec", "topic"], value: "vision.2" },
    { text: "event_delivery: {topic: a}", at: ["spec", "topic"], value: "a" },
  ],
  attributes: [
    {
      text: "topic: a\nattributes: {team: x, n: 7}",
      at: ["spec", "attributes"],
      value: { team: "x", n: "7" },
    },
    {
      text: "event_delivery: {topic: a, attributes: {team: x}}",
      at: ["spec", "attributes"],
      value: { team: "x" },
    },
  ],
};
