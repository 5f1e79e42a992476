import { check, isObject, jsonIn, parseJson } from "../model/check.ts";
import { MAX_NAME_LENGTH, nameOf, numberOf, type TaskId } from "../model/identity.ts";
import { kind } from "../model/kind.ts";
import { unprojected } from "../model/projection.ts";
import {
  FORMAT_VERSION,
  metadataBeside,
  type SpecBeside,
  type Status,
  specBeside,
  status,
  type Task,
} from "../model/task.ts";

/** Marks in a text of `recordText`: after the uid, before `spec.kind`, and after it. */
const BESIDE = '",\n';
const SPEC = ',\n  "spec": {\n    "kind": ';
const REST = ',\n    "priority": ';
/** A uid without characters that JSON escapes. */
const PLAIN = /^[\w-]+$/;
/** Different texts cached at a time. */
const MAX_KNOWN = 1_000;

interface Rest {
  readonly spec: SpecBeside;
  readonly status: Status;
}

/**
 * Reads many records one after the other. Records of one batch differ in their identity, and perhaps in what they run: the rest of the
 * text is parsed and checked once, and is one object in memory for all of them. For a batch of 100,000 that takes half the CPU and a
 * third of the memory of `JSON.parse` alone, without any check; it is most of the cost of a supervisor's start.
 */
export class RecordParts {
  readonly #besides = new Known((text) => parseJson(metadataBeside, `{${text.slice(BESIDE.length)}`));
  readonly #bodies = new Known((text) => this.#body(text));
  readonly #kinds = new Texts((text) => parseJson(kind, text));
  readonly #rests = new Texts(restOf);
  #name = "";

  /**
   * The task of a record in the form that `recordText` writes; null for any other text, valid or not. The beginning of such a text follows
   * from the id. Cut after the uid and around `spec.kind`, the text is valid exactly if its parts are: the rest of the metadata and the
   * part after `spec.kind` as members of an object, `spec.kind` as a value.
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

/** A cache of what was parsed from texts; null for an invalid one. */
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
  /** Negative for none. */
  readonly to: number;
}

/** The same for bytes. Usually they equal the last ones, and comparing them costs less than decoding them. */
class Known<T> {
  readonly #texts: Texts<T>;
  #last: Buffer = Buffer.alloc(0);
  #made: T | null = null;

  constructor(make: (text: string) => T | null) {
    this.#texts = new Texts(make);
  }

  /** What was parsed from the bytes that were found last. */
  get made(): T | null {
    return this.#made;
  }

  /** Finds the bytes from a mark to the end of a span; returns the index of the mark, or -1. */
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

function restOf(text: string): Rest | null {
  const data = jsonIn(`{"spec":{${text}`);
  if (!isObject(data) || Object.keys(data).length !== 2 || !isObject(data["status"])) return null;
  const spec = check(specBeside, data["spec"]);
  const state = check(status, unprojected(data["status"]));
  return spec.ok && state.ok ? { spec: spec.value, status: state.value } : null;
}
