import type * as ffi from "bun:ffi";
import { platform } from "node:os";

const LIBRARY = platform() === "darwin" ? "libSystem.B.dylib" : "libc.so.6";

/**
 * Functions of the system's library. Null where they cannot be called: the runtime makes machine code for that, which little address
 * space (`ulimit -v`) and `MemoryDenyWriteExecute=` of a service forbid. It is loaded for those who ask: most verbs do not.
 */
export function openLibc<Functions extends Record<string, ffi.FFIFunction>>(
  functions: Functions,
): { readonly call: ffi.Library<Functions>["symbols"]; readonly ptr: typeof ffi.ptr } | null {
  try {
    const { dlopen, ptr }: typeof ffi = import.meta.require("bun:ffi");
    return { call: dlopen(LIBRARY, functions).symbols, ptr };
  } catch {
    return null;
  }
}
