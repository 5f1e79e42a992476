import { ERRORS, type ErrorCode } from "../model/errors.ts";

type ExitName = (typeof ERRORS)[ErrorCode]["exit"];

/** The status of a kind of error. */
const BY_EXIT: Readonly<Record<ExitName, number>> = {
  usage: 400,
  notFound: 404,
  conflict: 409,
  invalidTask: 422,
  refused: 422,
  noSupervisor: 503,
  failed: 500,
  internal: 500,
  outputLost: 500,
};

/** Errors that HTTP has a status of its own for. */
const BY_CODE: Partial<Record<ErrorCode, number>> = {
  UNAUTHORIZED: 401,
  FORBIDDEN: 403,
  METHOD_NOT_ALLOWED: 405,
  TOO_SLOW: 408,
  TOO_LARGE: 413,
  WRONG_HOST: 421,
  TOO_MANY_STREAMS: 429,
};

/** The HTTP status that answers a problem. */
export function statusOf(code: ErrorCode): number {
  return BY_CODE[code] ?? BY_EXIT[ERRORS[code].exit];
}
