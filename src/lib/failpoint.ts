/** What a failpoint does when it is reached; armed by the crash tests alone. */
type Strike = (name: string) => void;

let strike: Strike | null = null;

/** Arms every failpoint with one strike; `main` does it where the environment asks. */
export function armFailpoints(armed: Strike): void {
  strike = armed;
}

/** Marks a place between two steps that change the disk, where power may fail. Free when not armed. */
export function failpoint(name: string): void {
  strike?.(name);
}
