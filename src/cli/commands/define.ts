import { basename, dirname, extname, resolve } from "node:path";
import { isScript } from "../../intake/script/is-script.ts";
import { readYaml } from "../../intake/yaml-text.ts";
import { timestamp } from "../../lib/clock.ts";
import { EXIT, problem } from "../../model/errors.ts";
import { nameFrom } from "../../model/identity.ts";
import { define } from "../../store/definitions.ts";
import { tryFs } from "../../store/fs-errors.ts";
import type { Layout } from "../../store/layout.ts";
import { type Call, declareVerb, type Ended } from "../command-line/declare.ts";
import { NEW_NAME } from "../command-line/values.ts";
import { readDrafts } from "../drafts.ts";
import { inMadeHome } from "../in-home.ts";
import { readNamedText } from "../named-text.ts";
import { jsonText } from "../text/json.ts";

const FLAGS = {
  name: { value: NEW_NAME, help: "name of the definition (default: that of the file)" },
  json: { help: "print it as JSON" },
} as const;

export const verb = declareVerb({
  operands: [
    { name: "FILE", count: "one", help: "a task file with one task or sweep", completes: "taskFiles" },
  ],
  flags: FLAGS,
  notes: "  stint define train.yaml\n  stint submit --def train -i lr=0.2",
  run: inMadeHome(makeVersion),
});

/** Keeps a task file as the next version, where no version has the same text. */
async function makeVersion(
  { context, flags, operands: [file = ""] }: Call<typeof FLAGS>,
  layout: Layout,
): Promise<Ended> {
  const text = readNamedText(context, file);
  if (!text.ok) return text.error;
  const refuse = (why: string, hint?: string): Ended =>
    problem("INVALID_TASK_FILE", `Cannot define "${file}": ${why}`, hint);
  if (isScript(file, text.value)) return refuse("it is a script, wanted a task file in YAML");
  const documents = readYaml(text.value);
  const count = documents.ok ? documents.value.values.length : 1;
  if (count > 1) return refuse(`it has ${count} documents, wanted one`, "define each of them by itself");
  const name = flags.name ?? nameFrom(basename(file, extname(file)));
  const isNamed = documents.ok && documents.value.values.some(holdsDefinition);
  if (isNamed) return refuse("it names a definition itself, wanted a task");
  const drafts = await readDrafts(context, {
    files: [file],
    words: null,
    fields: [],
    options: [],
    isCheck: true,
  });
  if (!drafts.ok) return drafts.error;
  const made = tryFs(`define "${name}"`, () =>
    define(layout, {
      name,
      createdAt: timestamp(context.clock.now()),
      createdBy: context.user(),
      file: file === "-" ? "-" : resolve(context.cwd, file),
      folder: file === "-" ? context.cwd : dirname(resolve(context.cwd, file)),
      text: text.value,
    }),
  );
  if (!made.ok) return made.error;
  const { version, sha256 } = made.value.made;
  if (flags.json) context.out(jsonText({ name, version, sha256, isNew: made.value.isNew }));
  else context.out(`${name}@${version}\n`);
  if (!made.value.isNew) context.err(`stint: ${name}@${version} has the same text: no version was added\n`);
  return EXIT.done;
}

function holdsDefinition(value: {
  readonly type: string;
  readonly entries?: readonly { readonly key: string }[];
}): boolean {
  return value.entries?.some(({ key }) => ["definition", "op_definition"].includes(key)) === true;
}
