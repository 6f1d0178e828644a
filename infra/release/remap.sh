# Prints the flags of rustc that keep this machine's folders out of what it builds: they would stand in the messages of
# panics. The sources of the standard library get the name that they have where the toolchain comes without them.
set -eu

cargo_home=${CARGO_HOME:-$HOME/.cargo}
sysroot=$(rustc --print sysroot)
flags="--remap-path-prefix=$PWD=/latchkey"
# The name of a registry's folder tells which mirror it is.
for sources in "$cargo_home"/registry/src/*; do
  flags="$flags --remap-path-prefix=$sources=/crates"
done
flags="$flags --remap-path-prefix=$sysroot/lib/rustlib/src/rust=/rustc/$(rustc -vV | sed -n 's/^commit-hash: //p')"

case "$PWD$cargo_home$sysroot" in
  *[[:space:]]*)
    # RUSTFLAGS is split at spaces.
    echo "The functions can't be built under a path with a space in it: $PWD, $cargo_home, $sysroot" >&2
    exit 1 ;;
esac
echo "$flags"
