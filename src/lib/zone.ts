/** True for a time zone that this system has, such as Europe/Berlin. */
export function isTimeZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat("en", { timeZone: name }).resolvedOptions();
    return true;
  } catch {
    // Intl throws a RangeError for an unknown zone (ECMA-402).
    return false;
  }
}

/** The time zone of this machine. */
export function localZone(): string {
  return Temporal.Now.timeZoneId();
}

/** The local time of a zone at an instant in ms since the epoch. */
export function wallTime(ms: number, timeZone: string): Temporal.ZonedDateTime {
  return Temporal.Instant.fromEpochMilliseconds(ms).toZonedDateTimeISO(timeZone);
}
