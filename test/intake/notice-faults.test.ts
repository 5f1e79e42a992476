import { describe, expect, test } from "bun:test";
import { draftIn, draftsIn, faultsIn } from "./rig.ts";

describe("readSubmission() on who is told", () => {
  test.each([
    [
      "on: {failed: {command: a}}",
      '2:6 "on.failed" is unknown, wanted start, success, failure, deadLetter, batchEnd or ping',
    ],
    [
      "on: yes",
      '2:5 "on" is "yes", wanted a mapping with start, success, failure, deadLetter, batchEnd or ping',
    ],
    [
      "on: {failure: echo}",
      '2:15 "on.failure" is "echo", wanted {command: LINE}, {webhook: ADDRESS} or {ping: ADDRESS}',
    ],
    ["on: {failure: {mail: me}}", '2:16 "on.failure.mail" is unknown, wanted command, webhook or ping'],
    [
      "on: {failure: {command: a, ping: https://a.org}}",
      '2:15 "on.failure" has 2 keys, wanted one of command, webhook and ping',
    ],
    [
      "on: {failure: {command: []}}",
      '2:25 "on.failure.command" is empty, wanted a program with its arguments',
    ],
    [
      "on: {ping: ftp://a.org}",
      '2:12 "on.ping" is "ftp://a.org", wanted an address such as https://example.org/hook',
    ],
    [
      "on: {failure: {webhook: {url: https://a.org, urlEnv: A}}}",
      '2:25 "on.failure.webhook" has 2 addresses, wanted one of url, urlEnv and urlFile',
    ],
    [
      "on: {failure: {webhook: {url: https://a.org, secret: sesame}}}",
      '2:46 "on.failure.webhook.secret" is unknown, wanted url, urlEnv, urlFile, secretEnv, secretFile or headers',
    ],
    [
      "on: {failure: {webhook: {url: https://a.org, secretEnv: A, secretFile: /b}}}",
      '2:25 "on.failure.webhook" has secretEnv and secretFile, wanted one of them',
    ],
    [
      "on: {failure: {webhook: {url: https://a.org, headers: {A b: c}}}}",
      '2:56 "on.failure.webhook.headers.A b" is not a valid header name',
    ],
    ["envFrom: .env", '2:10 "envFrom" is ".env", wanted {file: PATH} or {env: [NAMES]}'],
    ["envFrom: {file: a, env: b}", '2:10 "envFrom" is ambiguous, wanted {file: PATH} or {env: [NAMES]}'],
    [
      "envFrom: {env: [A=sesame]}",
      '2:17 "envFrom.env[0]" is not a variable name, wanted one such as API_TOKEN or AWS_*, without its value',
    ],
    [
      'envFrom: {env: "*"}',
      '2:16 "envFrom.env" is not a variable name, wanted one such as API_TOKEN or AWS_*, without its value',
    ],
  ])("%s", (line, fault) => {
    expect(faultsIn(`run: a\n${line}`)).toEqual([fault]);
  });

  test('reads "on:" as a key, and not as YAML 1.1\'s true', () => {
    expect(draftIn("run: a\non:\n  success:\n    - command: b\n").spec.on).toEqual({
      success: [{ type: "command", argv: ["/bin/sh", "-c", "b"] }],
    });
  });

  test("refuses values of a sweep that a shell would interpret in a command", () => {
    const text = (value: string): string =>
      `run: a\nmatrix: {x: ["${value}"]}\non: {failure: {command: "echo \${{ matrix.x }}"}}\n`;
    expect(draftsIn(text("b1"))[0]?.spec.on?.failure).toEqual([
      { type: "command", argv: ["/bin/sh", "-c", "echo b1"] },
    ]);
    expect(faultsIn(text("; rm -rf b")).length).toBe(1);
  });
});
