/** What a service manager starts, and under which name. */
export interface Service {
  /** Without a suffix. */
  readonly name: string;
  /** Absolute. */
  readonly executable: string;
  readonly home: string;
  /** Flags for `up`, without `--home`. */
  readonly options: readonly string[];
  /** PATH for jobs from the inbox. */
  readonly path: string;
}

/** The service name: `stint` for the default home, with a hash of the path for any other. */
export function serviceName(home: string, usualHome: string): string {
  return home === usualHome ? "stint" : `stint-${Bun.hash(home).toString(16).padStart(16, "0").slice(0, 8)}`;
}
