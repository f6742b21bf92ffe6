#!/usr/bin/env bash
# Composes a unikernel for each service and copies it to a pod of the cluster: to the image server, from which Virtlet
# takes images, or to Virtlet itself. One image a service, because Virtlet cannot set the boot command of an image.
set -euo pipefail
cd "$(dirname "$0")/.."

services=(keyvaluestore db storage master worker ui)

usage() {
  cat >&2 <<TEXT
Usage: $0 POD

POD is the image server's pod, or one of Virtlet:
  kubectl get pods --namespace kube-system

Environment:
  OSV_NAMESERVER  address of the cluster's DNS (default: that of the Service kube-dns)
TEXT
  exit 2
}

fail() {
  echo "$0: $*" >&2
  exit 1
}

[[ $# == 1 && $1 != -* ]] || usage
pod=$1
for tool in capstan kubectl; do
  command -v "$tool" >/dev/null || fail "$tool is not installed: see doc/unikernels.md and doc/kubernetes.md"
done

token=$(kubectl get secret micro-token --output 'jsonpath={.data.MICRO_TOKEN}' | base64 --decode) ||
  fail 'there is no Secret micro-token: make it first, as doc/kubernetes.md says'
[[ ${#token} -ge 16 && $token != *[[:space:]]* ]] ||
  fail 'MICRO_TOKEN of the Secret micro-token must be 16 characters or more, without spaces'
dns() { kubectl get service kube-dns --namespace kube-system --output 'jsonpath={.spec.clusterIP}'; }
export OSV_NAMESERVER=${OSV_NAMESERVER:-$(dns)}
[[ -n $OSV_NAMESERVER ]] || fail 'there is no Service kube-dns: set OSV_NAMESERVER to the address of the DNS'

case $pod in
  image-server*) folder=/usr/share/nginx/html ;;
  *) folder=/var/lib/libvirt/images ;;
esac

npm run bundle:osv
for service in "${services[@]}"; do
  bin/capstan-compose.sh "$service" "virtlet_$service" --env "MICRO_TOKEN=$token"
  image=${CAPSTAN_ROOT:-$HOME/.capstan}/repository/node-micro/$service/$service.qemu
  [[ -r $image ]] || fail "capstan left no $image"
  echo "Copying micro-$service.qemu to $pod"
  kubectl cp "$image" "kube-system/$pod:$folder/micro-$service.qemu"
done
