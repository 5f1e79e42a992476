import { check, isObject } from "../model/check.ts";
import { MAX_NAME_LENGTH, nameOf, numberOf, type TaskId } from "../model/identity.ts";
import { type Kind, kind } from "../model/kind.ts";
import { unprojected } from "../model/projection.ts";
import {
  FORMAT_VERSION,
  type MetadataBeside,
  metadataBeside,
  type SpecBeside,
  type Status,
  specBeside,
  status,
  type Task,
} from "../model/task.ts";

/** What stands in a text of `recordText` behind the uid, before what is to be run, and before what is wanted beside that. */
const BESIDE = '",\n';
const SPEC = ',\n  "spec": {\n    "kind": ';
const REST = ',\n    "priority": ';
/** Bytes of a uid that mean themselves in JSON. */
const PLAIN = /^[\w-]+$/;
/** So many different texts are kept at a time. */
const MAX_KNOWN = 1_000;

interface Rest {
  readonly spec: SpecBeside;
  readonly status: Status;
}

/**
 * Reads many records one after the other. Those that were queued together differ in who they are, and perhaps in what they run: the
 * rest of the text is parsed and checked once, and is one object in memory for all of them. Of a batch of 100,000 that takes half
 * the CPU and a third of the memory of `JSON.parse` alone, without any check: the start of a supervisor is made of it.
 */
export class RecordParts {
  readonly #besides = new Known(besideOf);
  readonly #bodies = new Known((text) => this.#body(text));
  readonly #kinds = new Texts(kindOf);
  readonly #rests = new Texts(restOf);
  #name = "";

  /**
   * The task of the id and the bytes of a record as `recordText` writes it; null for any other, and for one with a fault. How such a text
   * begins follows from the id. Cut behind the uid and at two commas, it is one exactly if its parts are: what is beside who it is and
   * the last as members of an object, what is to be run as a value.
   */
  read(id: TaskId, bytes: Buffer): Task | null {
    const name = nameOf(id);
    const number = numberOf(id);
    if (number < 1 || name.length > MAX_NAME_LENGTH) return null;
    const begin = `{\n  "formatVersion": ${FORMAT_VERSION},\n  "metadata": {\n    "id": "${id}",\n    "number": ${number},\n    "name": "${name}",\n    "uid": "`;
    if (bytes.toString("latin1", 0, begin.length) !== begin) return null;
    const specAt = this.#bodies.find(SPEC, { bytes, from: begin.length, to: bytes.length });
    const uidEnd = this.#besides.find(BESIDE, { bytes, from: begin.length, to: specAt });
    const [beside, body] = [this.#besides.made, this.#bodies.made];
    if (uidEnd < 0 || beside === null || body === null) return null;
    const uid = bytes.toString("latin1", begin.length, uidEnd);
    if (!PLAIN.test(uid)) return null;
    if (name !== this.#name) this.#name = name;
    return { metadata: { id, number, name: this.#name, uid, ...beside }, ...body };
  }

  #body(text: string): Pick<Task, "spec" | "status"> | null {
    const restAt = text.indexOf(REST);
    if (restAt < 0) return null;
    const what = this.#kinds.of(text.slice(SPEC.length, restAt));
    const rest = this.#rests.of(text.slice(restAt + 1));
    if (what === null || rest === null) return null;
    return { spec: { kind: what, ...rest.spec }, status: rest.status };
  }
}

/** What was made of some texts; what cannot be made is null. */
class Texts<T> {
  readonly #make: (text: string) => T | null;
  readonly #made = new Map<string, T | null>();

  constructor(make: (text: string) => T | null) {
    this.#make = make;
  }

  of(text: string): T | null {
    const known = this.#made.get(text);
    if (known !== undefined) return known;
    if (this.#made.size >= MAX_KNOWN) this.#made.clear();
    const made = this.#make(text);
    this.#made.set(text, made);
    return made;
  }
}

interface Span {
  readonly bytes: Buffer;
  readonly from: number;
  /** Negative where there is none. */
  readonly to: number;
}

/** The same for bytes, which mostly are those of the time before: to compare them costs less than to make a text of them. */
class Known<T> {
  readonly #texts: Texts<T>;
  #last: Buffer = Buffer.alloc(0);
  #made: T | null = null;

  constructor(make: (text: string) => T | null) {
    this.#texts = new Texts(make);
  }

  /** What was made of the bytes that were found last. */
  get made(): T | null {
    return this.#made;
  }

  /** Finds the bytes that begin with a mark and reach to the end of a span; gives where they begin, or -1. */
  find(mark: string, { bytes, from, to }: Span): number {
    const { length } = this.#last;
    const likely = to - length;
    if (length > 0 && likely >= from && bytes.compare(this.#last, 0, length, likely, to) === 0) return likely;
    const at = bytes.indexOf(mark, from);
    if (at < 0 || at >= to) return -1;
    this.#last = Buffer.from(bytes.subarray(at, to));
    this.#made = this.#texts.of(this.#last.toString("utf8"));
    return at;
  }
}

function besideOf(text: string): MetadataBeside | null {
  const checked = check(metadataBeside, parsed(`{${text.slice(BESIDE.length)}`));
  return checked.ok ? checked.value : null;
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
