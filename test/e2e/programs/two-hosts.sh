#!/bin/sh
# Two ranks on two "hosts": network namespaces joined by one cable (veth). Run it by `unshare --net`; all of
# it is gone with the processes.
#
# usage: two-hosts.sh PROGRAM ARGUMENT...   (started once as each rank)
set -eu

ip link set lo up
unshare --net sleep 600 &
host=$!
trap 'kill $host' EXIT
while [ "$(readlink /proc/$host/ns/net)" = "$(readlink /proc/$$/ns/net)" ]; do sleep 0.05; done

on_host() {
  nsenter --net=/proc/$host/ns/net "$@"
}

# Frames of 9000 bytes: headers are below 1 % of what goes over the cable.
ip link add cable mtu 9000 type veth peer name cable mtu 9000 netns $host
ip addr add 10.77.0.1/24 dev cable
ip link set cable up
on_host ip addr add 10.77.0.2/24 dev cable
on_host ip link set cable up

export GRADWIRE_SIZE=2 GRADWIRE_MASTER_ADDR=10.77.0.1 GRADWIRE_MASTER_PORT=29500
# Beyond the loopback interface ranks do not meet without one.
GRADWIRE_SECRET="$(od -An -N32 -tx1 /dev/urandom | tr -d ' \n')"
export GRADWIRE_SECRET
GRADWIRE_RANK=1 on_host "$@" &
other=$!
GRADWIRE_RANK=0 "$@"
wait $other
