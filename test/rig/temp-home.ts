import { cpSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { directoryOf, type StateDirectory } from "../../src/model/state.ts";
import type { Task } from "../../src/model/task.ts";
import { ensureHome } from "../../src/store/home.ts";
import { Layout } from "../../src/store/layout.ts";
import { recordText } from "../../src/store/record.ts";

/** A folder that goes away with all that is in it. */
export class TempDirectory implements AsyncDisposable {
  readonly path = mkdtempSync(join(tmpdir(), "stint-store-"));

  async [Symbol.asyncDispose](): Promise<void> {
    rmSync(this.path, { recursive: true, force: true });
  }
}

/** A home of its own for one test. */
export class TempHome extends TempDirectory {
  readonly layout: Layout = homeAt(join(this.path, "home"));

  /** Puts a task where its state belongs, or where it does not. */
  put(task: Task, place: StateDirectory = directoryOf(task.status.state)): string {
    const path = this.layout.record(place, task.metadata.id);
    writeFileSync(path, recordText(task), { mode: 0o600 });
    return path;
  }

  /** Every file of the home below a folder, in order, by its path from there. */
  files(folder = "."): string[] {
    return filesIn(join(this.layout.home, folder));
  }

  /** A home as it lies on the disk now: what a kill at this moment would leave. */
  copy(of = this.layout): Layout {
    const to = mkdtempSync(join(this.path, "copy-"));
    cpSync(of.home, to, { recursive: true, preserveTimestamps: true, verbatimSymlinks: true });
    return new Layout(to);
  }
}

/** Opens a home that must be in order. */
export function homeAt(path: string): Layout {
  const made = ensureHome(path);
  if (!made.ok) throw new Error(made.error.message);
  return made.value;
}

/** Every file below a folder, in order, by its path from there. */
export function filesIn(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => !entry.isDirectory())
    .map((entry) => join(relative(folder, entry.parentPath), entry.name))
    .toSorted();
}
