#!/usr/bin/env bash
# Makes the folders that Capstan packs, of the bundles of "npm run bundle": one of each service, and one of Node.
#
#   OSV_BUNDLES     where the bundles are (default: dist/bundle)
#   OSV_FOLDER      where to (default: dist/osv)
#   OSV_NAMESERVER  address of the DNS that the unikernels ask; without it they know addresses only, which is enough
#                   for Capstan on one machine
set -euo pipefail
cd "$(dirname "$0")/.."

node=node_modules/.bin/node
[[ -x $node && -r dist/bin/bundle/stage-unikernels.js ]] || {
  echo "$0: run \"npm ci\" and \"npm run bundle\" first" >&2
  exit 1
}
"$node" dist/bin/bundle/stage-unikernels.js
du --summarize --human-readable --total "${OSV_FOLDER:-dist/osv}"/* | while read -r size name; do
  printf '%8s  %s\n' "$size" "$name"
done
