#!/usr/bin/env bash
# Starts one more worker as a unikernel, beside the services of bin/osv-launch-services.sh, until it ends. It needs no
# forwarded port: a worker calls, and nobody calls it.
set -euo pipefail

usage() {
  cat >&2 <<TEXT
Usage: MICRO_TOKEN=... $0 [NUMBER]

  NUMBER        which worker this is (default: the first one that has no instance)

Environment:
  MICRO_TOKEN   the secret of the services that are running
  OSV_NETWORK   nat (default) or vhost, as for bin/osv-launch-services.sh
  OSV_REGISTRY  with vhost: where the registry is, HOST:PORT
TEXT
  exit 2
}

fail() {
  echo "$0: $*" >&2
  exit 1
}

[[ $# -le 1 && ${1:-1} =~ ^[1-9][0-9]*$ ]] || usage
token=${MICRO_TOKEN:-}
network=${OSV_NETWORK:-nat}
[[ ${#token} -ge 16 && $token != *[[:space:]]* ]] || usage
command -v capstan >/dev/null || fail 'capstan is not installed: see doc/unikernels.md'
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

number=${1:-}
if [[ -z $number ]]; then
  instances=$(capstan instances)
  for ((number = 1; number < 1000; number++)); do
    grep --quiet --word-regexp "node-micro-worker$number" <<< "$instances" || break
  done
fi

echo "Launching worker $number"
# shared by all unikernels of one machine, so the number makes it unique
printf -v mac 'A2:13:15:00:81:%02X' $((number % 256))
exec capstan run -i node-micro/worker -m 1G -c 1 -n "$network" --mac "$mac" --boot worker \
  --env "MICRO_TOKEN=$token" --env "MICRO_KEYVALUESTORE_ENDPOINT=$registry" "node-micro-worker$number"
