import { err, ok, type Result } from "../../lib/result.ts";
import { MAX_GROUP_SIZE } from "../../model/group.ts";
import { type Fault, misfit, refuse } from "../fault.ts";
import { all } from "../readers.ts";
import type { Value } from "../value.ts";
import type { Member } from "./member.ts";
import { rangeOf, tooMany } from "./range.ts";

/** Reads `array: 1-100`, `1-100:10`, `1,5,9-12` or a list of these: whole numbers, in the written order. */
export function readArray(value: Value): Result<Member[], Fault[]> {
  if (value.type === "mapping") return refuse(value, "is a mapping, wanted 1-100, 1-100:10 or a list");
  const items = value.type === "list" ? value.items : [value];
  if (items.length === 0) return refuse(value, "is an empty list, so it makes no member");
  const room = { left: MAX_GROUP_SIZE };
  const read = all(items.map((item) => indicesOf(item, room)));
  if (room.left < 0) return err(tooMany(value, MAX_GROUP_SIZE - room.left));
  if (!read.ok) return read;
  return ok(read.value.flat());
}

/** Counts beyond `room`, without making members: a thousand ranges of a thousand are quickly written. */
function indicesOf(item: Value, room: { left: number }): Result<Member[], Fault[]> {
  const wanted = "whole numbers such as 1-100, 1-100:10 or 1,5,9";
  if (item.type !== "scalar" || item.data === null) return misfit(item, wanted);
  // The limit that Slurm has after a % is a key of its own here.
  const [indices = "", limit] = item.text.split("%");
  if (limit !== undefined) return misfit(item, wanted, `write maxParallel: ${limit} for the part after %`);
  const parts = all(
    indices.split(",").map((part): Result<string[], Fault[]> => {
      const text = part.trim();
      const isIndex = /^\d+$/.test(text);
      if (!isIndex && !/^\d+-\d+(:\d+)?$/.test(text)) return misfit(item, wanted);
      if (room.left < 0) return ok([]);
      const read = isIndex ? ok([String(Number(text))]) : rangeOf(item, text);
      if (read.ok) room.left -= read.value.length;
      return read;
    }),
  );
  return parts.ok ? ok(parts.value.flat().map((index) => ({ values: { index }, span: item.span }))) : parts;
}
