# shellcheck shell=bash
# `./dev test`. Sourced by `dev`.

# Which configuration of .bazelrc is tested ("" for the usual one), and which tests: those whose label or
# file name has this in it.
config=
filter=
soaking=
configs=('')

cmd_test() {
  for argument in "$@"; do
    case $argument in
      --asan | --tsan) configs=("${argument#--}") ;;
      --all) configs=('' asan tsan) ;;
      --soak) soaking=yes ;;
      -*) die "test takes --asan, --tsan, --all, --soak and a part of a test's name, not $argument" ;;
      *) filter=$argument ;;
    esac
  done
  install_build
  if [ -n "$soaking" ]; then
    soak
    return
  fi
  for config in "${configs[@]}"; do test_configuration; done
  conclude
}

test_configuration() {
  if [ -z "$config$filter" ]; then test_static; fi
  step "unit${config:+ $config}" test_unit
  step "e2e${config:+ $config}" test_e2e
  if [ -z "$config" ]; then step fuzz test_fuzz; fi
  if [ -z "$config$filter" ]; then step promtool test_promtool; fi
  if [ -z "$config" ]; then step helm test_helm; fi
  if [ -z "$config" ]; then step package test_package; fi
}

test_static() {
  step format check_format
  step tidy check_tidy
  step architecture check_architecture
}

# The unit tests. Those of rooms without threads have nothing to tell ThreadSanitizer.
unit_tests() {
  local threadless='//tests/hub/... + //tests/protocol/... + //tests/config/... + //tests/bench/...'
  local all='tests(//...) except attr(tags, manual, //...)'
  if [ "$config" = tsan ]; then all="$all except ($threadless)"; fi
  echo "$all"
}

# The options that choose the configuration.
configured() { echo ${config:+--config=$config}; }

# Prints the labels that a query finds, of those that the filter lets through.
labels() {
  bazel query --noshow_progress --ui_event_filters=error,stdout "filter('$filter', $1)"
}

# Runs test targets and counts their cases.
run_targets() {
  local status=0
  bazel test --keep_going --noshow_progress --build_event_json_file="$work/events" "$@" || status=$?
  python3 tools/report.py bazel "$work/events" >"$work/counts"
  return $status
}

test_unit() {
  local targets
  targets=$(labels "$(unit_tests)")
  [ -n "$targets" ] || no_match
  if [ -n "$config" ]; then need install "${packages_sanitizers[@]}"; fi
  # Some of them ask promtool, and say so if it is not there.
  install "${packages_promtool[@]}" || [ -z "${CI:-}" ]
  # Those of storage/redis start servers of their own.
  need install "${packages_redis[@]}"
  # Without a filter everything is built, tests or not.
  if [ -z "$config$filter" ]; then targets=//...; fi
  # shellcheck disable=SC2046,SC2086  # words on purpose
  run_targets $(configured) $targets
}

test_fuzz() {
  local targets
  targets=$(labels 'attr(tags, fuzz, tests(//...))')
  [ -n "$targets" ] || no_match
  need install "${packages_sanitizers[@]}"
  # shellcheck disable=SC2086  # words on purpose
  run_targets --config=fuzz $targets
}

# What the end-to-end tests start. Leaves bazel-bin pointing to it.
build_binaries() {
  # shellcheck disable=SC2046  # words on purpose
  bazel build --noshow_progress $(configured) //gateway:sluice //control/ctl:sluicectl //examples/...
}

test_e2e() {
  local files foreign
  mapfile -t files < <(find tests/e2e tests/cluster -maxdepth 1 -name "*$filter*.test.mjs" | sort)
  [ "${#files[@]}" -gt 0 ] || no_match
  need install_node
  need install "${packages_redis[@]}"
  install "${packages_ctl[@]}" || [ -z "${CI:-}" ]
  install_clients
  # Tests that want one of these say themselves why they were skipped.
  for foreign in python_worker go_worker python_client go_client; do
    "install_$foreign" || [ -z "${CI:-}" ] || die "could not install_$foreign"
  done
  run_node 30m "${files[@]}"
}

# Runs files of tests in at most so much time, and counts their cases.
run_node() {
  local limit=$1 status=0
  shift
  build_binaries
  ASAN_OPTIONS=detect_stack_use_after_return=1 TSAN_OPTIONS=$(tsan_options) timeout "$limit" \
    node --test --test-reporter=spec --test-reporter-destination=stdout \
    --test-reporter=tap --test-reporter-destination="$work/e2e.tap" "$@" || status=$?
  python3 tools/report.py tap "$work/e2e.tap" >"$work/counts"
  return $status
}

# The client libraries, unless those of the lock file are there.
install_clients() {
  [ tests/node_modules/.package-lock.json -nt tests/package-lock.json ] || (cd tests && npm ci)
}

# Names, docs, rules and dashboard, then all of it with a real Prometheus.
test_promtool() {
  local status=0
  need install "${packages_promtool[@]}" "${packages_redis[@]}"
  need install_node
  install_clients
  build_binaries
  python3 tools/check_metrics.py bazel-bin/gateway/sluice >"$work/checks.tap" || status=$?
  cat "$work/checks.tap"
  run_node 5m tests/metrics/*.test.mjs || status=$?
  cat "$work/checks.tap" "$work/e2e.tap" >"$work/all.tap"
  python3 tools/report.py tap "$work/all.tap" >"$work/counts"
  return $status
}
