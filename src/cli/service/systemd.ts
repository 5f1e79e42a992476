import { oneLine } from "../../lib/printable.ts";
import type { Service } from "./definition.ts";

/** The supervisor leaves within a turn of its loop. */
const STOP_SECONDS = 30;
const RESTART_SECONDS = 10;
/** A wrong flag, a home that another supervisor has, wrong settings: to try again would change nothing. */
const FINAL_EXITS = "2 4 6";

/**
 * The unit of a supervisor, as systemd.service(5) and systemd.kill(5) have it. `KillMode=process` leaves the jobs alone when
 * it stops or restarts; `OOMPolicy=continue` keeps systemd from ending all of it because one job had too little memory.
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
    // The minus: it may have ended by itself.
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

/** One word as systemd.syntax(7) reads it: in quotes, with its own escapes, and `%` for itself. The end of a line would begin another directive. */
function quoted(word: string): string {
  const escaped = word.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("%", "%%");
  return `"${oneLine(escaped)}"`;
}
