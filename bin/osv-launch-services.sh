#!/usr/bin/env bash
# Starts keyvaluestore, db, storage, master and ui as unikernels on this machine, and stops them cleanly at Ctrl-C.
# Their lines are shown behind their names. Workers are started by bin/osv-launch-worker.sh.
set -euo pipefail

usage() {
  cat >&2 <<TEXT
Usage: MICRO_TOKEN=... $0

Environment:
  MICRO_TOKEN   the secret that the services share: 16 characters or more, without spaces
  OSV_NETWORK   nat (default): ports of this machine are forwarded, on all of its addresses
                vhost: every unikernel has an address of its own; must be run as root
  OSV_REGISTRY  with vhost: the address that your DHCP server gives to A2:13:15:00:80:01, with port 8000
TEXT
  exit 2
}

fail() {
  echo "$0: $*" >&2
  exit 1
}

[[ $# == 0 ]] || usage
token=${MICRO_TOKEN:-}
network=${OSV_NETWORK:-nat}
[[ ${#token} -ge 16 && $token != *[[:space:]]* ]] || usage
for tool in capstan curl; do
  command -v "$tool" >/dev/null || fail "$tool is not installed: see doc/unikernels.md"
done
qemu=${CAPSTAN_QEMU_PATH:-qemu-system-x86_64}
command -v "$qemu" >/dev/null || fail "$qemu is not installed: on Debian it is in the package qemu-system-x86"
case $network in
  nat) registry=192.168.122.1:8000 ;;
  vhost)
    registry=${OSV_REGISTRY:-}
    [[ $registry == *:* ]] || usage
    [[ $(id -u) == 0 ]] || fail 'OSV_NETWORK=vhost needs root'
    ;;
  *) usage ;;
esac

#          service        port  memory  MAC, fixed so that DHCP gives the same address every time
plan=(
  "keyvaluestore 8000 256M A2:13:15:00:80:01"
  "db            8001 256M A2:13:15:00:80:02"
  "storage       8002 1G   A2:13:15:00:80:03"
  "master        8003 256M A2:13:15:00:80:04"
  "ui            8004 256M A2:13:15:00:80:05"
)
declare -A process=() port_of=()

launch() {
  local service=$1 port=$2 memory=$3 mac=$4
  local options=(-i "node-micro/$service" -m "$memory" -c 1 -n "$network" --mac "$mac" --boot "$service")
  options+=(--env "MICRO_TOKEN=$token" --env "MICRO_KEYVALUESTORE_ENDPOINT=$registry")
  if [[ $network == nat ]]; then options+=(-f "$port:$port" --env "MICRO_ADVERTISE=192.168.122.1:$port"); fi
  echo "Launching $service"
  local prefix
  printf -v prefix '%-13s | ' "$service"
  capstan run "${options[@]}" "node-micro-$service" < /dev/null > >(sed -u "s/^/$prefix/") 2>&1 &
  process[$service]=$!
  port_of[$service]=$port
}

# Where this machine reaches a service: on a bridge, where the registry says that it is.
endpoint() {
  case $network:$1 in
    nat:*) echo "127.0.0.1:${port_of[$1]}" ;;
    *:keyvaluestore) echo "$registry" ;;
    *) curl --silent --fail --max-time 2 "http://$registry/${1}endpoint" ;;
  esac
}

# OSv knows no signals from outside, and "capstan stop" ends a unikernel at once: so each is told over HTTP first.
stop() {
  trap - EXIT INT TERM
  echo 'Stopping'
  for service in ui master storage db keyvaluestore; do
    [[ -n ${process[$service]:-} ]] || continue
    local place
    place=$(endpoint "$service") &&
      curl --silent --fail --output /dev/null --max-time 5 --request POST --header "Authorization: Bearer $token" \
        "http://$place/health/stop" &&
      timeout 30 tail --pid="${process[$service]}" --follow /dev/null ||
      capstan stop "node-micro-$service" || true
  done
}
trap stop EXIT
trap 'exit 0' INT TERM

for line in "${plan[@]}"; do
  read -r service port memory mac <<< "$line"
  # Its own session, so that Ctrl-C reaches this script alone.
  set -m
  launch "$service" "$port" "$memory" "$mac"
  set +m
done
wait
