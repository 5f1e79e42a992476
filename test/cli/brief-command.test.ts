import { describe, expect, test } from "bun:test";
import { Command } from "commander";
import { BriefCommand } from "../../src/cli/brief-command.ts";
import { processContext } from "../../src/cli/context.ts";
import { VERBS } from "../../src/cli/verbs.ts";

describe("BriefCommand", () => {
  const declared = async <Kind extends Command>(verb: string, command: Kind): Promise<Kind> => {
    const invocation = { context: processContext(), words: null, end: () => {} };
    (await VERBS[verb]?.load())?.declare(command, invocation);
    return command;
  };
  const namesOf = ({ options }: Command): string[] => options.map(({ flags }) => flags);

  test.each(Object.keys(VERBS))("%s has the options of commander, and the same defaults", async (verb) => {
    const whole = await declared(verb, new Command(verb));
    const given = whole.options.map(({ long }) => long ?? "");
    const brief = await declared(verb, new BriefCommand(verb, given));
    // A function that converts is made again by each declaration.
    const plain = (option: object): unknown => JSON.parse(JSON.stringify(option));
    expect(brief.options.map(plain)).toEqual(whole.options.map(plain));
    expect(brief.knowsAll).toBe(true);
    const bare = await declared(verb, new BriefCommand(verb, [verb]));
    expect(bare.opts()).toEqual(whole.opts());
    expect(bare.knowsAll).toBe(true);
  });

  test("makes the options that the command line has, with or without a value, long or short", async () => {
    const given = ["submit", "--name=a=b", "-q", "--gpus", "2", "-", "job.yaml"];
    const brief = await declared("submit", new BriefCommand("submit", given));
    expect(namesOf(brief)).toEqual(["--name <name>", "--gpus <n>", "--matrix <name=values>", "-q, --quiet"]);
    expect(brief.knowsAll).toBe(true);
  });

  test.each(["--help", "-h", "--priorty 3", "--name -5", "-qj2", "--no-wait"])(
    "is not enough for %s",
    async (line) => {
      const given = line.split(" ");
      expect((await declared("submit", new BriefCommand("submit", given))).knowsAll).toBe(false);
    },
  );
});
