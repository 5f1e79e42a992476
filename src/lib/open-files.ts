import { readdirSync, readlinkSync, statSync } from "node:fs";
import { basename, join } from "node:path";
import { unlessRefused } from "./errno.ts";
import { textOf } from "./file-text.ts";
import { allPids } from "./host.ts";
import type { Steps } from "./steps.ts";

/**
 * Which files of a folder, by name, a process holds open for writing, with the pid of one such process; a process per step. Empty outside
 * Linux; processes of other users, and writers on another machine, are not seen (proc_pid_fd(5), proc_pid_fdinfo(5)).
 */
export function* openForWriting(
  directory: string,
  names: ReadonlySet<string>,
): Steps<ReadonlyMap<string, number>> {
  const found = new Map<string, number>();
  for (const pid of allPids()) {
    yield;
    const descriptors = `/proc/${pid}/fd`;
    for (const fd of unlessRefused(() => readdirSync(descriptors), [])) {
      const path = join(descriptors, fd);
      const name = basename(unlessRefused(() => readlinkSync(path), ""));
      if (names.has(name) && isWriter(pid, fd) && isSameFile(path, join(directory, name)))
        found.set(name, pid);
    }
  }
  return found;
}

/** The access mode is in the lowest two bits of the flags, which are octal (open(2)). */
function isWriter(pid: number, fd: string): boolean {
  const flags = /^flags:\t([0-7]+)$/m.exec(textOf(`/proc/${pid}/fdinfo/${fd}`) ?? "")?.[1];
  return flags !== undefined && (Number.parseInt(flags, 8) & 3) !== 0;
}

/** By device and inode: a writer in a container knows the file under another path. */
function isSameFile(left: string, right: string): boolean {
  const [one, other] = [left, right].map((path) => unlessRefused(() => statSync(path), null));
  return one?.ino === other?.ino && one?.dev === other?.dev && one !== null;
}
