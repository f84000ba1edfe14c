# shellcheck shell=bash
# `./dev test --soak`: what takes about an hour. Sourced by `dev`.

# Executions a fuzz target, lives of each simulation, and seconds of a cluster's history.
soak_runs=${SLUICE_SOAK_RUNS:-1000000}
soak_lives=${SLUICE_SOAK_LIVES:-3000}
soak_seconds=${SLUICE_SOAK_SECONDS:-600}

soak() {
  local target targets
  targets=$(labels 'attr(tags, fuzz, tests(//...))')
  for target in $targets; do
    step "soak ${target##*:}" soak_fuzz "$target"
  done
  if [ -z "$filter" ]; then
    step 'soak simulations' soak_simulations
    step 'soak history' soak_history
    step 'soak chart' soak_helm
  fi
  conclude
}

# Fuzzes one target from its seeds and its corpus, and keeps in the tree what reaches code that the corpus
# did not reach. An input that fails is kept there as well: the target fails until that is mended.
soak_fuzz() {
  local target=$1 package name kept found=$work/found
  package=${target#//} package=${package%%:*} name=${target##*:}
  kept=$package/corpora/$name
  need install "${packages_sanitizers[@]}"
  bazel build --noshow_progress --config=fuzz "$target"
  mkdir -p "$kept" "$found"
  rm -rf "${found:?}"/*
  # Seeds of binary formats are made of hexadecimal text while building.
  find "bazel-bin/$package/" -maxdepth 1 -name '*.bin' -exec cp {} "$found" \;
  soak_run "bazel-bin/$package/$name" "$found" "$kept" "$package/corpus"
  # What runs the same code more often is not kept: it would be ten times as many.
  "bazel-bin/$package/$name" -set_cover_merge=1 -use_counters=0 -max_len=4096 "$kept" "$found"
  echo '1 0 0' >"$work/counts"
}

# The first of the folders gets what is new.
soak_run() {
  local binary=$1 found=$2 kept=$3 seeds=$4
  "$binary" "-runs=$soak_runs" -max_len=4096 -timeout=10 -print_final_stats=1 \
    "-artifact_prefix=$kept/" "$found" "$kept" "$seeds"
}

# Other lives each time: the first seed is the date's.
soak_simulations() {
  run_targets --test_timeout=14400 --nocache_test_results --test_output=errors \
    "--test_env=SLUICE_SIMULATION_FIRST=$(($(date +%s) % 1000000000))" \
    "--test_env=SLUICE_SIMULATION_LIVES=$soak_lives" \
    //tests/hub:simulation_test //tests/control:cluster_simulation_test
}

# Another history each time, and what takes long of the cluster's faults.
soak_history() {
  need install_node
  need install "${packages_redis[@]}"
  install_clients
  SLUICE_HISTORY_SECONDS=$soak_seconds run_node "$((soak_seconds + 600))" \
    tests/cluster/history.test.mjs
}
