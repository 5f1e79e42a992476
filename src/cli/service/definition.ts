/** What a service manager is to start, and as what. */
export interface Service {
  /** Without an ending. */
  readonly name: string;
  /** Absolute. */
  readonly executable: string;
  readonly home: string;
  /** Words for `up` beside the home. */
  readonly options: readonly string[];
  /** Where jobs from the inbox find their programs. */
  readonly path: string;
}

/** The home of most people has a service of the plain name; each other one has its own. */
export function serviceName(home: string, usualHome: string): string {
  return home === usualHome ? "stint" : `stint-${Bun.hash(home).toString(16).padStart(16, "0").slice(0, 8)}`;
}
