#!/bin/bash
# A real S3 server from Debian's packages (ceph-mon, ceph-osd, ceph-mgr, radosgw, ceph-common), for tests: one small Ceph in memory, on free ports
# of the loopback interface.
# usage: radosgw.sh DIR PARENT     everything lies in DIR; it ends when the process PARENT does (0: when somebody kills what DIR/pids lists)
# The last line of its output, and DIR/endpoint, say "http://127.0.0.1:PORT ACCESS_KEY SECRET_KEY".
set -eu
D=$(realpath -m "$1"); PARENT=$2
mkdir -p "$D"/{mon,osd,mgr,run,log}; cd "$D"
: > pids
stop() { xargs -r kill -9 < "$D/pids" 2>/dev/null || true; }
trap 'code=$?; [ $code -eq 0 ] || { stop; tail -n 5 "$D"/log/* >&2; }; exit $code' EXIT

free_ports() { python3 -c 'import socket; s = [socket.create_server(("127.0.0.1", 0)) for _ in range(2)]; print(*[x.getsockname()[1] for x in s])'; }
read -r PORT MONITOR_PORT < <(free_ports)
FSID=$(cat /proc/sys/kernel/random/uuid)
cat > ceph.conf <<C
[global]
fsid = $FSID
mon host = v2:127.0.0.1:$MONITOR_PORT
ms bind msgr1 = false
public addr = 127.0.0.1
cluster addr = 127.0.0.1
auth cluster required = cephx
auth service required = cephx
auth client required = cephx
auth_allow_insecure_global_id_reclaim = true
osd pool default size = 1
osd pool default min size = 1
osd pool default pg num = 8
osd pool default pgp num = 8
osd crush chooseleaf type = 0
mon allow pool size one = true
mon warn on pool no redundancy = false
mon max pg per osd = 2000
mon data avail crit = 1
run dir = $D/run
admin socket = $D/run/\$name.asok
log file = $D/log/\$name.log
mon data = $D/mon
keyring = $D/keyring
[mgr]
keyring = $D/keyring
mgr data = $D/mgr
mgr initial modules =
[osd]
keyring = $D/keyring
osd data = $D/osd
osd objectstore = memstore
memstore device bytes = 4294967296
osd journal size = 64
[client.rgw]
keyring = $D/keyring
rgw frontends = beast endpoint=127.0.0.1:$PORT
rgw enable usage log = false
rgw enable ops log = false
rgw dns name = localhost
rgw thread pool size = 64
rgw data = $D/run
C
# Each server ends with PARENT, however that ends.
launch() {
  "$@" >"log/$1.out" 2>&1 & local pid=$!
  echo $pid >> pids
  # Nothing of the caller's is kept open: whoever reads this script's output would wait for its end for ever.
  if [ "$PARENT" != 0 ]; then { setsid tail --pid="$PARENT" -f /dev/null; kill -9 $pid; } >/dev/null 2>&1 & fi
}
ceph() { timeout 20 /usr/bin/ceph -c "$D/ceph.conf" "$@"; }
export CEPH_CONF=$D/ceph.conf
ceph-authtool --create-keyring keyring --gen-key -n mon. --cap mon 'allow *' >/dev/null
for name in client.admin client.rgw osd.0 mgr.x; do
  caps=(--cap mon 'allow *' --cap osd 'allow *'); [ $name = osd.0 ] || caps+=(--cap mgr 'allow *')
  ceph-authtool keyring --gen-key -n $name "${caps[@]}" >/dev/null
done
monmaptool --create --addv a "[v2:127.0.0.1:$MONITOR_PORT]" --fsid "$FSID" monmap --clobber >/dev/null
ceph-mon -c ceph.conf --mkfs -i a --monmap monmap --keyring keyring
launch ceph-mon -c ceph.conf -i a -f
for _ in $(seq 50); do ceph mon stat >/dev/null 2>&1 && break; sleep .2; done
launch ceph-mgr -c ceph.conf -i x -f
OSD_ID=$(cat /proc/sys/kernel/random/uuid)
ceph osd new "$OSD_ID" 0 >/dev/null
ceph-osd -c ceph.conf -i 0 --mkfs --osd-uuid "$OSD_ID" >log/mkfs.out 2>&1
ceph osd crush add osd.0 1.0 root=default host=localhost >/dev/null 2>&1
launch ceph-osd -c ceph.conf -i 0 -f
launch radosgw -c ceph.conf -n client.rgw -f
for _ in $(seq 300); do curl -s -o /dev/null -m 1 "http://127.0.0.1:$PORT/" && break; sleep .2; done
radosgw-admin -c ceph.conf -n client.rgw user create --uid=test --display-name=test --access-key=TESTKEY --secret-key=TESTSECRET >log/user.out 2>&1
echo "http://127.0.0.1:$PORT TESTKEY TESTSECRET" > endpoint
cat endpoint
