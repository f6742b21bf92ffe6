#!/usr/bin/env bash
# Composes the unikernel of one service, or of all of them, from the folders that bin/osv-stage.sh made.
set -euo pipefail
cd "$(dirname "$0")/.."

services=(keyvaluestore db storage master worker ui)

usage() {
  cat >&2 <<TEXT
Usage: $0 SERVICE|all [CONFIG_SET [CAPSTAN_OPTION...]]

  SERVICE      one of ${services[*]}
  CONFIG_SET   the set of meta/run.yaml that the image boots (default: that of the service's name)

e.g. $0 all
     $0 db virtlet_db --env MICRO_TOKEN=...
TEXT
  exit 2
}

fail() {
  echo "$0: $*" >&2
  exit 1
}

[[ $# -ge 1 ]] || usage
chosen=$1
[[ $chosen == all ]] || [[ " ${services[*]} " == *" $chosen "* ]] || usage
[[ $chosen != all || $# == 1 ]] || usage
folder=${OSV_FOLDER:-dist/osv}
command -v capstan >/dev/null || fail 'capstan is not installed: see doc/unikernels.md'
command -v qemu-img >/dev/null || fail 'qemu-img is not installed: on Debian it is in the package qemu-utils'
[[ -r $folder/node/meta/package.yaml ]] || fail "there is nothing in $folder: run bin/osv-stage.sh first"

[[ $chosen == all ]] || services=("$chosen")
(cd "$folder/node" && capstan package import)
for service in "${services[@]}"; do
  # A read-only file system: composed in seconds, and nothing that a service writes can ever change it.
  (
    cd "$folder/$service"
    capstan package compose --fs rofs --pull-missing --boot "${2:-$service}" "${@:3}" "node-micro/$service"
  )
done
