#!/usr/bin/env bash
# Fetches one npm package as an archive and checks it against a hash: what is used is what this version of sitepod was tested with.
# usage: tools/fetch_npm.sh NAME@VERSION SHA512 ARCHIVE.tgz
set -euo pipefail
package=$1 sha512=$2 target=$3

command -v npm >/dev/null || { echo "fetch_npm.sh: npm is missing; tools/install_packages.sh build installs it" >&2; exit 1; }
mkdir -p "$(dirname "$target")"
folder=$(mktemp -d "$(dirname "$target")/.fetch-XXXXXX")
trap 'rm -rf "$folder"' EXIT
for _ in 1 2 3; do
  (cd "$folder" && npm pack --silent --ignore-scripts "$package" >/dev/null) && break
done
archives=("$folder"/*.tgz)
[[ -f ${archives[0]} ]] || { echo "fetch_npm.sh: npm could not fetch $package in three attempts" >&2; exit 1; }
echo "$sha512  ${archives[0]}" | sha512sum --check --quiet - ||
  { echo "fetch_npm.sh: $package is not the file that this version of sitepod was tested with" >&2; exit 1; }
mv "${archives[0]}" "$target"
