import { Inboxes } from "../daemon/admit/inbox.ts";
import type { Chore } from "../daemon/chore.ts";
import { Schedules, scheduleChores } from "../daemon/schedules/schedules.ts";
import type { Supervisor } from "../daemon/supervisor.ts";
import type { Settings } from "../intake/default-settings.ts";
import { type DirectoryWatch, watchDirectories } from "../intake/watch.ts";

/** The inboxes and schedules of a home, as its settings have them. */
interface Opened {
  readonly inboxes: Inboxes;
  readonly schedules: Schedules | null;
  readonly watch: DirectoryWatch;
  readonly chores: readonly Chore[];
}

/**
 * What brings new tasks into a home beside `submit`: its inboxes and its schedules. Where the settings that they are read with change,
 * they are closed and opened again, as by a restart of the supervisor: what they know is in the files.
 */
export class Sources implements AsyncDisposable {
  readonly #supervisor: Supervisor;
  readonly #userHome: string;
  readonly #isServing: boolean;
  readonly #closing = new Set<Promise<void>>();
  #of: Pick<Settings, "inboxes" | "defaults">;
  #opened: Opened;

  /** A home that is not served has neither inboxes nor schedules; its requests wake the loop all the same. */
  constructor(
    supervisor: Supervisor,
    { userHome, isServing }: { readonly userHome: string; readonly isServing: boolean },
  ) {
    this.#supervisor = supervisor;
    this.#userHome = userHome;
    this.#isServing = isServing;
    this.#of = supervisor.context.config.settings;
    this.#opened = this.#open();
  }

  /** The chores of the loop; they go on with what is opened later. */
  get chores(): readonly Chore[] {
    return this.#opened.chores.map(({ action, isIntake }, index) => ({
      action,
      tick: () => this.#opened.chores[index]?.tick() ?? null,
      ...(isIntake === true && { isIntake }),
    }));
  }

  /** Watches again folders that were replaced unnoticed. */
  refresh(): void {
    this.#opened.watch.refresh();
  }

  /** The settings have changed. */
  take({ inboxes, defaults }: Settings): void {
    const { inboxes: known, defaults: knownDefaults } = this.#of;
    if (!this.#isServing || Bun.deepEquals([inboxes, defaults], [known, knownDefaults])) return;
    this.#close();
    this.#of = { inboxes, defaults };
    this.#opened = this.#open();
  }

  #open(): Opened {
    const supervisor = this.#supervisor;
    const { layout, log } = supervisor.context;
    const { defaults } = this.#of;
    const onBehalf = { userHome: this.#userHome, defaults };
    const directories = this.#isServing ? [layout.inbox, ...this.#of.inboxes] : [];
    const inboxes = new Inboxes(supervisor, { directories, ...onBehalf });
    const schedules = this.#isServing ? new Schedules(supervisor, onBehalf) : null;
    const watched = [layout.requests, layout.incoming, ...directories];
    const watch = watchDirectories(schedules === null ? watched : [...watched, layout.schedules], {
      nudge: (path) => {
        inboxes.mark(path);
        supervisor.nudge();
      },
      onProblem: log,
    });
    const chores = [
      { action: "look into the inboxes", tick: () => inboxes.tick(), isIntake: true } as const,
      ...(schedules === null ? [] : scheduleChores(schedules)),
    ];
    return { inboxes, schedules, watch, chores };
  }

  #close(): void {
    const { inboxes, schedules, watch } = this.#opened;
    inboxes[Symbol.dispose]();
    schedules?.[Symbol.dispose]();
    const closed = Promise.resolve(watch[Symbol.asyncDispose]());
    this.#closing.add(closed);
    void closed.then(() => this.#closing.delete(closed));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#close();
    await Promise.all(this.#closing);
  }
}
