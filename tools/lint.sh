# shellcheck shell=bash
# What is checked without running anything. Sourced by `dev`.

# Our C++ files; folders that begin with a dot or that Bazel and npm made are not ours.
cc_files() {
  find . \( -name '.?*' -o -name 'bazel-*' -o -name node_modules \) -prune -o \
    \( -name '*.cc' -o -name '*.h' \) -type f -print0
}

check_format() {
  need install "${packages_lint[@]}"
  local files
  files=$(cc_files | xargs -0 clang-format-19 --dry-run 2>&1 | sed -n 's/:[0-9:]* warning: .*//p' | sort -u)
  [ -z "$files" ] || { printf 'Not laid out by ./dev format:\n%s\n' "$files" && return 1; }
}

# Only what has changed is looked at again: see bazel/clang_tidy.bzl. Tests are left to the compiler's
# warnings, which halves a cold run.
check_tidy() {
  need install "${packages_lint[@]}"
  bazel build --define=precompiled=0 --keep_going --noshow_progress --aspects=//bazel:clang_tidy.bzl%clang_tidy \
    --output_groups=clang_tidy -- //... -//tests/...
}

check_architecture() {
  local status=0
  tests/arch/check.sh >"$work/arch.tap" || status=$?
  cat "$work/arch.tap"
  python3 tools/report.py tap "$work/arch.tap" >"$work/counts"
  return $status
}

cmd_format() {
  install "${packages_lint[@]}"
  cc_files | xargs -0 clang-format-19 -i
}

cmd_lint() {
  install_build
  step format check_format
  step tidy check_tidy
  step architecture check_architecture
  conclude
}
