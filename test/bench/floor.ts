import { mkdirSync, readFileSync, renameSync } from "node:fs";
import { join } from "node:path";
import { execa } from "execa";
import { recordingInvocation } from "../../src/run/recording-parent.ts";
import { replaceFiles } from "../../src/store/durable.ts";
import { Journal } from "../../src/store/journal.ts";
import { Layout } from "../../src/store/layout.ts";
import { recordText } from "../../src/store/record.ts";
import { aTask, taskIn } from "../rig/tasks.ts";

/**
 * `bun floor.ts FOLDER JOBS WORKERS`: what no queue can be faster than that starts its jobs as stint does, and has two versions
 * of each record on the disk, the claim before the start and the end before the next: without a queue, a plan, limits, logs,
 * an audit log, or a look for what a job left behind.
 */
const [folder = "", jobs = "", workers = ""] = process.argv.slice(2);
const layout = new Layout(folder);
for (const path of [layout.tmp, layout.runs, layout.journal, layout.place("running"), layout.place("done")])
  mkdirSync(path, { recursive: true });
const journal = new Journal(layout);
const [claimed, completed] = [aTask(), taskIn("completed")];
const environment = { PATH: "/usr/bin:/bin" };
const options = { buffer: false, reject: false, cleanup: false, detached: true, extendEnv: false } as const;

function write(path: string, task: typeof claimed): void {
  journal.append([task]);
  replaceFiles([{ path, text: recordText(task) }], layout.tmp, { isSynced: false });
}

let last = 0;
async function work(): Promise<void> {
  for (let job = ++last; job <= Number(jobs); job = ++last) {
    const path = join(layout.place("running"), `${job}.json`);
    const directory = join(layout.runs, String(job));
    write(path, claimed);
    mkdirSync(directory);
    const { argv, environment: env } = recordingInvocation({
      directory,
      umask: "",
      bootId: "this",
      token: "none",
      group: "",
      argv: ["/usr/bin/setsid", "/bin/true"],
      environment,
    });
    const [program = "", ...args] = argv;
    await execa(program, args, { ...options, cwd: "/", env, stdio: "ignore" });
    readFileSync(join(directory, "exit.json"));
    write(path, completed);
    renameSync(path, join(layout.place("done"), `${job}.json`));
  }
}

await Promise.all(Array.from({ length: Number(workers) }, work));
