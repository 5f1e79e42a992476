import { describe, expect, test } from "bun:test";
import * as v from "valibot";
import { check, parseJson } from "../../src/model/check.ts";
import { errorOf } from "../rig/results.ts";

const schema = v.strictObject({ list: v.array(v.strictObject({ size: v.number() })) });

describe("check()", () => {
  test("names the place of the first fault", () => {
    expect(check(schema, { list: [{ size: 1 }] })).toEqual({ ok: true, value: { list: [{ size: 1 }] } });
    expect(errorOf(check(schema, { list: [{ size: 1 }, { size: "2" }] }))).toStartWith("list.1.size: ");
    expect(errorOf(check(schema, "text"))).toStartWith("it: ");
  });
});

describe("parseJson()", () => {
  test.each([
    ["what fits", '{"list":[]}', { list: [] }],
    ["another shape", '{"list":{}}', null],
    ["a key too many", '{"list":[],"more":1}', null],
    ["no JSON", '{"list":[]', null],
    ["nothing", "", null],
  ])("reads %s", (_what, text, value) => {
    expect(parseJson(schema, text)).toEqual(value);
  });
});
