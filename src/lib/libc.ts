import type * as ffi from "bun:ffi";
import { platform } from "node:os";

const LIBRARY = platform() === "darwin" ? "libSystem.B.dylib" : "libc.so.6";

/**
 * Functions of libc. Null where they cannot be called: bun:ffi generates machine code, which a small `ulimit -v` or
 * `MemoryDenyWriteExecute=` of a service forbids. bun:ffi is loaded on demand, as most verbs do not need it.
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
