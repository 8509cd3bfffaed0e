#!/usr/bin/env bash
# Fetches the script that draws diagrams on built sites: the one file of the npm package @mermaid-js/tiny, checked against the hash below.
# usage: tools/fetch_mermaid.sh FILE
set -euo pipefail
package=@mermaid-js/tiny@11.17.2
sha512=3e616bd5ce5c49f35fe409e02cb47df03adbbd1e14e4a783ec8fa14241aa1b9c3955ebb7413e1d1b4aaef5ff7d7299ffb0a8f65f14412b4abb10bea1afd358fc
target=$1

command -v npm >/dev/null || { echo "fetch_mermaid.sh: npm is missing; tools/install_packages.sh build installs it" >&2; exit 1; }
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
(cd "$folder" && npm pack --silent --ignore-scripts "$package" >/dev/null) ||
  { echo "fetch_mermaid.sh: npm could not fetch $package" >&2; exit 1; }
archive=("$folder"/*.tgz)
echo "$sha512  ${archive[0]}" | sha512sum --check --quiet - ||
  { echo "fetch_mermaid.sh: $package is not the file that this version of sitepod was tested with" >&2; exit 1; }
tar xzf "${archive[0]}" -C "$folder" package/dist/mermaid.tiny.js
mkdir -p "$(dirname "$target")"
mv "$folder/package/dist/mermaid.tiny.js" "$target"
