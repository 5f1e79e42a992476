const AT = ["spec", "service"];

/** The key of services. */
export const SERVICE_KEYS: Record<string, { text: string; at: readonly string[]; value: unknown }[]> = {
  service: [
    { text: "service: {}", at: AT, value: { ports: {} } },
    {
      text: "service: {port: 0, token: JUPYTER_TOKEN, ready: {http: /api, within: 3m}, health: {every: 30s, failures: 3}, url: /lab, idle: 2h, ttl: 12h, publish: lab}",
      at: AT,
      value: {
        ports: { main: 0 },
        token: "JUPYTER_TOKEN",
        ready: { probe: { type: "http", path: "/api" }, withinMs: 180_000 },
        health: { everyMs: 30_000, failures: 3 },
        url: "/lab",
        idleMs: 7_200_000,
        ttlMs: 43_200_000,
        publish: "lab",
      },
    },
    {
      text: "service: {ports: {http: 8080, grpc: 0}, ready: {tcp: grpc}, health: true, idle: {after: 1h, http: /status, port: http, field: used.at}}",
      at: AT,
      value: {
        ports: { http: 8_080, grpc: 0 },
        ready: { probe: { type: "tcp", port: "grpc" } },
        health: { everyMs: 30_000, failures: 3 },
        idleMs: 3_600_000,
        activity: { path: "/status", port: "http", field: "used.at" },
      },
    },
    {
      text: "service: {ready: {log: 'running on *'}}",
      at: AT,
      value: { ports: {}, ready: { probe: { type: "log", text: "running on *" } } },
    },
    {
      text: "service: {ready: {event: true, within: 10s}}",
      at: AT,
      value: { ports: {}, ready: { probe: { type: "event" }, withinMs: 10_000 } },
    },
  ],
};
