import { err, ok, type Result } from "../lib/result.ts";
import { type Problem, problem } from "../model/errors.ts";
import { digestOf } from "../run/datasets/digest.ts";
import { readTree } from "../run/datasets/tree.ts";

/** The sha256 of the data at a path, as a task would find it. */
export function checksumOf(path: string, onFraction: (fraction: number) => void): Result<string, Problem> {
  const tree = readTree(path);
  let read = 0;
  const digest = tree.ok
    ? digestOf(tree.value, {
        algorithm: "sha256",
        onBytes: (count) => {
          read += count;
          onFraction(read / tree.value.bytes);
        },
      })
    : tree;
  if (digest.ok) return ok(digest.value);
  const { path: at, is, code } = digest.error;
  return err(
    problem(code === "INVALID_SPEC" ? "INVALID_TASK_FILE" : "NOT_FOUND", `Cannot pin "${path}": ${at} ${is}`),
  );
}
