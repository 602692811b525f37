#!/usr/bin/env bash
# From a clean checkout to live, and back: ./deploy.sh --help. The guide is docs/setup.md.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

for tool in make node "${PYTHON:-python3}"; do
  if ! command -v "$tool" > /dev/null; then
    echo "Stopped. There is no $tool here: docs/setup.md says what is needed." >&2
    exit 1
  fi
done

# The tools that deploy are locked like everything else. Nothing to do after the first time.
make --silent install >&2
exec .venv/bin/python -m functions.deploy "$@"
