import { describe, expect, test } from "bun:test";
import { constants } from "node:os";
import { endingFromShell, signalName, signalNumber } from "../../src/model/evidence.ts";

describe("endingFromShell()", () => {
  test.each([
    [0, 0, null],
    [1, 1, null],
    [128, 128, null],
    [129, null, "SIGHUP"],
    [130, null, "SIGINT"],
    [137, null, "SIGKILL"],
    [139, null, "SIGSEGV"],
    [143, null, "SIGTERM"],
    [152, null, "SIGXCPU"],
    [153, null, "SIGXFSZ"],
    [159, null, "SIGSYS"],
    // 32 and 33 are the C library's own.
    [160, 160, null],
    [161, 161, null],
    [162, null, "SIGRTMIN+0"],
    [192, null, "SIGRTMIN+30"],
    [193, 193, null],
    [255, 255, null],
  ])("reads %d as exit code %p, signal %p", (status, exitCode, signal) => {
    expect(endingFromShell(status, false)).toEqual({
      type: "exited",
      exitCode,
      signal,
      signalInferred: signal !== null,
      sawTerm: false,
    });
  });

  test("never has both an exit code and a signal, nor neither", () => {
    for (let status = 0; status <= 255; status += 1) {
      const ending = endingFromShell(status, true);
      expect(ending).toMatchObject({ type: "exited", sawTerm: true });
      if (ending.type === "exited")
        expect((ending.exitCode === null) !== (ending.signal === null)).toBeTrue();
    }
  });
});

describe("signalName()", () => {
  test("names every signal as the system does", () => {
    // Some numbers have two names.
    const aliases = ["SIGIOT", "SIGPOLL", "SIGCLD", "SIGUNUSED", "SIGSTKFLT"];
    const known = Object.entries(constants.signals).filter(([name]) => !aliases.includes(name));
    expect(known.length).toBeGreaterThan(25);
    expect(known.map(([, number]) => signalName(number))).toEqual(known.map(([name]) => name));
  });

  test.each([0, -1, 32, 33, 65, 127, 1.5])("has no name for %d", (number) => {
    expect(signalName(number)).toBeNull();
  });
});

describe("signalNumber()", () => {
  test("is the inverse for every name, with SIG or without", () => {
    for (let number = 1; number <= 64; number += 1) {
      const name = signalName(number);
      if (name === null) continue;
      expect(signalNumber(name)).toBe(number);
      if (number < 32) expect(signalNumber(name.slice("SIG".length))).toBe(number);
    }
  });

  test.each(["", "SIG", "SIGNOPE", "sigkill", "SIGRTMIN+31", "SIGRTMIN+99", "SIGRTMIN", "9"])(
    "has no number for %j",
    (name) => {
      expect(signalNumber(name)).toBeNull();
    },
  );
});
