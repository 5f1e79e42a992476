import { platform } from "node:os";
import { openLibc } from "./libc.ts";

/** ioctl_ficlone(2), as on x86 and ARM. */
const FICLONE = 0x40_04_94_09;

/** `undefined` before first use. */
let library: ReturnType<typeof open> | undefined;

function open() {
  return platform() === "linux" ? openLibc({ ioctl: { args: ["i32", "u64", "i32"], returns: "i32" } }) : null;
}

/** Makes a file that is open for writing share all blocks of another; false where the file system or the system cannot do that. */
export function cloneInto(to: number, from: number): boolean {
  const libc = (library ??= open());
  return libc !== null && libc.call.ioctl(to, FICLONE, from) === 0;
}
