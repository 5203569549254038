#!/usr/bin/env bash
# Line coverage of `src/wire` and `src/key`, by replaying inputs of every fuzz target.
#
# usage: fuzz/coverage.sh [CORPUS_ROOT]
#
# Builds the targets with rustc's coverage counters, replays through each the inputs in fuzz/corpus/TARGET and, if it is
# there, CORPUS_ROOT/TARGET, and prints a table: of each file the lines that hold code, how many of them ran, per cent, and
# which did not; then the same of each folder. Tests inside the files are not counted. Fails where an input fails.
# No fuzzer may be at work in CORPUS_ROOT: it takes inputs away.
#
# Needs a C++ compiler for libFuzzer, and `llvm-profdata` and `llvm-cov` of the major version of rustc's LLVM
# (`rustc -vV`): Debian's package `llvm-22`, or rustup's component `llvm-tools` with its folder in PATH.
set -euo pipefail
kept=
if [ $# -gt 0 ]; then
  kept=$(realpath -e "$1")
fi
cd "$(dirname "${BASH_SOURCE[0]}")/.."

version=$(rustc -vV)
host=$(sed -n 's/^host: //p' <<<"$version")
major=$(sed -n 's/^LLVM version: \([0-9]*\).*/\1/p' <<<"$version")
tool() { # name: where it is, in the version that reads what rustc writes
  local name
  for name in "$1-$major" "$1"; do
    if command -v "$name" >/dev/null && "$name" --version | grep -q "LLVM version $major\."; then
      command -v "$name"
      return
    fi
  done
  echo "error: $1 of LLVM $major is not in PATH" >&2
  return 1
}
profdata=$(tool llvm-profdata)
cov=$(tool llvm-cov)

out=$(realpath -m "${CARGO_TARGET_DIR:-target}")/coverage
rm -rf "$out/raw"
mkdir -p "$out/raw"
# With debug assertions, which the test kit wants. A target is named so that build scripts are left as they are.
RUSTFLAGS="-Cinstrument-coverage --cfg fuzzing" \
  cargo build --locked --quiet --manifest-path fuzz/Cargo.toml --target "$host" --target-dir "$out"

binaries=()
for target in fuzz/fuzz_targets/*.rs; do
  target=$(basename "$target" .rs)
  folders=("fuzz/corpus/$target")
  if [ -n "$kept" ] && [ -d "$kept/$target" ]; then
    folders+=("$kept/$target")
  fi
  if ! find "${folders[@]}" -type f -print0 |
    LLVM_PROFILE_FILE="$out/raw/$target-%p.profraw" xargs -0 "$out/$host/debug/$target" >"$out/$target.log" 2>&1; then
    echo "error: $target fails, see $out/$target.log" >&2
    exit 1
  fi
  binaries+=(-object "$out/$host/debug/$target")
done

"$profdata" merge -sparse "$out"/raw/*.profraw -o "$out/all.profdata"
"$cov" export -format=lcov -instr-profile "$out/all.profdata" "${binaries[@]}" \
  -sources "$PWD/src/wire" "$PWD/src/key" >"$out/all.lcov"

awk -F '[:,]' -v root="$PWD/" '
  function row(name, lines, covered, missed) {
    printf "%-24s %6d %8d %7.1f  %s\n", name, lines, covered, 100 * covered / lines, missed
  }
  function end_span() {
    if (first) missed = missed (missed ? " " : "") (first == last ? first : first "-" last)
    first = 0
  }
  BEGIN { printf "%-24s %6s %8s %7s  %s\n", "file", "lines", "covered", "percent", "not covered" }
  /^SF:/ { file = substr($0, 4); sub(root, "", file); lines = covered = first = 0; missed = "" }
  /^DA:/ {
    lines++
    if ($3 > 0) { covered++; end_span() } else { if (!first) first = $2; last = $2 }
  }
  /^end_of_record/ {
    end_span()
    row(file, lines, covered, missed)
    folder = file; sub("/[^/]*$", "", folder)
    if (!(folder in all)) order[++folders] = folder
    all[folder] += lines; ran[folder] += covered
  }
  END { for (i = 1; i <= folders; i++) row(order[i], all[order[i]], ran[order[i]], "") }
' "$out/all.lcov"
