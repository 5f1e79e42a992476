import { ok } from "../lib/result.ts";
import { CHECKPOINT_MOUNT, DATA_MOUNT, RUN_MOUNT } from "../model/kind.ts";
import { refuse } from "./fault.ts";
import { after, listOf, reader, text } from "./readers.ts";
import { TEXT, textLike } from "./schema.ts";
import { folder } from "./task-readers.ts";

/** The name of an image, as the engines take it. */
export const imageName = reader(
  { ...TEXT, pattern: "^[^\\s-]\\S*$", minimum: 0 },
  after(text, (name, value) =>
    /^-|\s/.test(name)
      ? refuse(
          value,
          "has spaces or begins with a dash, wanted the name of an image",
          "write python:3.12-slim",
        )
      : ok(name),
  ),
);

/** A path in a container. */
export const insidePath = reader(
  textLike("^/"),
  after(text, (path, value) =>
    path.startsWith("/")
      ? ok(path)
      : refuse(value, "is a relative path, wanted an absolute one in the container", `write /${path}`),
  ),
  String,
);

const OWN_MOUNTS = [RUN_MOUNT, CHECKPOINT_MOUNT, DATA_MOUNT];
const OWN_PATH = `(?:${OWN_MOUNTS.join("|")})(?:/|:|$)`;

/** `HOST:PATH` or `HOST:PATH:ro`; a relative host begins at the default folder. */
const volume = reader(
  textLike(`^(?!~[^/:]|\\$)[^:]+:(?!${OWN_PATH})/[^:]*(:(ro|rw))?$`, { examples: ["./data:/data:ro"] }),
  after(text, (typed, value, context) => {
    const [host = "", path = "", access = "rw", ...rest] = typed.split(":");
    const wanted = "wanted HOST:PATH or HOST:PATH:ro";
    if (host === "" || !path.startsWith("/") || rest.length > 0 || !["ro", "rw"].includes(access))
      return refuse(value, `is "${typed}", ${wanted}`, "write ./data:/data:ro");
    if (OWN_MOUNTS.some((own) => path === own || path.startsWith(`${own}/`)))
      return refuse(value, `mounts over ${path}, which stint mounts itself, wanted another path`);
    const found = folder({ ...value, type: "scalar", data: host, text: host }, context);
    return found.ok ? ok({ host: found.value, path, readOnly: access === "ro" }) : found;
  }),
);

export const volumes = listOf(volume);
