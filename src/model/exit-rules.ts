import type { FailureCode } from "./failure.ts";

/** The agreed meaning of an exit code. */
interface ExitRule {
  readonly code: FailureCode;
  /** A code that is never retried needs more evidence than an exit code that any program may use: a match in the last words. */
  readonly says?: RegExp;
}

/** What a shell, env(1), nice(1) and the like print of an absolute path that does not exist: a disk may not be mounted. */
const PATH_IS_MISSING = /(?:^|[\s'"‘])\/[^\s:'"’]{1,300}['"’]?: (?:No such file or directory|not found)$/;
const NO_PROGRAM =
  /(?<!shared object file): No such file or directory$|not found(?:: .{1,200})?$|bad interpreter|Unknown command/;
const NOT_EXECUTABLE = /Permission denied|cannot execute|Exec format error|Is a directory/;

/** By exit code; the first rule that matches applies (sysexits.h, POSIX shells, timeout(1)). */
export const EXIT_RULES: Readonly<Record<number, readonly ExitRule[]>> = {
  64: [
    { code: "INVALID_SPEC", says: /usage:|(unknown|unrecognized|invalid|illegal) (option|argument|flag)/i },
  ],
  66: [{ code: "DATA_UNREACHABLE" }],
  69: [{ code: "NETWORK" }],
  75: [{ code: "NETWORK" }],
  77: [
    { code: "AUTH_FAILED", says: /permission|denied|auth|credential|log ?in\b|password|token|forbidden/i },
  ],
  124: [{ code: "TIMEOUT" }],
  126: [{ code: "INVALID_SPEC", says: NOT_EXECUTABLE }],
  127: [
    { code: "DATA_UNREACHABLE", says: PATH_IS_MISSING },
    { code: "INVALID_SPEC", says: NO_PROGRAM },
  ],
};
