import errorSections from "../../../templates/help/codes/errors.md" with { type: "text" };
import failureSections from "../../../templates/help/codes/failures.md" with { type: "text" };
import { ERRORS, EXIT } from "../../model/errors.ts";
import { className, FAILURE_CODES, failureEntry } from "../../model/failure.ts";
import { retriesByDefault } from "./retries.ts";

/** Every failure code and error code with its meaning. */
export const CODES: readonly (readonly [code: string, meaning: string])[] = [
  ...FAILURE_CODES.map((code) => [code, failureEntry(code).meaning] as const),
  ...Object.entries(ERRORS).map(([code, { meaning }]) => [code, meaning] as const),
];

/** The page of a code, typed in any case, as Markdown; null where there is no such code. */
export function codePage(typed: string): string | null {
  const code = typed.toUpperCase().replaceAll("-", "_");
  const failure = FAILURE_CODES.find((one) => one === code);
  const error = Object.entries(ERRORS).find(([one]) => one === code)?.[1];
  const parts = [
    ...(failure === undefined ? [] : [failurePage(failure)]),
    ...(error === undefined ? [] : [errorPage(code, error)]),
  ];
  return parts.length === 0 ? null : parts.join("\n");
}

function failurePage(code: (typeof FAILURE_CODES)[number]): string {
  const entry = failureEntry(code);
  return [
    `# ${code}: ${entry.meaning}`,
    `A failure of the class ${className(entry.class)}. Retried by default: ${retriesByDefault(entry)}.`,
    sectionOf(failureSections, code),
  ].join("\n\n");
}

function errorPage(code: string, { exit, meaning }: (typeof ERRORS)[keyof typeof ERRORS]): string {
  return [
    `# ${code}: ${meaning}`,
    `An error of a stint command, which then exits with ${EXIT[exit]} (${exit}).`,
    sectionOf(errorSections, code),
  ].join("\n\n");
}

/** What stands under the heading of a code. */
function sectionOf(sections: string, code: string): string {
  return (
    sections
      .split(/^## /m)
      .find((one) => one.startsWith(`${code}\n`))
      ?.slice(code.length)
      .trim() ?? ""
  );
}
