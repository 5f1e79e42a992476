import { describe, expect, test } from "bun:test";
import { askedFor } from "../../src/intake/asked.ts";
import { FIELDS } from "../../src/intake/fields.ts";
import { KEYS } from "./key-cases.ts";
import { draftIn } from "./rig.ts";

const asked = (text: string): string[] => askedFor(draftIn(text).spec, (instant) => instant);

describe("askedFor()", () => {
  test.each([
    ["run: a", []],
    ["run: a\npriority: 0\nstopGrace: 30s\nrestart: onFailure", []],
    ["run: a\nimage: b", []],
    ["run: a\npriority: 5\ncpus: 2\nmemory: 1GiB", ["priority 5", "2 CPUs", "1 GiB of memory"]],
    ["run: a\nslot: b\nadmission: replace\nunique: c", ["lane b", "admission replace", "unique c"]],
    ["run: a\nhold: true\nat: 2026-06-01T03:00:00Z", ["starts at 2026-06-01T03:00:00.000Z", "held"]],
    [
      "run: a\nqueueTtl: 2d\nstopGrace: 5s\nfailOnNonZero: false",
      ["failOnNonZero false", "stop.grace 5s", "queueTtl 2d"],
    ],
    ["run: a\nretry: {on: [job, GPU_OOM], onExit: 3}", ["retry.on job GPU_OOM", "retry.onExit 3"]],
    [
      "run: a\nrunnerSelector: 'pool=night, !draft'",
      ["a supervisor with label pool=night, a supervisor with label !draft"],
    ],
    ["run: a\nimage: b\ncontainer: {network: none, user: 5}", ["container.user 5", "container.network none"]],
  ])("of %j is %j", (text, words) => {
    expect(asked(text)).toEqual(words);
  });

  // What is told with another key, or has no short form.
  const silent = Object.keys(FIELDS).filter(
    (key) => FIELDS[key]?.show === null || FIELDS[key]?.read.print === undefined,
  );
  const told = Object.keys(FIELDS).filter((key) => FIELDS[key]?.to[0] === "spec" && !silent.includes(key));

  test.each(told)("tells of %s", (key) => {
    const texts = (KEYS[key] ?? []).map(({ text }) =>
      /^(run|command|script):/m.test(text) ? text : `run: a\n${text}`,
    );
    expect(texts.flatMap(asked)).not.toEqual([]);
  });
});
