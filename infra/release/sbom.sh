# Writes the list of what ships, of the last commit, to target/sbom/latchkey.cdx.json.
#
# usage: sh infra/release/sbom.sh TARGET
set -eu

checkout=$(mktemp -d)
trap 'rm -rf "$checkout"' EXIT
trap 'exit 1' INT TERM
# `cargo cyclonedx` writes beside each Cargo.toml.
git archive HEAD | tar -x -C "$checkout"

# The time of the document is the commit's. A licence in the form of old, with a slash, stands in it as a name; that is no
# fault of ours, and is not told for each crate.
SOURCE_DATE_EPOCH=$(git log -1 --format=%ct) cargo cyclonedx --quiet --manifest-path "$checkout/Cargo.toml" \
  --format json --spec-version 1.5 --no-build-deps --target "$1"

mkdir -p target/sbom
python3 infra/release/sbom.py "$checkout" target/sbom/latchkey.cdx.json
