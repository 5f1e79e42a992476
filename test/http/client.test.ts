import { describe, expect, test } from "bun:test";
import { mkdtempSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { Served } from "../rig/served.ts";
import { type OpenApi, typedClient } from "../rig/typed-client.ts";

/** A program that uses the client; it prints what it was told. */
const PROGRAM = `
import { cancelTasks, getLog, getTask, listTasks, submitTasks, validateTasks, type Server, type Task } from "./client.ts";
const server: Server = { address: process.argv[2] ?? "", token: process.argv[3] ?? "" };
const made = await submitTasks(server, "name: typed\\nrun: echo hello\\n");
const first = made.tasks[0];
if (first === undefined) throw new Error("nothing was queued");
const task: Task = await getTask(server, first.id);
const state: "queued" | "cancelled" | string = task.status.state;
const page = await listTasks(server, { state: "queued", limit: 10 });
const { isValid } = await validateTasks(server, "run: true");
const { answers } = await cancelTasks(server, { tasks: [first.number], force: false });
const refused = await getLog(server, String(first.number)).catch((error: Error) => error.message);
console.log(JSON.stringify([task.metadata.number, state, page.tasks.map(({ name }) => name), isValid, answers.length, refused]));
`;

const CONFIG = {
  compilerOptions: {
    target: "ESNext",
    module: "Preserve",
    moduleResolution: "Bundler",
    lib: ["ESNext"],
    types: ["bun"],
    typeRoots: [resolve("node_modules/@types")],
    strict: true,
    noUncheckedIndexedAccess: true,
    exactOptionalPropertyTypes: true,
    allowImportingTsExtensions: true,
    noEmit: true,
    skipLibCheck: true,
  },
};

/** What the compiler says of a program beside the client; empty where it has nothing to say. */
async function compiled(folder: string, program: string): Promise<string> {
  writeFileSync(join(folder, "program.ts"), program);
  writeFileSync(join(folder, "tsconfig.json"), JSON.stringify(CONFIG));
  const child = Bun.spawn([process.execPath, resolve("node_modules/.bin/tsc"), "-p", folder], {
    stdout: "pipe",
    stderr: "pipe",
  });
  const [out, err] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
  ]);
  return out + err;
}

describe("the description of the API", () => {
  test("is one from which a typed client is made, compiled and used", async () => {
    await using served = await Served.start();
    const described = (await served.json("/api/v1/openapi.json")) as unknown as OpenApi;
    const folder = mkdtempSync(join(served.root, "client-"));
    writeFileSync(join(folder, "client.ts"), typedClient(described));
    expect(await compiled(folder, PROGRAM)).toBe("");
    const child = Bun.spawn([process.execPath, join(folder, "program.ts"), served.address, served.token()], {
      stdout: "pipe",
    });
    expect(JSON.parse(await new Response(child.stdout).text())).toEqual([
      1,
      "queued",
      ["typed"],
      true,
      1,
      'Cannot show the log of "000001-typed": it has not started yet',
    ]);
    // What a body lacks, and a key that an answer has not, are faults of the program.
    const faulty = PROGRAM.replace("tasks: [first.number]", "task: [first.number]").replace(
      "metadata.number",
      "metadata.numbr",
    );
    const said = await compiled(folder, faulty);
    expect(said).toContain("'task' does not exist");
    expect(said).toContain("'numbr' does not exist");
  });

  test("refers to parts that it has, and names each operation once", async () => {
    await using served = await Served.start();
    const text = await (await served.ask("/api/v1/openapi.json")).text();
    const { openapi, paths, components } = JSON.parse(text) as OpenApi;
    expect(openapi).toBe("3.1.0");
    const referred = [...text.matchAll(/"\$ref":"([^"]+)"/g)].map(([, to = ""]) => to);
    expect(referred.length).toBeGreaterThan(5);
    const parts = Object.keys(components.schemas).map((name) => `#/components/schemas/${name}`);
    expect(referred.filter((to) => !parts.includes(to))).toEqual([]);
    const operations = Object.entries(paths).flatMap(([path, methods]) =>
      Object.values(methods).map((operation) => ({ path, ...operation })),
    );
    const names = operations.map(({ operationId }) => operationId);
    expect(new Set(names).size).toBe(names.length);
    for (const { path, parameters } of operations)
      expect(parameters.filter((one) => one.in === "path").map(({ name }) => `{${name}}`)).toEqual(
        path.match(/\{\w+\}/g) ?? [],
      );
  });
});
