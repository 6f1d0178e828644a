# Builds the last commit a second time, in another folder, with another CARGO_HOME, umask and time zone, and compares the
# zips with those of `make zips`. The second build gets the crates that were fetched for the first, and compiles all.
#
# usage: sh infra/release/reproducible.sh FUNCTION...
set -eu

if [ -n "$(git status --porcelain -- functions shared Cargo.toml Cargo.lock Makefile rust-toolchain.toml infra/release)" ]; then
  echo "What is built here is no commit: commit or stash the changes first." >&2
  exit 1
fi

commit=$(git rev-parse --short HEAD)
elsewhere=$(mktemp -d)
trap 'rm -rf "$elsewhere"' EXIT
trap 'exit 1' INT TERM
mkdir -p "$elsewhere/another/folder" "$elsewhere/home/registry"
git archive "$commit" | tar -x -C "$elsewhere/another/folder"

first_home=${CARGO_HOME:-$HOME/.cargo}
cp -R "$first_home/registry/index" "$first_home/registry/cache" "$elsewhere/home/registry/"
# A mirror of the registry stands there; a cached index is filed under its name.
if [ -f "$first_home/config.toml" ]; then cp "$first_home/config.toml" "$elsewhere/home/"; fi

echo "The second build, in $elsewhere"
(
  umask 027
  unset CARGO_TARGET_DIR
  export CARGO_HOME="$elsewhere/home" CARGO_NET_OFFLINE=true TZ=Pacific/Kiritimati
  ${MAKE:-make} --no-print-directory -C "$elsewhere/another/folder" zips FUNCTIONS="$*"
) >"$elsewhere/log" 2>&1 || { cat "$elsewhere/log" >&2; exit 1; }

if ! diff target/zips "$elsewhere/another/folder/target/zips"; then
  echo "The two builds of $commit differ." >&2
  exit 1
fi
rustc --version
cargo lambda --version
echo "zig $(python3 -m ziglang version 2>/dev/null || zig version)"
echo "Two builds of $commit gave the same zips: $# of $#."
