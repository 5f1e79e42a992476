import { describe, expect, test } from "bun:test";
import { readdirSync, readFileSync } from "node:fs";
import { bashismsIn } from "../../../src/intake/shell/scan.ts";

/** What is found in a text, as it is written there. */
const foundIn = (text: string): string[] =>
  bashismsIn(text).map(({ at, text: found }) => {
    // Two of them are told by their beginning.
    expect(text.slice(at)).toStartWith(found.replace(/…[)}]$/, ""));
    return found;
  });

describe("bashismsIn()", () => {
  test.each([
    ["make &> log", ["&>"]],
    ["make &>>log &", ["&>>"]],
    ["make |& tee log", ["|&"]],
    ["for i in {1..3} {a..z} {01..10..2}; do :; done", ["{1..3}", "{a..z}", "{01..10..2}"]],
    ["cp a{,.bak} $x{b,c}", ["{,.bak}", "{b,c}"]],
    ["if [[ -n $x ]]; then :; fi", ["[["]],
    ["while ! [[ a ]]; do :; done", ["[["]],
    ["source ./env.sh", ["source"]],
    ["A=1 source x && source y", ["source", "source"]],
    ["{ source x; }; (source y)", ["source", "source"]],
    ['x=$(source a) y=`source b` z="$(source c)"', ["source", "source", "source"]],
    ["words=(a b)\nwords+=(c)", ["words=(", "words+=("]],
    ["words[0]=a", ["words[0]="]],
    [
      "echo ${words[@]} ${#words[*]} ${x/a/b} ${x^^} ${x,} ${x:1:2} ${!x}",
      ["${words[…}", "${#words[…}", "${x/…}", "${x^…}", "${x,…}", "${x:…}", "${!x…}"],
    ],
    ["diff <(a) >(b)", ["<(…)", ">(…)"]],
    ["set -o pipefail", ["pipefail"]],
    ["set -euo pipefail; false", ["pipefail"]],
    ["function f { :; }\nfunction g() { :; }", ["function", "function"]],
    ["[ $a == b ] && test a == b", ["==", "=="]],
    ["echo $'a\\'b' x", ["$'"]],
    ["cat <<< word", ["<<<"]],
    ["for ((i = 0; i < 3; i++)); do :; done", ["(("]],
    ["((n = n + 1))", ["(("]],
    ["declare -A m; pushd /x; let n=1; shopt -s nullglob", ["declare", "pushd", "let", "shopt"]],
    ["case $x in a) source y;; esac; source z", ["source", "source"]],
    ["cat <<END\n[[ no ]]\nEND\n[[ yes ]]", ["[["]],
    ["cat <<-'END' | [[ a ]]\n\t&> no\n\tEND\nsource b", ["[[", "source"]],
    ["a \\\n  &> log", ["&>"]],
  ])("in %j finds %j", (text, found) => {
    expect(foundIn(text)).toEqual(found);
  });

  test.each([
    "# make &> log; source x; {1..3}",
    "echo 'a &> b' \"[[ ]] {1..3} source &> <(x) $'a' <<< b\"",
    "echo a\\&\\> x \\{1..3}",
    "make > log 2>&1 && a & b > c & >d cat",
    "a 2>&1 >&3 <&- 3<>x >|y",
    'echo ${x:-a} ${x:=b} ${x:+c} ${x:?d} ${x%.a} ${#x} ${x##*/} ${x:-"it\'s"} $! ${!}',
    "awk '{print $1, $2}' | grep -E 'a{1,3}' | xargs -I{} echo {} {a} x}",
    "find . -exec rm {} + ; git show HEAD@{1}; docker inspect -f {{.Id}}",
    "x={a,b} y={1..3} make",
    "echo source [[ function == let",
    "case $x in source) :;; [[:alpha:]]*|let) :;; (declare) :;; a{b,c}) :;; esac",
    "x=$(case a in a) echo b;; esac); echo in",
    "source() { :; }; let( ) { :; }",
    "echo $((a << 2 == 1 && (3))) $((x[1]))",
    "((cd x && make) || (cd y && make))",
    "cat <<'A' <<B\n[[ a ]]\nA\nsource b\nB\n",
    "cat <<END\n$(source x)\n",
    "expr a == b",
    "[ a = b ] && echo ==",
    "x=a; x+=b; a=b$((1))",
    "echo a#b {1..3 } {a, b}",
    'f() { local a=b; echo "${a}"; }',
    // A text that does not add up is not judged.
    "echo 'open\nsource x",
    "echo $(source x",
    "case a in a) source x",
  ])("in %j finds nothing", (text) => {
    expect(foundIn(text)).toEqual([]);
  });

  test("finds nothing in stint's own scripts, which are for sh", () => {
    const files = ["src/run/sh", "src/machine/sh"].flatMap((folder) =>
      readdirSync(folder).map((name) => readFileSync(`${folder}/${name}`, "utf8")),
    );
    expect(files.length).toBeGreaterThan(4);
    // The last line shows that the whole text was judged.
    for (const text of files) expect(foundIn(`${text}\nsource x\n`)).toEqual(["source"]);
  });

  test.each(["{", "(", "((", "$(", "`", "${", "<<", "[[ ", "case x in ", '"$(', "a=(", "{1..", "'"])(
    "reads many %j in one pass",
    (part) => {
      expect(bashismsIn(part.repeat(200_000))).toBeArray();
    },
  );
});
