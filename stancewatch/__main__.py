"""Entry point of `stancewatch` and of `python -m stancewatch`."""

from __future__ import annotations

from stancewatch.cli import app


def main() -> None:
    """Run the command line; leaves by SystemExit with the command's exit code."""
    app(prog_name="stancewatch")


if __name__ == "__main__":
    main()
