import { withoutComments } from "../../lib/shell-text.ts";
import { PLAIN_PATH } from "../environment.ts";
import text from "../sh/preparation-prefix.sh" with { type: "text" };

const PREFIX = withoutComments(text);

/** The exit code of the prefix in place of a job that was not started. */
export const UNPREPARED = 125;

/** The words before the program of a job that is prepared first. */
export function preparationPrefix(of: {
  /** Stint's own executable. */
  readonly self: string;
  /** Of the attempt; it has the order. */
  readonly directory: string;
  readonly token: string;
  /** Of the supervisor. */
  readonly environment: Readonly<Record<string, string>>;
  /** The folder that the program starts in, where the preparation makes it; empty where it is there before. */
  readonly enter: string;
}): string[] {
  const { self, directory, token, environment, enter } = of;
  const { PATH = PLAIN_PATH, HOME = "/" } = environment;
  return ["/bin/sh", "-c", PREFIX, "stint", self, directory, PATH, HOME, token, enter];
}
