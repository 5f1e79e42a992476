import { expect, test } from "bun:test";
import { renderChecks } from "../../../src/cli/text/doctor.ts";
import { styleFor } from "../../../src/cli/text/style.ts";

const style = styleFor(false);
const OK = { verdict: "ok", what: "all is well" } as const;
const WARN = { verdict: "warn", what: "nothing fires", fix: "start it" } as const;
const FAIL = { verdict: "fail", what: "it is full", fix: "remove some\nor all" } as const;

test("problems come first, then the verdict, then what is in order", () => {
  expect(renderChecks([OK, WARN, FAIL, WARN], { style, isVerbose: true })).toBe(
    "FAIL it is full\n     remove some\n     or all\n" +
      "warn nothing fires\n     start it\nwarn nothing fires\n     start it\n" +
      "1 problem, 2 warnings\nok   all is well\n",
  );
});

test("the verdict of a short listing counts what it leaves out", () => {
  expect(renderChecks([OK, OK], { style, isVerbose: false })).toBe(
    "no problems found (2 checks ok; --verbose lists them)\n",
  );
});
