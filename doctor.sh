#!/usr/bin/env bash
# Examines a set-up and changes nothing: ./doctor.sh --help. Guide: docs/troubleshooting.md.
# The exit status is 0 if nothing failed, 1 if something did, 2 for wrong arguments.
set -euo pipefail
unset CDPATH # `cd` would look there.
cd -- "$(dirname -- "${BASH_SOURCE[0]}")"

for tool in make node "${PYTHON:-python3}"; do
  if ! command -v "$tool" > /dev/null; then
    echo "Stopped. There is no $tool here. Install it: docs/setup.md says what you need." >&2
    exit 1
  fi
done

# Installs the locked packages. After the first time this does nothing.
make --silent install >&2
exec .venv/bin/python -m functions.doctor "$@"
