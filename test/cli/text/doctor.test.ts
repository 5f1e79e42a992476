import { expect, test } from "bun:test";
import { renderChecks } from "../../../src/cli/text/doctor.ts";
import { styleFor } from "../../../src/cli/text/style.ts";

const style = styleFor(false);
const OK = { verdict: "ok", what: "all is well" } as const;
const WARN = { verdict: "warn", what: "nothing fires", fix: "start it" } as const;
const FAIL = { verdict: "fail", what: "it is full", fix: "remove some\nor all" } as const;

test("problems come first, then the verdict, then what is in order", () => {
  expect(renderChecks([OK, WARN, FAIL, WARN], { style, isVerbose: true, columns: 80 })).toBe(
    "FAIL it is full\n     remove some\n     or all\n" +
      "warn nothing fires\n     start it\nwarn nothing fires\n     start it\n" +
      "1 problem, 2 warnings\nok   all is well\n",
  );
});

test("a lack that no task feels is a note, beside the checks that found nothing", () => {
  const NOTE = { verdict: "note", what: "docker does not work", fix: "docker info" } as const;
  expect(renderChecks([OK, NOTE], { style, isVerbose: false, columns: 80 })).toBe(
    "no problems found (1 check ok, 1 note; --verbose lists them)\n",
  );
  expect(renderChecks([OK, NOTE], { style, isVerbose: true, columns: 80 })).toBe(
    "no problems found\nnote docker does not work\n     docker info\nok   all is well\n",
  );
});

test("the verdict of a short listing counts what it leaves out", () => {
  expect(renderChecks([OK, OK], { style, isVerbose: false, columns: 80 })).toBe(
    "no problems found (2 checks ok; --verbose lists them)\n",
  );
});

test("a long check wraps below its own text", () => {
  const long = { verdict: "ok", what: "one two three four five six" } as const;
  expect(renderChecks([long], { style, isVerbose: true, columns: 22 })).toBe(
    "no problems found\nok   one two three\n     four five six\n",
  );
});
