/** Logs the state of a key once, and again only after another state or after `forget`. */
export class LogOnce {
  readonly #log: (line: string) => void;
  readonly #states = new Map<string, string>();

  constructor(log: (line: string) => void) {
    this.#log = log;
  }

  log(key: string, line: string, state = ""): void {
    if (this.isLogged(key, state)) return;
    this.#states.set(key, state);
    this.#log(line);
  }

  isLogged(key: string, state = ""): boolean {
    return this.#states.get(key) === state;
  }

  forget(key: string): void {
    this.#states.delete(key);
  }
}
