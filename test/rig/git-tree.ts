import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { environmentOf } from "./surroundings.ts";

/** A real git repository with a work tree. Its user has no name and no settings. */
export class TestTree {
  readonly root: string;
  readonly env: Record<string, string>;

  constructor(root: string, home = dirname(root)) {
    this.root = root;
    this.env = { ...environmentOf(home), GIT_CONFIG_NOSYSTEM: "1" };
    mkdirSync(root, { recursive: true });
    this.git("init", "-q", "-b", "main");
  }

  /** Runs git, which must succeed; its output, trimmed. */
  git(...args: string[]): string {
    const { ok, out } = this.tried(...args);
    if (!ok) throw new Error(`git ${args.join(" ")}: ${out}`);
    return out;
  }

  tried(...args: string[]): { ok: boolean; out: string } {
    const done = Bun.spawnSync(["git", "-c", "user.name=Ada", "-c", "user.email=ada@x", ...args], {
      cwd: this.root,
      env: this.env,
    });
    return {
      ok: done.exitCode === 0,
      out: [done.stdout, done.exitCode === 0 ? "" : done.stderr].join("").trim(),
    };
  }

  write(files: Readonly<Record<string, string>>): void {
    for (const [name, text] of Object.entries(files)) {
      mkdirSync(dirname(join(this.root, name)), { recursive: true });
      writeFileSync(join(this.root, name), text);
    }
  }

  /** Commits these files; the commit. */
  commit(files: Readonly<Record<string, string>>): string {
    this.write(files);
    this.git("add", "-A");
    this.git("commit", "-q", "-m", "work");
    return this.git("rev-parse", "HEAD");
  }

  /** Hooks of these names that fail, and leave a file `ran`. */
  hooks(...names: string[]): void {
    for (const name of names) {
      const path = join(this.root, ".git/hooks", name);
      writeFileSync(path, `#!/bin/sh\necho ${name} >> ${this.root}/../ran\nexit 1\n`);
      chmodSync(path, 0o755);
    }
  }
}
