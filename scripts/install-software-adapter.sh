#!/usr/bin/env bash
# Puts Chromium's software GPU where the tests look for it, without root: Debian's package chromium-common, of which three files are
# unpacked. Does nothing where there is one. Fails, and the WebGPU tests are skipped, where Debian's packages cannot be had.
set -euo pipefail
cd "$(dirname "$0")/.."

if node -e "import('./scripts/software-adapter.mjs').then((m) => process.exit(m.hasWebGPUAdapter() ? 0 : 1))"; then exit 0; fi
command -v apt-get > /dev/null && command -v dpkg-deb > /dev/null || { echo 'no apt-get and dpkg-deb here'; exit 1; }

target=node_modules/.cache/software-adapter
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$work/lists/partial" "$work/unpacked" "$target/usr/lib/chromium"
options=(-o "Dir::State::Lists=$work/lists" -o "Dir::Cache=$work/cache" -o APT::Sandbox::User=root)
apt-get "${options[@]}" -qq update
(cd "$work" && apt-get "${options[@]}" -qq download chromium-common)
dpkg-deb --fsys-tarfile "$work"/chromium-common_*.deb | tar -x -C "$target" --wildcards \
  './usr/lib/chromium/libvk_swiftshader.so' './usr/lib/chromium/vk_swiftshader_icd.json' './usr/lib/chromium/libvulkan.so.1'
echo "a software GPU is in $target"
