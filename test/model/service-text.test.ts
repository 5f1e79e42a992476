import { expect, test } from "bun:test";
import { portsAskedIn, urlOf, withPorts } from "../../src/model/service-text.ts";

const PORTS = { http: 8_080, grpc: 9_090 };

test.each([
  ["--port=${{ service.port }}", "--port=8080"],
  ["${{service.ports.grpc}}:${{ service.ports.http }}", "9090:8080"],
  ["${{ service.port }} and $${{ x }}", "8080 and ${{ x }}"],
  ["${{ service.port }} and $${{ service.port }}", "8080 and ${{ service.port }}"],
  ["${{ service.port }} ${{ service.ports.constructor }}", "8080 ${{ service.ports.constructor }}"],
  ["$${{ x }} without a port", "$${{ x }} without a port"],
  ["${{ matrix.a }}", "${{ matrix.a }}"],
])("%s becomes %s", (text, filled) => {
  expect(withPorts(text, PORTS)).toBe(filled);
});

test("portsAskedIn() names ports, null for the first one, and no escaped ones", () => {
  expect(portsAskedIn("${{ service.port }} ${{ service.ports.a }} $${{ service.ports.b }}")).toEqual([
    null,
    "a",
  ]);
});

test.each([
  [{ url: "/lab" }, "http://127.0.0.1:8080/lab"],
  [{ url: "https://x:${{ service.ports.grpc }}/" }, "https://x:9090/"],
  [{ ready: { probe: { type: "http", path: "/health" } } }, "http://127.0.0.1:8080/"],
  [{}, undefined],
] as const)("the url of %j is %s", (more, url) => {
  expect(urlOf({ ports: { http: 0, grpc: 0 }, ...more }, PORTS)).toBe(url);
});
