/** The system's name for what went wrong (`ENOENT`), or null where the error is not the system's. */
export function errnoOf(error: unknown): string | null {
  return error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : null;
}
