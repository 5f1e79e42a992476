import { describe, expect, test } from "bun:test";
import { appendFileSync, readFileSync, statSync } from "node:fs";
import { bytesCutIn, capLog } from "../../src/run/log.ts";
import { signalTree } from "../../src/run/tree.ts";
import { launched, makePlace, orderFor, shell, until } from "./rig.ts";

const CAP = 64 * 1_024;
const MARK = /\n\[stint: (\d+) bytes were cut here\]\n/;
const lines = (from: number, count: number): string =>
  Array.from({ length: count }, (_, index) => `${String(from + index).padStart(9, "0")}\n`).join("");

/** The parts of a capped log: head, number in the mark, tail. */
function partsOf(path: string): { head: string; cut: number; tail: string } {
  const [head = "", cut = "", tail = "", ...more] = readFileSync(path, "latin1").split(MARK);
  expect(more).toEqual([]);
  return { head, cut: Number(cut), tail };
}

describe("capLog()", () => {
  test("leaves a log below its cap, and a missing one, as they are", async () => {
    await using place = makePlace();
    const text = "x".repeat(CAP);
    expect(capLog(place.write("log", text), CAP)).toBe(0);
    expect(place.read("log")).toBe(text);
    expect(capLog(place.file("missing"), CAP)).toBe(0);
  });

  test("keeps the head and the tail in whole lines, and counts the bytes that it cut", async () => {
    await using place = makePlace();
    const text = lines(0, 10_000);
    const path = place.write("log", text);
    const inode = statSync(path).ino;
    const bytesCut = capLog(path, CAP);
    const { head, cut, tail } = partsOf(path);
    expect(head).toBe(text.slice(0, CAP / 4));
    expect(tail).toBe(text.slice(-tail.length));
    expect(tail).toMatch(/^\d{9}\n/);
    expect(tail.length).toBeGreaterThan(CAP / 4 - 10);
    expect(cut).toBe(bytesCut);
    expect(head.length + cut + tail.length).toBe(text.length);
    expect(statSync(path).ino).toBe(inode);
    expect(capLog(path, CAP)).toBe(0);
  });

  test("cuts again when the log has grown, with one mark that counts all cuts", async () => {
    await using place = makePlace();
    const path = place.write("log", lines(0, 10_000));
    let total = capLog(path, CAP);
    for (let round = 1; round <= 5; round += 1) {
      appendFileSync(path, lines(round * 10_000, 10_000));
      const cut = capLog(path, CAP);
      expect(cut).toBeGreaterThan(0);
      total += cut;
    }
    const { head, cut, tail } = partsOf(path);
    expect(head).toBe(lines(0, 10_000).slice(0, CAP / 4));
    expect(tail).toEndWith("000059999\n");
    expect(cut).toBe(total);
    expect(bytesCutIn(path, CAP)).toBe(total);
    place.write("log", lines(0, 10));
    expect(bytesCutIn(path, CAP)).toBe(0);
    expect(head.length + cut + tail.length).toBe(60_000 * 10);
  });

  test("cuts a log without line ends, and any bytes", async () => {
    await using place = makePlace();
    const path = place.write("log", "\u0000é".repeat(40_000));
    const cut = capLog(path, CAP);
    const parts = partsOf(path);
    expect(parts.cut).toBe(cut);
    expect(parts.tail.length).toBe(CAP / 4);
    expect(parts.head.length + cut + parts.tail.length).toBe(120_000);
  });

  test("keeps the order under a job that appends all the time, and loses almost nothing uncounted", async () => {
    await using place = makePlace();
    const line = `i=100000; while test $i -lt 400000; do echo $i; i=$((i+1)); done; echo the end`;
    const { ended } = launched(orderFor(place, shell(line)));
    const path = place.file("attempt/output.log");
    let isOver = false;
    void ended.then(() => (isOver = true));
    let cuts = 0;
    await until(() => {
      if (capLog(path, CAP) > 0) cuts += 1;
      return isOver;
    });
    capLog(path, CAP);
    expect(cuts).toBeGreaterThan(3);
    expect(statSync(path).size).toBeLessThanOrEqual(CAP);
    const { head, cut, tail } = partsOf(path);
    const written = 300_000 * 7 + "the end\n".length;
    const uncounted = written - (head.length + cut + tail.length);
    expect(uncounted).toBeGreaterThanOrEqual(0);
    expect(uncounted).toBeLessThan(written / 50);
    const numbers = (text: string): number[] => (text.match(/^\d{6}$/gm) ?? []).map(Number);
    expect(head).toStartWith("100000\n100001\n");
    expect(tail).toEndWith("399999\nthe end\n");
    for (const part of [numbers(head), numbers(tail)]) {
      expect(part.length).toBeGreaterThan(1_000);
      expect(part).toEqual(part.toSorted((left, right) => left - right));
    }
  });

  test("ends under a job that writes faster than it copies", async () => {
    await using place = makePlace();
    const { ended } = launched(orderFor(place, shell("exec yes")));
    const path = place.file("attempt/output.log");
    for (let round = 0; round < 10; round += 1) {
      await until(() => statSync(path).size > CAP);
      expect(capLog(path, CAP)).toBeGreaterThan(0);
    }
    signalTree({ leader: null, token: place.token }, "SIGKILL");
    await ended;
    capLog(path, CAP);
    expect(readFileSync(path, "latin1")).toMatch(/^(y\n)+\n\[stint: \d+ bytes were cut here\]\n(y\n)+/);
  });
});
