import { err, ok, type Result } from "../lib/result.ts";
import { type Condition, describeCondition, MAX_CONDITIONS } from "../model/preflight.ts";
import { type Fault, misfit, refuse } from "./fault.ts";
import { mapping, partOf } from "./mapping.ts";
import { after, all, count, type ReadContext, reader, size, text } from "./readers.ts";
import { type Schema, says, TEXT, textLike } from "./schema.ts";
import { folder } from "./task-readers.ts";
import type { Value } from "./value.ts";

const MAX_PORT = 65_535;
const HOST = /^(\[[0-9A-Fa-f:.]+\]|[^\s:[\]]+):(\d{1,5})$/;

const host = reader(
  textLike(HOST.source, { examples: ["db.lan:5432"] }),
  after(text, (typed, value) => {
    const [, name = "", port = ""] = HOST.exec(typed) ?? [];
    return name !== "" && Number(port) >= 1 && Number(port) <= MAX_PORT
      ? ok({ type: "host" as const, host: name.replaceAll(/[[\]]/g, ""), port: Number(port) })
      : misfit(value, "HOST:PORT, such as db.lan:5432");
  }),
);

/** A name of `datasets`, or the path of a file or folder. */
const dataset = reader(
  folder.schema,
  after(text, (name, value, context) => {
    const path = folder(value, context);
    return path.ok ? ok({ type: "dataset" as const, name, path: path.value }) : path;
  }),
);

const keys = mapping({ command: text, dataset, port: count(1, MAX_PORT), host, free: size(), path: folder });
const ASKED = ["command", "dataset", "port", "host", "free"];
const WANTED =
  "a command, or {port: 8080}, {host: db.lan:5432}, {dataset: NAME} or {free: 10GB, path: /scratch}";

function conditionsIn(value: Value, context: ReadContext): Result<Condition[], Fault[]> {
  if (value.type === "scalar") {
    const line = text(value);
    return line.ok ? ok([{ type: "command", line: line.value }]) : misfit(value, WANTED);
  }
  if (value.type !== "mapping") return misfit(value, WANTED);
  const read = keys(value, context);
  if (!read.ok) return err(read.error);
  const { command, dataset: data, port, host: service, free, path } = read.value;
  if (path !== undefined && free === undefined)
    return refuse(partOf(value, "path"), "has no effect without free, wanted {free: 10GB, path: /scratch}");
  const found: Condition[] = [
    ...(command === undefined ? [] : [{ type: "command", line: command } as const]),
    ...(data === undefined ? [] : [data]),
    ...(port === undefined ? [] : [{ type: "port", port } as const]),
    ...(service === undefined ? [] : [service]),
    ...(free === undefined ? [] : [{ type: "free", bytes: free, path: path ?? context.defaultCwd } as const]),
  ];
  return found.length === 0 ? refuse(value, `says nothing, wanted ${WANTED}`) : ok(found);
}

const conditionSchema = (): Schema => ({
  anyOf: [
    TEXT,
    { ...keys.schema, anyOf: ASKED.map(says), allOf: [{ anyOf: [says("free"), { not: says("path") }] }] },
  ],
});

/** What must hold before a start: a shell line, conditions, or a list of these. */
export const preflightReader = reader(
  () => ({
    anyOf: [
      conditionSchema(),
      { type: "array", items: conditionSchema(), minItems: 1, maxItems: MAX_CONDITIONS },
    ],
  }),
  (value: Value, context: ReadContext): Result<Condition[], Fault[]> => {
    const items = value.type === "list" ? value.items : [value];
    if (items.length === 0) return misfit(value, WANTED);
    const read = all(items.map((item) => conditionsIn(item, context)));
    if (!read.ok) return read;
    const found = read.value.flat();
    return found.length > MAX_CONDITIONS
      ? refuse(value, `has ${found.length} conditions, wanted at most ${MAX_CONDITIONS}`)
      : ok(found);
  },
  (of) => of.map(describeCondition).join(", "),
);
