import { err, ok, type Result } from "../lib/result.ts";
import { CHECKPOINT_MOUNT, type ContainerOptions, RUN_MOUNT } from "../model/kind.ts";
import { type Fault, refuse } from "./fault.ts";
import { listOf, type ReadContext, reader, text } from "./readers.ts";
import { TEXT, textLike } from "./schema.ts";
import { folder } from "./task-readers.ts";
import type { Value } from "./value.ts";

/** The name of an image, as the engines take it. */
export const imageName = reader(
  { ...TEXT, pattern: "^[^\\s-]\\S*$", minimum: 0 },
  (value: Value): Result<string, Fault[]> => {
    const read = text(value);
    if (!read.ok) return read;
    return /^-|\s/.test(read.value)
      ? refuse(
          value,
          "has blanks or begins with a dash, wanted the name of an image",
          "write python:3.12-slim",
        )
      : read;
  },
);

/** A path in a container. */
export const insidePath = reader(
  textLike("^/"),
  (value: Value): Result<string, Fault[]> => {
    const read = text(value);
    if (!read.ok) return read;
    return read.value.startsWith("/")
      ? read
      : refuse(value, "is a relative path, wanted an absolute one in the container", `write /${read.value}`);
  },
  String,
);

type Volume = ContainerOptions["volumes"][number];

const OWN_MOUNTS = [RUN_MOUNT, CHECKPOINT_MOUNT];
const OWN_PATH = `(?:${OWN_MOUNTS.join("|")})(?:/|:|$)`;

/** `HOST:PATH` or `HOST:PATH:ro`; a relative host begins at the default folder. */
const volume = reader(
  textLike(`^(?!~[^/:]|\\$)[^:]+:(?!${OWN_PATH})/[^:]*(:(ro|rw))?$`, { examples: ["./data:/data:ro"] }),
  (value: Value, context: ReadContext): Result<Volume, Fault[]> => {
    const read = text(value);
    if (!read.ok) return read;
    const [host = "", path = "", access = "rw", ...rest] = read.value.split(":");
    const wanted = "wanted HOST:PATH or HOST:PATH:ro";
    if (host === "" || !path.startsWith("/") || rest.length > 0 || !["ro", "rw"].includes(access))
      return refuse(value, `is "${read.value}", ${wanted}`, "write ./data:/data:ro");
    if (OWN_MOUNTS.some((own) => path === own || path.startsWith(`${own}/`)))
      return refuse(value, `mounts over ${path}, which stint mounts itself, wanted another path`);
    const found = folder({ ...value, type: "scalar", data: host, text: host }, context);
    return found.ok ? ok({ host: found.value, path, readOnly: access === "ro" }) : err(found.error);
  },
);

/** One volume, or a list of them. */
export const volumes = listOf(volume);
