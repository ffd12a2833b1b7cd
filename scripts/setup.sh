#!/bin/sh
# Makes the virtual environment given as $1 from requirements.lock, then installs this checkout into it.
# uv does it in seconds; where it cannot be had or cannot reach the index, pip does the same from the same lock.
set -eu
venv=$1
python=${PYTHON:-python3}
"$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || {
  echo "stancewatch needs Python 3.11 or newer; '$python' is $("$python" --version 2>&1). Try: make setup PYTHON=python3.12" >&2
  exit 1
}
export PIP_DISABLE_PIP_VERSION_CHECK=1
lock=requirements.lock
uv=.tools/bin/uv
install_uv() {
  [ -x "$uv" ] || "$python" -m pip install --quiet --root-user-action=ignore --target .tools 'uv==0.13.9' >/dev/null 2>&1
}
with_uv() {
  install_uv || return 1
  "$uv" venv --quiet --clear --python "$python" "$venv" &&
    "$uv" pip install --quiet --compile-bytecode --python "$venv/bin/python" --require-hashes -r "$lock" &&
    "$uv" pip install --quiet --python "$venv/bin/python" --no-deps --no-build-isolation -e .
}
with_pip() {
  echo "uv is not to be had here: installing with pip (a minute or two)" >&2
  rm -rf "$venv"
  "$python" -m venv "$venv" &&
    "$venv/bin/python" -m pip install --quiet --require-hashes -r "$lock" &&
    "$venv/bin/python" -m pip install --quiet --no-deps --no-build-isolation -e .
}
echo "setting up $venv"
if ! with_uv; then
  with_pip || { echo "setup failed: see the lines above (is a package index reachable? is the python venv module installed?)" >&2; exit 1; }
fi
touch "$venv/.stamp"
