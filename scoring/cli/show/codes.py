"""Tables and sentences of keys and codes."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from rich.console import RenderableType

from scoring.administration.credential.not_a_code import CodeReason
from scoring.administration.credential.verdict import CodeVerdict
from scoring.administration.keys.key_register import RegisteredKey
from scoring.cli.show.terminal import Sheet
from scoring.entities import Lang
from scoring.entities.areas import area_name
from scoring.rules.wording import say
from scoring.store.tables.writing import CHINA, day_in_china

HOUR, DAY = 3600, 86_400
COLUMNS = (
    "col_key",
    "col_key_for",
    "col_key_algorithm",
    "col_key_district",
    "col_key_days",
    "col_key_state",
)


def keys_table(keys: Sequence[RegisteredKey], lang: Lang) -> RenderableType:
    """The keys of a folder: id, purpose, algorithm, division, days, state."""
    table = Sheet(title=say(lang, "t_keys"))
    for text_id in COLUMNS:
        table.add_column(say(lang, text_id))
    for key in keys:
        demo = f" · {say(lang, 'key_is_demo')}" if key.demo else ""
        table.add_row(
            key.id,
            say(lang, f"key_for_{key.purpose}"),
            key.algorithm,
            area_name(key.district)[lang] if key.district else "",
            f"{key.since} – {key.until}",
            say(lang, f"key_is_{key.state}") + demo,
        )
    return table


def verdict_lines(verdict: CodeVerdict, lang: Lang) -> list[str]:
    """What a look at a code came to, line by line; of what is not believed nothing is repeated."""
    lines = [say(lang, f"code_is_{verdict.reason}")]
    if (claims := verdict.claims) is None:
        return lines
    if verdict.is_demo:
        lines.append(say(lang, "verdict_demo"))
    lines.append(say(lang, "verdict_of", enterprise=claims.subject, issuer=claims.issuer))
    until = datetime.fromtimestamp(claims.expires, UTC).astimezone(CHINA).strftime("%Y-%m-%d %H:%M")
    if claims.colour:
        colour = say(lang, f"colour_{claims.colour}")
        lines.append(say(lang, "verdict_colour", colour=colour, as_of=claims.as_of, until=until))
    else:
        lines.append(say(lang, "verdict_shown", until=until))
    if verdict.list_age is not None:
        lines.append(say(lang, "verdict_age", age=_age(verdict.list_age, lang)))
    elif verdict.reason is CodeReason.STATUS_UNCHECKED:
        lines.append(say(lang, "verdict_no_list"))
    return [*lines, say(lang, "verdict_proves")]


def _age(seconds: int, lang: Lang) -> str:
    if seconds < HOUR:
        return say(lang, "age_minutes")
    if seconds < 2 * DAY:
        return say(lang, "age_hours", n=seconds // HOUR)
    return say(lang, "age_days", n=seconds // DAY)


def verdict_as_json(verdict: CodeVerdict) -> dict[str, Any]:
    """A verdict for programmes."""
    content: dict[str, Any] = {"reason": str(verdict.reason), "valid": verdict.is_valid}
    if claims := verdict.claims:
        content |= {
            "demo": verdict.is_demo,
            "enterprise_id": claims.subject,
            "issuer": claims.issuer,
            "issued_on": day_in_china(datetime.fromtimestamp(claims.issued, UTC)).isoformat(),
            "expires_at": datetime.fromtimestamp(claims.expires, UTC).isoformat(),
            "serial": claims.serial.hex(),
            "colour": claims.colour,
            "as_of": claims.as_of.isoformat() if claims.as_of else None,
            "rules_from": claims.rules_from.isoformat() if claims.rules_from else None,
            "status_list_age_seconds": verdict.list_age,
        }
    return content
