#!/usr/bin/env bash
# Uploads one image COUNT times: finds master in the registry, then posts the image to it again and again; under the key
# of the API in MICRO_API_KEY, if there is one.
set -euo pipefail

usage() {
  echo "Usage: $0 REGISTRY IMAGE [COUNT]     e.g. $0 localhost:8000 photo.png 20" >&2
  exit 2
}

[[ $# -ge 2 && $# -le 3 ]] || usage
registry=$1 image=$2 count=${3:-1}
[[ $count =~ ^[1-9][0-9]*$ ]] || usage
[[ -r $image ]] || { echo "$0: cannot read $image" >&2; exit 1; }

master=$(curl --silent --show-error --fail "http://$registry/masterendpoint") || {
  echo "$0: no master is registered at http://$registry" >&2
  exit 1
}
echo "Uploading to $master"
# For curl's standard input: everybody on this machine can read its arguments.
authorization=${MICRO_API_KEY:+"header = \"Authorization: Bearer $MICRO_API_KEY\""}

for ((number = 1; number <= count; number++)); do
  answer=$(curl --silent --show-error --config - --write-out '\n%{http_code}' \
    --form "image=@\"${image//\"/\\\"}\"" "http://$master/task" <<< "$authorization")
  status=${answer##*$'\n'} body=${answer%$'\n'*}
  if [[ $status != 201 ]]; then
    echo "$0: upload $number was refused with $status: $body" >&2
    exit 1
  fi
  [[ $body =~ \"id\":\"([^\"]+)\" ]] && echo "$number/$count  task ${BASH_REMATCH[1]}"
done
