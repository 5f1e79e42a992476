import { expect, test } from "bun:test";
import { processContext } from "../../src/cli/context.ts";
import { leaveFirstProcess } from "../../src/cli/first-process.ts";

test.each([
  ["up", [], true],
  ["up", ["--detach"], false],
  ["run", ["--", "server", "--detach"], true],
  ["ls", [], false],
])("as the first process, %s %j hands over to a shell: %p", (verb, words, isLeft) => {
  const became: string[][] = [];
  const context = {
    ...processContext(),
    pid: 1,
    arguments: [verb, ...words],
    become: (argv: readonly string[]) => void became.push([...argv]),
    err: () => {},
  };
  leaveFirstProcess(context, verb);
  expect(became.map((argv) => argv.slice(4))).toEqual(isLeft ? [[context.self, verb, ...words]] : []);
});
