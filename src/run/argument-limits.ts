import { textOf } from "../lib/file-text.ts";

/** Linux's MAX_ARG_STRLEN (execve(2)): one argument or one `NAME=value`, with the NUL at its end. */
const MAX_STRING_BYTES = 131_072;
/** An argument is passed as a variable, with a name, until its program is executed. */
const MAX_ARGUMENT_BYTES = MAX_STRING_BYTES - 64;

/** Linux allows arguments and environment at least this much together (ARG_MAX). */
const MIN_TOTAL_BYTES = 131_072;
/** Linux allows at most three quarters of its default stack of 8 MiB, even with a higher limit of the stack. */
const MAX_TOTAL_BYTES = 6 * 1_024 * 1_024;

/** The arguments of execve(2); `argv[0]` is the program. */
export interface ProgramInvocation {
  readonly argv: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
}

/** An error message about an argument or variable that is longer than the kernel accepts; null for none. */
export function oversized({ argv, environment }: ProgramInvocation): string | null {
  const wanted = (most: number): string => `wanted less than ${most} (Linux's limit; put it into a file)`;
  const index = argv.findIndex((argument) => sizeOf(argument) > MAX_ARGUMENT_BYTES);
  if (index !== -1) {
    const bytes = sizeOf(argv[index] ?? "") - 1;
    return `Cannot start "${argv[0]}": its argument ${index} is ${bytes} bytes long, ${wanted(MAX_ARGUMENT_BYTES)}`;
  }
  for (const [name, value] of Object.entries(environment)) {
    const bytes = sizeOf(`${name}=${value}`);
    if (bytes > MAX_STRING_BYTES)
      return `Cannot start "${argv[0]}": its environment variable ${name} is ${bytes - 1} bytes long, ${wanted(MAX_STRING_BYTES)}`;
  }
  return null;
}

/** An error message where arguments and environment together are too large; else null. Only worth its cost after E2BIG. */
export function oversizedInTotal({ argv, environment }: ProgramInvocation): string | null {
  const strings = [...argv, ...Object.entries(environment).map(([name, value]) => `${name}=${value}`)];
  // Each string also needs a pointer.
  const total = strings.reduce((sum, text) => sum + sizeOf(text) + 8, 0);
  const limit = totalLimit();
  if (total <= limit) return null;
  return `Cannot start "${argv[0]}": its arguments and environment take ${total} bytes, wanted at most ${limit}`;
}

/** A quarter of the stack's limit, within bounds (execve(2), "Limits on size of arguments and environment"). */
function totalLimit(): number {
  const limits = textOf("/proc/self/limits");
  // macOS: ARG_MAX is 1 MiB.
  if (limits === null) return 1_024 * 1_024;
  const stack = /^Max stack size\s+(\d+)/m.exec(limits)?.[1];
  const quarter = stack === undefined ? MAX_TOTAL_BYTES : Number(stack) / 4;
  return Math.max(MIN_TOTAL_BYTES, Math.min(MAX_TOTAL_BYTES, quarter));
}

function sizeOf(text: string): number {
  return Buffer.byteLength(text) + 1;
}
