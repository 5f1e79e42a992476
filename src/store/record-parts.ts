import { check, isObject } from "../model/check.ts";
import { type Kind, kind } from "../model/kind.ts";
import { unprojected } from "../model/projection.ts";
import {
  FORMAT_VERSION,
  type Metadata,
  metadata,
  type SpecBeside,
  type Status,
  specBeside,
  status,
  type Task,
} from "../model/task.ts";

/** Where `recordText` begins what a record says beside who it is, and where that goes on after what is to be run. */
const SPEC = ',\n  "spec": {\n    "kind": ';
const REST = ',\n    "priority": ';
/** So many different texts are kept at a time. */
const MAX_KNOWN = 1_000;

interface Rest {
  readonly spec: SpecBeside;
  readonly status: Status;
}

/**
 * Reads many records one after the other. Those that were queued together differ in who they are, and perhaps in what they run: the
 * rest of the text is parsed and checked once, and is one object in memory for all of them.
 */
export class RecordParts {
  readonly #wholes = new Known<Pick<Task, "spec" | "status">>();
  readonly #kinds = new Known<Kind>();
  readonly #rests = new Known<Rest>();
  readonly #words = new Known<string>();

  /**
   * The task of a text that is as `recordText` writes it; null for any other, and for one with a fault. Cut at two commas, such a text
   * is one exactly if its parts are: the first and the last as members of an object, the second as a value.
   */
  read(text: string): Task | null {
    const specAt = text.indexOf(SPEC);
    if (specAt < 0) return null;
    const head = this.#head(`${text.slice(0, specAt)}}`);
    if (head === null) return null;
    const body = text.slice(specAt);
    const known = this.#wholes.of(body, () => this.#body(body));
    return known === null ? null : { metadata: head, ...known };
  }

  #head(text: string): Metadata | null {
    const data = parsed(text);
    if (!isObject(data) || Object.keys(data).length !== 2 || data["formatVersion"] !== FORMAT_VERSION)
      return null;
    const checked = check(metadata, data["metadata"]);
    return checked.ok ? this.#shared(checked.value) : null;
  }

  #body(text: string): Pick<Task, "spec" | "status"> | null {
    const restAt = text.indexOf(REST);
    if (restAt < 0) return null;
    const what = this.#kinds.of(text.slice(SPEC.length, restAt), kindOf);
    const rest = this.#rests.of(text.slice(restAt + 1), restOf);
    if (what === null || rest === null) return null;
    return { spec: { kind: what, ...rest.spec }, status: rest.status };
  }

  /** What many records have in common is kept once. */
  #shared(of: Metadata): Metadata {
    const word = (text: string): string => this.#words.of(text, (same) => same) ?? text;
    // Members of a sweep have names of their own.
    if (of.group === undefined) of.name = word(of.name);
    of.createdAt = word(of.createdAt);
    of.updatedAt = word(of.updatedAt);
    of.createdBy = word(of.createdBy);
    if (of.environment !== undefined) of.environment = word(of.environment);
    if (of.batch !== undefined) of.batch = word(of.batch);
    if (isEmpty(of.labels)) of.labels = NOTHING;
    if (isEmpty(of.annotations)) of.annotations = NOTHING;
    return of;
  }
}

const NOTHING: Record<string, string> = Object.freeze({});

function isEmpty(of: Readonly<Record<string, string>>): boolean {
  for (const _key in of) return false;
  return true;
}

/** What was made of some texts; what cannot be made is null. */
class Known<T> {
  readonly #made = new Map<string, T | null>();

  of(text: string, make: (text: string) => T | null): T | null {
    const known = this.#made.get(text);
    if (known !== undefined) return known;
    if (this.#made.size >= MAX_KNOWN) this.#made.clear();
    const made = make(text);
    this.#made.set(text, made);
    return made;
  }
}

function kindOf(text: string): Kind | null {
  const checked = check(kind, parsed(text));
  return checked.ok ? checked.value : null;
}

function restOf(text: string): Rest | null {
  const data = parsed(`{"spec":{${text}`);
  if (!isObject(data) || Object.keys(data).length !== 2 || !isObject(data["status"])) return null;
  const spec = check(specBeside, data["spec"]);
  const state = check(status, unprojected(data["status"]));
  return spec.ok && state.ok ? { spec: spec.value, status: state.value } : null;
}

/** Undefined, which no schema takes, for what is no JSON. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
