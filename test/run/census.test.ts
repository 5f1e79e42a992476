import { describe, expect, test } from "bun:test";
import { uuid } from "../../src/lib/random.ts";
import { Census } from "../../src/run/census.ts";
import { processEntry } from "../../src/run/process-table.ts";
import { signalTrees, survivorsOf } from "../../src/run/tree.ts";
import { launched, makePlace, orderFor, shell, until } from "./rig.ts";

const pidsOf = (census: Census, wanted: { leader?: number; token?: string; also?: number[] }): number[] =>
  census
    .suspects({
      leader: wanted.leader ?? null,
      token: wanted.token ?? "nobody's",
      also: new Set(wanted.also),
    })
    .map(({ pid }) => pid);

const started = (token: string) =>
  Bun.spawn(["sleep", "60"], { env: { STINT_TOKEN: token }, detached: true });

describe("Census", () => {
  test("suspects who has the token, or is in the session, and nobody else", async () => {
    const [mine, others] = [uuid(), uuid()];
    await using one = started(mine);
    await using other = started(others);
    const census = new Census();
    census.look();
    // Until it has become the other program, a child may be anybody.
    await until(() => Bun.deepEquals(pidsOf(census, { token: mine }), [one.pid]));
    expect(pidsOf(census, { token: others })).toEqual([other.pid]);
    expect(pidsOf(census, { leader: other.pid })).toEqual([other.pid]);
    expect(pidsOf(census, { also: [other.pid] })).toEqual([other.pid]);
    expect(pidsOf(census, { token: uuid() })).toEqual([]);
  });

  test("meets who comes between two looks, however many, and forgets who is gone", async () => {
    const token = uuid();
    const census = new Census();
    census.look();
    await using few = started(token);
    census.look();
    await until(() => pidsOf(census, { token }).includes(few.pid));
    Bun.spawnSync(["sh", "-c", "for i in $(seq 300); do /bin/true; done"]);
    await using late = started(token);
    census.look();
    expect(pidsOf(census, { token })).toEqual(expect.arrayContaining([few.pid, late.pid]));
    few.kill("SIGKILL");
    await few.exited;
    census.look();
    await until(() => Bun.deepEquals(pidsOf(census, { token }), [late.pid]));
  });

  test("finds who left the session since it was met, by its token alone", async () => {
    await using place = makePlace();
    const leaving = (command: string) =>
      `(until test -e go; do sleep 0.01; done; exec ${command}) & echo $! >>pids;`;
    const line = `${leaving("setsid sleep 61")} ${leaving("env -i /usr/bin/setsid sleep 62")} echo up; wait`;
    const { process: leader, ended } = launched(orderFor(place, shell(line)));
    await until(() => place.read("attempt/output.log")?.includes("up\n"));
    const census = new Census();
    const trees = [{ leader, token: place.token }];
    expect(survivorsOf(trees, census)[0]?.length).toBeGreaterThanOrEqual(4);
    const [marked = 0, hidden = 0] = (place.read("pids") ?? "").trim().split("\n").map(Number);
    place.write("go", "");
    await until(() => [marked, hidden].every((pid) => processEntry(pid)?.session === pid));
    process.kill(-leader.pid, "SIGKILL");
    await ended;
    await until(() => Bun.deepEquals(survivorsOf(trees, census), [[marked]]));
    signalTrees(trees, "SIGKILL", census);
    await until(() => processEntry(marked)?.isZombie !== false);
    expect(processEntry(hidden)?.isZombie).toBeFalse();
    process.kill(hidden, "SIGKILL");
  });
});
