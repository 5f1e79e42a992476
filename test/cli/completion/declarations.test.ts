import { expect, test } from "bun:test";
import type { Completable } from "../../../src/cli/command-line/declare.ts";
import { long } from "../../../src/cli/command-line/usage.ts";
import { allVerbs } from "../command-line/verbs.ts";

/** Numbers, times and the user's own words: nothing could be offered. */
const FREE = [
  /^(?:N|NUMBERS|PERCENT|NAME=NUMBER|JSON|URL|TEXT|LINE|LIST|SIZE|DURATION|TIME|EXPRESSION|NAME=VALUES?|gpu:N)$/,
  /^define --name$/,
  /^(?:submit|run|schedules add) --(?:name|job-name|image|unique|key)$/,
  /^results --by$/,
];

function isOffered({ choices, completes, offers, keys }: Completable): boolean {
  return [choices, completes, offers, keys].some((one) => one !== undefined);
}

test.each(await allVerbs())(
  "a shell knows what to offer for every value of %s",
  (name, { flags, operands = [] }) => {
    const values = Object.entries(flags).flatMap(([key, { value }]) =>
      value === undefined || isOffered(value)
        ? []
        : [{ what: `${name} ${long(key)}`, placeholder: value.placeholder }],
    );
    const words = operands.flatMap((operand) =>
      isOffered(operand) ? [] : [{ what: `${name} ${operand.name}`, placeholder: operand.name }],
    );
    const missing = [...values, ...words].filter(
      ({ what, placeholder }) => !FREE.some((free) => free.test(what) || free.test(placeholder)),
    );
    expect(missing).toEqual([]);
  },
);
