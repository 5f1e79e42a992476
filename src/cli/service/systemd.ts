import { oneLine } from "../../lib/printable.ts";
import type { Service } from "./definition.ts";

/** The supervisor exits within one turn of its loop. */
const STOP_SECONDS = 30;
const RESTART_SECONDS = 10;
/** A wrong flag, a home that another supervisor holds, invalid settings: a restart would not help. */
const FINAL_EXITS = "2 4 6";

/**
 * The unit of a supervisor, see systemd.service(5) and systemd.kill(5). `KillMode=process` leaves jobs running when it stops or
 * restarts; with `OOMPolicy=continue` systemd does not stop the unit when the kernel kills one job for its memory.
 */
export function unitText({ executable, home, options, path }: Service): string {
  const words = (...all: readonly string[]): string =>
    all.map((word) => quoted(word).replaceAll("$", "$$$$")).join(" ");
  return [
    "[Unit]",
    `Description=stint, a job queue in ${oneLine(home).replaceAll("%", "%%")}`,
    "",
    "[Service]",
    "Type=exec",
    `ExecStart=${words(executable, "up", "--home", home, ...options)}`,
    // The minus ignores a failure: the supervisor may have exited before.
    `ExecStop=-${words(executable, "down", "--home", home)}`,
    `Environment=${quoted(`PATH=${path}`)}`,
    "KillMode=process",
    "OOMPolicy=continue",
    `TimeoutStopSec=${STOP_SECONDS}`,
    "Restart=on-failure",
    `RestartSec=${RESTART_SECONDS}`,
    `RestartPreventExitStatus=${FINAL_EXITS}`,
    "",
    "[Install]",
    "WantedBy=default.target",
    "",
  ].join("\n");
}

/** Quotes one word for systemd.syntax(7), `%` included; a line break would begin another directive. */
function quoted(word: string): string {
  const escaped = word.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("%", "%%");
  return `"${oneLine(escaped)}"`;
}
