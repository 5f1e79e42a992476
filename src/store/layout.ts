import { dirname, join } from "node:path";
import type { TaskId } from "../model/identity.ts";
import type { StateDirectory } from "../model/state.ts";

/** How the name of a record that leaves done/ or dead-letter/ ends: no start reads these directories, so it goes by way of tmp/. */
export const MOVING_ENDING = ".move";

/** The folders of an inbox: for claimed, accepted and refused files. */
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

/** How the name of the feed of a topic ends. */
export const FEED_ENDING = ".ndjson";

class Home {
  readonly home: string;

  constructor(home: string) {
    this.home = home;
  }
}

/** Every path of a home; no other file makes one. */
export class Layout extends Home {
  readonly version = join(this.home, "home.json");
  readonly settings = join(this.home, "config.yaml");
  /** What was changed at run time; see `overrides.ts`. */
  readonly overrides = join(this.home, "overrides.json");
  /** What the owner of the lock applies, for readers; see `overrides.ts`. */
  readonly applied = join(this.home, "applied.json");
  readonly audit = join(this.home, "audit.ndjson");
  /** The tokens of its server; see `serve-tokens.ts`. */
  readonly serveToken = join(this.home, "serve-token");
  readonly serveReadToken = join(this.home, "serve-read-token");
  /** Where its server can be reached; see `serve-place.ts`. */
  readonly served = join(this.home, "serve.json");
  readonly inbox = join(this.home, "inbox");
  readonly incoming = join(this.home, "incoming");
  /** Segments that make records durable; see `journal.ts`. */
  readonly journal = join(this.home, "journal");
  readonly requests = join(this.home, "requests");
  readonly numbers = join(this.home, "numbers");
  readonly environments = join(this.home, "env");
  /** Notices that wait for their delivery. */
  readonly notices = join(this.home, "notices");
  /** Notices that no receiver accepted. */
  readonly noticesGivenUp = join(this.notices, ".given-up");
  readonly locks = join(this.home, "locks");
  readonly tmp = join(this.home, "tmp");
  readonly runs = join(this.home, "runs");
  /** The feeds of topics; see `feed.ts`. */
  readonly feeds = join(this.home, "events");
  feed(topic: string): string {
    return join(this.feeds, `${topic}${FEED_ENDING}`);
  }

  /** The lines before those of the feed. */
  earlierFeed(topic: string): string {
    return `${this.feed(topic)}.1`;
  }
  /** MLflow's database of the home, a file of SQLite. */
  readonly mlflowStore = join(this.home, "tracking", "mlflow.db");
  /** Programs that jobs find on their PATH; see `run/slurm.ts`. */
  readonly programs = join(this.home, "programs");
  /** Why the supervisor cannot write; see `disk-fault.ts`. */
  readonly obstacle = join(this.home, "obstacle.json");
  /** One file for each schedule, written by people. */
  readonly schedules = join(this.home, "schedules");
  /** The state of each schedule: what it has fired. */
  readonly scheduleStates = join(this.schedules, ".state");
  scheduleFile(file: string): string {
    return join(this.schedules, file);
  }

  /** The files that a schedule of this name may have. */
  scheduleFiles(name: string): string[] {
    return [".yaml", ".yml", ".json"].map((ending) => this.scheduleFile(`${name}${ending}`));
  }
  /** The last run of a schedule by hand, which is not a firing. */
  scheduleRun(name: string): string {
    return join(this.scheduleStates, `${name}.run`);
  }

  scheduleState(name: string): string {
    return join(this.scheduleStates, `${name}.json`);
  }
  readonly supervisorLog = join(this.home, "supervisor.log");
  /** The supervisor's last probe of the devices, for other processes. */
  readonly inventory = join(this.home, "inventory.json");
  /** The container engines that the home has used, one name per line. */
  readonly engines = join(this.home, "engines");
  /** The cache of long listings; see `newest.ts`. */
  readonly newest = join(this.home, "newest.json");
  /** Indexes that can be rebuilt from the records. */
  readonly index = join(this.home, "index");
  /** The names of the tasks of a span of numbers, by the first of them. */
  names(first: number): string {
    return join(this.index, "names", String(first).padStart(12, "0"));
  }
  /** The outlines of the ended tasks of a span of numbers, by the first of them. */
  outlines(place: StateDirectory, first: number): string {
    return join(this.index, place, String(first).padStart(12, "0"));
  }
  /** The files of the audit log that were verified; see `audit-chain.ts`. */
  readonly auditParts = join(this.index, "audit");
  /** When the home was last cleaned up automatically. */
  readonly cleaned = join(this.home, "cleaned.json");
  /** Exists once a task said how long its artifacts are kept: they are looked for daily. */
  readonly keeps = join(this.home, "keeps");
  /** Exists once the note on tasks without GPUs was printed. */
  readonly gpuNote = join(this.home, "gpu-note");
  /** The numbers last submitted by hand, for `@`. */
  readonly lastSubmitted = join(this.home, "last-submitted.json");

  /** The directory of one state's records. */
  place(place: StateDirectory): string {
    return join(this.home, place);
  }

  /** Not by join(): a start makes a hundred thousand of them, and no part has anything to resolve. */
  record(place: StateDirectory, id: TaskId): string {
    return `${this.home}/${place}/${id}.json`;
  }

  /** A record that leaves done/ or dead-letter/. */
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
  /** Snapshots of code; see `snapshots.ts`. */
  readonly codeSnapshots = join(this.home, "code");
  codeSnapshot(commit: string): string {
    return join(this.codeSnapshots, `${commit}.json`);
  }
  /** One whose ref is to be removed. */
  goneCodeSnapshot(commit: string): string {
    return join(this.codeSnapshots, `${commit}.gone`);
  }

  /** The values to be hidden in the logs of a task. */
  secrets(id: TaskId): string {
    return join(this.environments, `${id}.json`);
  }

  /** The folder of a task, with those of its attempts. */
  run(id: TaskId): string {
    return join(this.runs, id);
  }

  attempt(id: TaskId, number: number): string {
    return join(this.runs, id, String(number));
  }

  checkpoint(id: TaskId): string {
    return join(this.runs, id, "checkpoint");
  }

  /** Task files that never change, by name and version; see `definitions.ts`. */
  readonly definitions = join(this.home, "definitions");
  definitionFolder(name: string): string {
    return join(this.definitions, name);
  }
  definitionFile(name: string, version: number): string {
    return join(this.definitions, name, `${version}.json`);
  }

  /** Groups that several submissions fill; see `open-groups.ts`. */
  readonly openGroups = join(this.home, "groups");
  openGroup(name: string): string {
    return join(this.openGroups, `${name}.json`);
  }

  /** Which work has succeeded, by the hash of its key; see `done-keys.ts`. */
  readonly doneKeys = join(this.home, "keys");
  doneKey(hash: string): string {
    return join(this.doneKeys, `${hash}.json`);
  }

  /** Where the data of a snapshot is, and its checksum; written by other programs. */
  snapshot(id: string): string {
    return join(this.snapshots, `${id}.json`);
  }
  readonly snapshots = join(this.home, "snapshots");
  /** What data was found to be; it may be removed. */
  readonly datasets = join(this.home, "datasets");

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

  /** The directories that a home gets when they are first needed. */
  laterDirectories(): string[] {
    const names = dirname(this.names(0));
    const outlines = (["done", "dead-letter"] as const).map((place) => dirname(this.outlines(place, 0)));
    const shelves = shelvesOf(this.inbox);
    return [
      this.numbers,
      this.codeSnapshots,
      this.programs,
      this.feeds,
      this.doneKeys,
      this.datasets,
      this.snapshots,
      this.definitions,
      this.openGroups,
      this.index,
      names,
      ...outlines,
      ...shelves,
    ];
  }
}
