/** What happens when a failpoint is reached; only the crash tests set it. */
type Strike = (name: string) => void;

let strike: Strike | null = null;

/** Arms every failpoint; `main` does it where the environment asks for it. */
export function armFailpoints(armed: Strike): void {
  strike = armed;
}

/** Marks a point between two changes of the disk at which a crash is tested. Costs nothing when not armed. */
export function failpoint(name: string): void {
  strike?.(name);
}
