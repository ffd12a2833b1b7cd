"""`user …`: who may use the desk, and as what."""

from __future__ import annotations

import getpass
import sys
from typing import TYPE_CHECKING, Annotated

import typer

from stancewatch.cli import show
from stancewatch.cli.setup import Setup, UsageError, command, group

if TYPE_CHECKING:
    from collections.abc import Callable

    from pipelines.store import people
    from pipelines.store.session import Session

Name = Annotated[str, typer.Argument(metavar="NAME", help="What the person signs in as; one word.")]
RoleName = Annotated[
    str,
    typer.Option("--role", metavar="ROLE", help="reader: reads; analyst: rules on statements too; admin: manages users too."),
]  # fmt: skip
Stdin = Annotated[
    bool,
    typer.Option("--password-stdin", help="Read the password from standard input, not from the terminal."),
]
AsJson = Annotated[bool, typer.Option("--json", help="One JSON object a line.")]


def add_to(app: typer.Typer) -> None:
    """Register the commands."""
    users = group("user", "Who may use the desk.")
    command(
        users,
        "add",
        "stancewatch user add ana --role analyst\npass show desk/bo | stancewatch user add bo --role admin --password-stdin",
    )(add)
    command(users, "list", "stancewatch user list\nstancewatch user list --json")(list_users)
    command(users, "role", "stancewatch user role ana --role admin")(role)
    command(users, "password", "stancewatch user password ana")(password)
    command(users, "disable", "stancewatch user disable ana")(disable)
    command(users, "enable", "stancewatch user enable ana")(enable)
    command(users, "tokens", "stancewatch user tokens\nstancewatch user tokens --json")(tokens)
    command(users, "revoke-token", "stancewatch user revoke-token 3")(revoke_token)
    app.add_typer(users)


def add(
    context: typer.Context,
    name: Name,
    role: RoleName = "analyst",
    password_stdin: Stdin = False,
    without: Annotated[
        bool, typer.Option("--no-password", help="Only the OpenID provider lets this person in.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Let somebody use the desk; asks for a password."""
    from pipelines.clock import utc_now
    from pipelines.store import people
    from review.access.passwords import hashed

    wanted = _role(role)
    secret = None if without else hashed(_asked(password_stdin), name)

    def write(session: Session) -> None:
        people.add_user(session, name, wanted, password=secret, now=utc_now())

    _write(context, "added a user", name, write, {"role": str(wanted)})
    _said(f"{name.lower()} may use the desk as {wanted}", name, as_json, role=wanted)


def list_users(context: typer.Context, as_json: AsJson = False) -> None:
    """Everybody who may use the desk, or once might."""
    from pipelines.store import people

    setup: Setup = context.obj
    with setup.reading(setup.config()) as session:
        found = people.users(session)
    if as_json:
        for user in found:
            show.line(
                {"name": user.name, "role": user.role, "password": user.password is not None, "subject": user.subject,
                 "added": user.added, "disabled": user.disabled}
            )  # fmt: skip
        return
    rows = [[u.name, u.role, "yes" if u.password else "no", u.added, u.disabled] for u in found]
    show.table(["name", "role", "password", "added (UTC)", "disabled (UTC)"], rows, whole=["name"])
    show.say(f"{len(found)} users" if found else "nobody yet: `stancewatch user add NAME --role admin`")


def role(context: typer.Context, name: Name, role: RoleName, as_json: AsJson = False) -> None:
    """Let a user do more, or less."""
    from pipelines.store import people

    wanted = _role(role)
    _write(context, "gave a role", name, lambda s: people.set_role(s, name, wanted), {"role": str(wanted)})
    _said(f"{name.lower()} may use the desk as {wanted}", name, as_json, role=wanted)


def password(
    context: typer.Context, name: Name, password_stdin: Stdin = False, as_json: AsJson = False
) -> None:
    """Give a user another password; every browser of theirs is signed out, and their tokens are revoked."""
    from pipelines.clock import utc_now
    from pipelines.store import people
    from review.access.passwords import hashed

    secret = hashed(_asked(password_stdin), name)

    def write(session: Session) -> None:
        people.set_password(session, name, secret)
        people.revoke_tokens(session, name, utc_now())

    _write(context, "set a password", name, write)
    _said(f"{name.lower()} has another password", name, as_json, done="password")


def disable(context: typer.Context, name: Name, as_json: AsJson = False) -> None:
    """Shut a user out at once; their tokens are revoked. What they ruled stays."""
    from pipelines.clock import utc_now
    from pipelines.store import people

    _write(context, "shut out", name, lambda s: people.disable(s, name, utc_now()))
    _said(f"{name.lower()} is shut out", name, as_json, done="disabled")


def enable(context: typer.Context, name: Name, as_json: AsJson = False) -> None:
    """Let a user in again who was shut out. Tokens stay revoked."""
    from pipelines.store import people

    _write(context, "let in again", name, lambda s: people.enable(s, name))
    _said(f"{name.lower()} may come in again", name, as_json, done="enabled")


def tokens(context: typer.Context, as_json: AsJson = False) -> None:
    """Tokens of programs that still open the desk, newest first."""
    from pipelines.store import people

    setup: Setup = context.obj
    with setup.reading(setup.config()) as session:
        found = [one for one in people.tokens(session) if one.revoked is None]
    if as_json:
        for one in found:
            show.line(
                {"number": one.id, "user": one.user, "name": one.name, "role": one.role, "made": one.made, "used": one.used}
            )  # fmt: skip
        return
    rows = [[one.id, one.user, one.name, one.role, one.made, one.used] for one in found]
    show.table(["number", "user", "token", "role", "made (UTC)", "used (UTC)"], rows, whole=["user"])
    show.say(f"{len(found)} tokens" if found else "no program has a token")


def revoke_token(
    context: typer.Context,
    number: Annotated[int, typer.Argument(metavar="NUMBER", help="As `user tokens` shows it.", min=0, max=2**31 - 1)],
    as_json: AsJson = False,
) -> None:  # fmt: skip
    """Shut a program's token out, whoever made it."""
    from pipelines.clock import utc_now
    from pipelines.store import audit, people

    setup: Setup = context.obj
    with setup.store(setup.config(), upgrade=True) as store, store.writing() as session:
        try:
            gone = people.revoke_token(session, number, None, utc_now())
        except LookupError as error:
            raise UsageError(str(error.args[0])) from error
        detail = {"of": gone.user}
        audit.note(session, audit.REVOKED_TOKEN, gone.name, who="command line", at=utc_now(), detail=detail)
    _said(f"the token {gone.name} of {gone.user} is revoked", gone.user, as_json, done="revoked")


def _said(words: str, name: str, as_json: bool, **facts: str) -> None:
    if as_json:
        show.line({"name": name.lower()} | facts)
    else:
        show.say(words)


def _role(words: str) -> people.Role:
    from pipelines.store import people

    try:
        return people.Role(words)
    except ValueError:
        raise typer.BadParameter(f"{words!r} is none of {', '.join(people.Role)}") from None


def _asked(from_stdin: bool) -> str:
    if from_stdin:
        return sys.stdin.readline().rstrip("\r\n")
    if not sys.stdin.isatty():
        raise UsageError("no terminal to ask for a password at: pipe one in, with --password-stdin")
    first = getpass.getpass("Password: ")
    if getpass.getpass("Again: ") != first:
        raise UsageError("the two are not the same; nothing was changed")
    return first


def _write(
    context: typer.Context, what: str, name: str, write: Callable[[Session], object], detail: dict[str, str] | None = None
) -> None:  # fmt: skip
    from pipelines.clock import utc_now
    from pipelines.store import audit

    setup: Setup = context.obj
    config = setup.config()
    with setup.store(config, upgrade=True) as store, store.writing() as session:
        try:
            write(session)
        except (LookupError, ValueError) as error:
            raise UsageError(str(error.args[0])) from error
        audit.note(session, what, name.lower(), who="command line", at=utc_now(), detail=detail)
