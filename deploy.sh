#!/usr/bin/env bash
# Deploys this checkout, or goes back to what served before: ./deploy.sh --help. Guide: docs/setup.md.
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
exec .venv/bin/python -m functions.deploy "$@"
