/**
 * The result of work, or another value where the system refuses it: for any reason, or for one of these. Any other error is thrown.
 */
export function unlessRefused<T, F>(work: () => T, otherwise: F, errnos?: readonly string[]): T | F {
  try {
    return work();
  } catch (error) {
    const errno = errnoOf(error);
    if (errno === null || errnos?.includes(errno) === false) throw error;
    return otherwise;
  }
}

/** The errno name (`ENOENT`) of a failed system call; null for any other error. */
export function errnoOf(error: unknown): string | null {
  const code = error instanceof Error && "code" in error ? error.code : null;
  return typeof code === "string" && /^E[A-Z0-9]+$/.test(code) ? code : null;
}
