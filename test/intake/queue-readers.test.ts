import { describe, expect, test } from "bun:test";
import { type Selector, unmet } from "../../src/model/selector.ts";
import { draftIn, faultsIn } from "./rig.ts";

const IDENTIFIER = "wanted letters, digits, dots, dashes and underscores";

describe("keys of the queue", () => {
  test.each([
    ["slot: a b", `2:7 "slot" is "a b", ${IDENTIFIER}`],
    ["slot: a/b", `2:7 "slot" is "a/b", ${IDENTIFIER}`],
    [`slot: ${"x".repeat(65)}`, '2:7 "slot" has 65 characters, wanted at most 64'],
    ["slot: [a]", '2:7 "slot" is a list, wanted text'],
    [`unique: ${"x".repeat(129)}`, '2:9 "unique" has 129 characters, wanted at most 128'],
    ["admission: drop", '2:12 "admission" is "drop", wanted queue, dropIfRunning or replace'],
    ["onParentFailure: stop", '2:18 "onParentFailure" is "stop", wanted wait or cancel'],
    [
      "after: a b",
      '2:8 "after" names "a b", wanted the number, the id or the name of a task, or a range such as 3-7',
    ],
    [
      "after: [a, -1]",
      '2:8 "after" names "-1", wanted the number, the id or the name of a task, or a range such as 3-7',
    ],
    ["after: {a: b}", '2:9 "after.a" is unknown, wanted allOf or anyOf'],
    ["after: {}", '2:8 "after" is a mapping, wanted tasks, or a mapping such as {anyOf: [a, b]}'],
    [
      "afterAny: a,,b",
      '2:11 "afterAny" names "", wanted the number, the id or the name of a task, or a range such as 3-7',
    ],
    [`afterFailed: ${"x".repeat(257)}`, '2:14 "afterFailed" names a task of impossible length'],
    ["gpuIds: {0: 1}", '2:9 "gpuIds" is a mapping, wanted a list'],
    ["gpuMinMemory: 40", '2:15 "gpuMinMemory" is 40 without a unit, wanted a size such as 512MiB or 8GB'],
    ["runnerSelector: =b", '2:17 "runnerSelector" contains "=b", wanted key=value, key!=value, key or !key'],
    [
      "runnerSelector: '!a=b'",
      '2:17 "runnerSelector" contains "!a=b", wanted key=value, key!=value, key or !key',
    ],
    [
      "runnerSelector: [{key: a, operator: Is, values: [b]}]",
      '2:37 "runnerSelector[0].operator" is "Is", wanted In, NotIn, Exists or DoesNotExist',
    ],
    ["runnerSelector: [{key: a, operator: In}]", '2:18 "runnerSelector[0]" has no values, which In needs'],
    [
      "runnerSelector: [{key: a, operator: Exists, values: [b]}]",
      '2:53 "runnerSelector[0].values" has no effect with Exists',
    ],
  ])("%s is refused", (text, fault) => {
    expect(faultsIn(`run: a\n${text}`)).toEqual([fault]);
  });

  test.each([
    ["pool=night", [{ key: "pool", operator: "In", values: ["night"] }]],
    ["pool=a=b", [{ key: "pool", operator: "In", values: ["a=b"] }]],
    ["pool!=night", [{ key: "pool", operator: "NotIn", values: ["night"] }]],
    [
      "'pool, !draft'",
      [
        { key: "pool", operator: "Exists" },
        { key: "draft", operator: "DoesNotExist" },
      ],
    ],
    ["{pool: [day, night]}", [{ key: "pool", operator: "In", values: ["day", "night"] }]],
    [
      "[pool=night, {key: a, operator: NotIn, values: [b, c]}]",
      [
        { key: "pool", operator: "In", values: ["night"] },
        { key: "a", operator: "NotIn", values: ["b", "c"] },
      ],
    ],
  ] satisfies [string, Selector][])("runnerSelector: %s", (text, wanted) => {
    expect(draftIn(`run: a\nrunnerSelector: ${text}`).spec.runnerSelector).toEqual(wanted);
  });

  test("keeps each parent once, and one for each end that is waited for", () => {
    expect(draftIn("run: a\nafter: [b, b, '7']\nafterAny: b").parents).toEqual([
      { reference: "b", when: "success" },
      { reference: "7", when: "success" },
      { reference: "b", when: "any" },
    ]);
  });
});

describe("unmet()", () => {
  const labels = { pool: "night", empty: "" };

  test.each([
    [[], true],
    [[{ key: "pool", operator: "In", values: ["day", "night"] }], true],
    [[{ key: "pool", operator: "In", values: ["day"] }], false],
    [[{ key: "zone", operator: "In", values: ["day"] }], false],
    [[{ key: "pool", operator: "NotIn", values: ["night"] }], false],
    [[{ key: "zone", operator: "NotIn", values: ["night"] }], true],
    [[{ key: "empty", operator: "Exists" }], true],
    [[{ key: "toString", operator: "Exists" }], false],
    [[{ key: "empty", operator: "DoesNotExist" }], false],
    [[{ key: "zone", operator: "DoesNotExist" }], true],
    [
      [
        { key: "empty", operator: "Exists" },
        { key: "pool", operator: "In", values: ["day"] },
      ],
      false,
    ],
  ] satisfies [Selector, boolean][])("of %j holds: %p", (wanted, isMet) => {
    expect(unmet(wanted, labels) === null).toBe(isMet);
  });
});
