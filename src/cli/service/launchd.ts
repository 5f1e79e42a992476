import type { Service } from "./definition.ts";

/**
 * The agent of a supervisor, in the format of launchd.plist(5). `AbandonProcessGroup` leaves jobs running when it stops;
 * `KeepAlive` starts it again unless it exited with 0.
 */
export function agentText({ executable, home, options, path, name }: Service, log: string): string {
  const words = [executable, "up", "--home", home, ...options];
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    '<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">',
    '<plist version="1.0">',
    "<dict>",
    `  <key>Label</key><string>${escaped(agentLabel(name))}</string>`,
    "  <key>ProgramArguments</key>",
    "  <array>",
    ...words.map((word) => `    <string>${escaped(word)}</string>`),
    "  </array>",
    "  <key>EnvironmentVariables</key>",
    `  <dict><key>PATH</key><string>${escaped(path)}</string></dict>`,
    "  <key>RunAtLoad</key><true/>",
    "  <key>KeepAlive</key><dict><key>SuccessfulExit</key><false/></dict>",
    "  <key>AbandonProcessGroup</key><true/>",
    `  <key>StandardOutPath</key><string>${escaped(log)}</string>`,
    `  <key>StandardErrorPath</key><string>${escaped(log)}</string>`,
    "</dict>",
    "</plist>",
    "",
  ].join("\n");
}

/** The label of a service in launchd. */
export function agentLabel(name: string): string {
  return `local.${name}`;
}

function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}
