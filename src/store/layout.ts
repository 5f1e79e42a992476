import { dirname, join } from "node:path";
import type { TaskId } from "../model/identity.ts";
import type { StateDirectory } from "../model/state.ts";

/** The name's end of a record on its way out of a directory that is never scanned. */
export const MOVING_ENDING = ".move";

/** Where the files of an inbox go, whatever becomes of them. */
const SHELVES = [".taking", ".accepted", ".rejected"] as const;
export type Shelf = (typeof SHELVES)[number];

export function shelvesOf(inbox: string): string[] {
  return SHELVES.map((shelf) => shelfOf(inbox, shelf));
}

export function shelfOf(inbox: string, shelf: Shelf): string {
  return join(inbox, shelf);
}

/** How the name of the reason beside a refused file ends. */
export const REASON_ENDING = ".error.txt";

/** How the name of the reply to a request ends, in the same folder. */
export const REPLY_ENDING = ".reply.json";

/** Every path of a home; the only place that knows them. */
export class Layout {
  readonly home: string;

  constructor(home: string) {
    this.home = home;
  }

  get version(): string {
    return join(this.home, "home.json");
  }
  get settings(): string {
    return join(this.home, "config.yaml");
  }
  get audit(): string {
    return join(this.home, "audit.ndjson");
  }
  get inbox(): string {
    return join(this.home, "inbox");
  }
  get incoming(): string {
    return join(this.home, "incoming");
  }
  /** What makes records durable before they are on the disk themselves. */
  get journal(): string {
    return join(this.home, "journal");
  }
  get requests(): string {
    return join(this.home, "requests");
  }
  get numbers(): string {
    return join(this.home, "numbers");
  }
  get environments(): string {
    return join(this.home, "env");
  }
  /** News that waits for its delivery. */
  get notices(): string {
    return join(this.home, "notices");
  }
  /** News that nobody took. */
  get noticesGivenUp(): string {
    return join(this.notices, ".given-up");
  }
  get locks(): string {
    return join(this.home, "locks");
  }
  get tmp(): string {
    return join(this.home, "tmp");
  }
  get runs(): string {
    return join(this.home, "runs");
  }
  /** What the holder says of a disk that refuses its writes. */
  get obstacle(): string {
    return join(this.home, "obstacle.json");
  }
  /** One file for each schedule, written by people. */
  get schedules(): string {
    return join(this.home, "schedules");
  }
  /** What each schedule has done. */
  get scheduleStates(): string {
    return join(this.schedules, ".state");
  }
  scheduleFile(file: string): string {
    return join(this.schedules, file);
  }
  scheduleState(name: string): string {
    return join(this.scheduleStates, `${name}.json`);
  }
  get supervisorLog(): string {
    return join(this.home, "supervisor.log");
  }
  /** What the holder saw of the devices, for other processes. */
  get inventory(): string {
    return join(this.home, "inventory.json");
  }
  /** The container engines that were ever asked for, a name a line. */
  get engines(): string {
    return join(this.home, "engines");
  }
  /** What readers keep of long listings. */
  get newest(): string {
    return join(this.home, "newest.json");
  }
  /** What can be made again from the records, and is quicker to look up. */
  get index(): string {
    return join(this.home, "index");
  }
  /** The names that go with some numbers in a row, by the first of them. */
  names(first: number): string {
    return join(this.index, "names", String(first).padStart(12, "0"));
  }
  /** What the records of some ended tasks in a row say in short, by the first of their numbers. */
  outlines(place: StateDirectory, first: number): string {
    return join(this.index, place, String(first).padStart(12, "0"));
  }
  /** Which files of the audit log were found whole. */
  get auditParts(): string {
    return join(this.index, "audit");
  }
  /** When it was last cleaned up by itself. */
  get cleaned(): string {
    return join(this.home, "cleaned.json");
  }
  /** The numbers last submitted by hand, for `@`. */
  get lastSubmitted(): string {
    return join(this.home, "last-submitted.json");
  }

  /** The directory of one state's records. */
  place(place: StateDirectory): string {
    return join(this.home, place);
  }

  /** Asked for a hundred thousand times at a start, and neither part has anything to be resolved. */
  record(place: StateDirectory, id: TaskId): string {
    return `${this.home}/${place}/${id}.json`;
  }

  /** A record on its way out of a directory that is never scanned. */
  moving(id: TaskId): string {
    return join(this.tmp, `${id}${MOVING_ENDING}`);
  }

  /** An accepted batch that is not yet published. */
  batch(batch: string): string {
    return join(this.incoming, batch);
  }
  batchRecord(batch: string, id: TaskId): string {
    return join(this.incoming, batch, `${id}.json`);
  }

  notice(id: string): string {
    return join(this.notices, `${id}.json`);
  }
  noticeGivenUp(id: string): string {
    return join(this.noticesGivenUp, `${id}.json`);
  }

  request(id: string): string {
    return join(this.requests, `${id}.json`);
  }
  reply(id: string): string {
    return join(this.requests, `${id}${REPLY_ENDING}`);
  }

  /** A captured environment, by its hash. */
  environment(hash: string): string {
    return join(this.environments, `${hash}.json`);
  }
  /** The values to be hidden in the logs of a task. */
  secrets(id: TaskId): string {
    return join(this.environments, `${id}.json`);
  }

  /** What survives all attempts of a task. */
  run(id: TaskId): string {
    return join(this.runs, id);
  }

  attempt(id: TaskId, number: number): string {
    return join(this.runs, id, String(number));
  }

  checkpoint(id: TaskId): string {
    return join(this.runs, id, "checkpoint");
  }

  /** Every directory that a home has, parents first. */
  directories(): string[] {
    const places = (["pending", "running", "done", "dead-letter"] as const).map((place) => this.place(place));
    const others = [
      this.inbox,
      this.incoming,
      this.journal,
      this.requests,
      this.environments,
      this.notices,
      this.noticesGivenUp,
      this.locks,
      this.tmp,
      this.runs,
      this.schedules,
      this.scheduleStates,
    ];
    return [...places, ...others];
  }

  /** The directories that a home comes to have later, where it works with what lies in them. */
  laterDirectories(): string[] {
    const names = dirname(this.names(0));
    const outlines = (["done", "dead-letter"] as const).map((place) => dirname(this.outlines(place, 0)));
    return [this.numbers, this.index, names, ...outlines, ...shelvesOf(this.inbox)];
  }
}
