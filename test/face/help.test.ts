import { expect, test } from "bun:test";
import { VERBS } from "../../src/cli/verbs.ts";
import { allVerbs } from "../cli/command-line/verbs.ts";
import { Stage, screen } from "./stage.ts";

const subcommands = (await allVerbs()).map(([name]) => name).filter((name) => name.includes(" "));

test.each([...Object.keys(VERBS), ...subcommands])("the help of %s", async (called) => {
  await using stage = new Stage();
  expect(
    `\n${screen(await stage.show([...called.split(" "), "--help"], { columns: 80 }))}\n`,
  ).toMatchSnapshot();
});

test.each([60, 80, 120])("the overview at %d columns", async (columns) => {
  await using stage = new Stage();
  expect(`\n${screen(await stage.show(["--help"], { columns }))}\n`).toMatchSnapshot();
});
