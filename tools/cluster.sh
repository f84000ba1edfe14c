# SPDX-License-Identifier: Apache-2.0
#
# Several nodes on this machine. Sourced by `dev`.

cluster_folder=
cluster_redis=    # its process
cluster_nodes=()  # theirs

# Starts a redis-server that keeps nothing and sets redis_port. Like the nodes it hears no signal of
# this shell's group, so that it outlives those, and each of them is told to stop once.
start_redis() {
  for redis_port in $(shuf -i 20000-32000 -n 20); do
    setsid redis-server --bind 127.0.0.1 --port "$redis_port" --save '' --appendonly no \
      --dir "$cluster_folder" --daemonize no >"$cluster_folder/redis.log" 2>&1 &
    cluster_redis=$!
    for _ in $(seq 100); do
      if ! kill -0 "$cluster_redis" 2>/dev/null; then break; fi
      if redis-cli -p "$redis_port" ping 2>/dev/null | grep -q PONG; then return 0; fi
      sleep 0.05
    done
    end_processes "$cluster_redis"
    cluster_redis=
  done
  die "redis-server does not start: $(tail -1 "$cluster_folder/redis.log")"
}

# Ends children of this shell and waits for them.
end_processes() {
  kill "$@" 2>/dev/null || true
  wait "$@" 2>/dev/null || true
}

# Ends what was started, the nodes first, since they say goodbye to Redis. Nothing hurries it.
stop_cluster() {
  trap '' INT TERM
  if [ ${#cluster_nodes[@]} -gt 0 ]; then end_processes "${cluster_nodes[@]}"; fi
  if [ -n "$cluster_redis" ]; then end_processes "$cluster_redis"; fi
  rm -rf "$cluster_folder"
}

cmd_cluster() {
  if [ "${1:-}" = -- ]; then shift; fi
  install_build
  install "${packages_redis[@]}"
  bazel build --noshow_progress //gateway:sluice
  local node
  cluster_folder=$(mktemp -d)
  trap stop_cluster EXIT
  trap 'exit 0' INT TERM
  start_redis
  for node in n1 n2 n3; do
    setsid bazel-bin/gateway/sluice --node="$node" --storage="redis://127.0.0.1:$redis_port" \
      --listen=127.0.0.1:0 --control=127.0.0.1:0 --admin=127.0.0.1:0 \
      --address-file="$cluster_folder/$node" "$@" &
    cluster_nodes+=($!)
  done
  echo "redis 127.0.0.1:$redis_port"
  for node in n1 n2 n3; do
    until [ -s "$cluster_folder/$node" ]; do
      kill -0 "${cluster_nodes[${node#n} - 1]}" 2>/dev/null || die "$node did not start"
      sleep 0.05
    done
    echo "$node $(cat "$cluster_folder/$node")"
  done
  wait "${cluster_nodes[@]}"
}
