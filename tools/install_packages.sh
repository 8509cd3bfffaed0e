#!/usr/bin/env bash
# Installs the Debian 12 packages that building, testing and measuring need. Nothing is vendored.
# usage: tools/install_packages.sh [build] [test] [bench] [fuzz]     (default: build)
# Quick when everything is there. Needs root or sudo only when something is missing.
set -euo pipefail

build=(cmake ninja-build g++ ccache pkg-config python3
  libssl-dev libfmt-dev libspdlog-dev libgtest-dev libbenchmark-dev libcli11-dev libtomlplusplus-dev
  libboost1.81-dev libboost-json1.81-dev
  libsqlite3-dev libcurl4-openssl-dev libsodium-dev libbrotli-dev libzstd-dev libdeflate-dev libarchive-dev
  libvips-dev libpango1.0-dev libqpdf-dev libmd4c-dev libyaml-dev libjs-katex npm
  libsystemd-dev libqrencode-dev libxxhash-dev libidn2-dev libpsl-dev libc-ares-dev
  prometheus-cpp-dev python3-yaml)
# libvips, libqpdf, pango with fonts and ffmpeg are what the media worker loads and starts; dnsmasq and pebble's name server answer the tests' DNS questions; b3sum is the second opinion on BLAKE3; strace injects kills and errors; radosgw with a small Ceph behind it is a real S3 server; the two large sites are real content to deploy.
test=(tidy chromium libvips42 libqpdf29 libpangocairo-1.0-0 fonts-inter fonts-noto-core ffmpeg dnsmasq-base pebble b3sum zstd strace ceph-mon ceph-osd ceph-mgr ceph-common radosgw e2fsprogs mount iproute2 util-linux procps curl openssl sqlite3 cppreference-doc-en-html)
bench=(nginx-light caddy hugo npm util-linux iproute2 strace)
fuzz=(clang-14 clang-format-14 clang-tidy-14)

wanted=()
for group in "${@:-build}"; do
  case "$group" in
    build) wanted+=("${build[@]}") ;;
    test) wanted+=("${test[@]}") ;;
    bench) wanted+=("${bench[@]}") ;;
    fuzz) wanted+=("${fuzz[@]}") ;;
    *) echo "install_packages.sh: unknown group '$group' (build, test, bench, fuzz)" >&2; exit 2 ;;
  esac
done

# Any of nginx's flavours serves the benchmark; npm comes from elsewhere on some machines, and fetches what Debian lacks (tools/fetch_npm.sh).
is_installed() {
  [[ $1 == nginx-light ]] && command -v nginx >/dev/null && return 0
  [[ $1 == npm ]] && command -v npm >/dev/null && return 0
  [[ $(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null) == installed ]]
}
missing=()
for package in "${wanted[@]}"; do
  is_installed "$package" || missing+=("$package")
done
[[ ${#missing[@]} -eq 0 ]] && exit 0

as_root=()
if [[ $(id -u) -ne 0 ]]; then
  command -v sudo >/dev/null || { echo "install_packages.sh: run as root or install sudo; missing: ${missing[*]}" >&2; exit 1; }
  as_root=(sudo)
fi
echo "Installing ${#missing[@]} Debian packages: ${missing[*]}" >&2

# nginx and caddy are only measured here: their services must not start and take the machine's ports.
policy=/usr/sbin/policy-rc.d
if [[ ! -e $policy ]]; then
  printf '#!/bin/sh\nexit 101\n' | "${as_root[@]}" tee "$policy" >/dev/null
  "${as_root[@]}" chmod 755 "$policy"
  trap '"${as_root[@]}" rm -f "$policy"' EXIT
fi
export DEBIAN_FRONTEND=noninteractive
"${as_root[@]}" apt-get update -qq
"${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
