"""Who may do what in the database, as it is given and as docs/rights.md has it."""

from __future__ import annotations

import re
from pathlib import Path

DOCUMENT = Path(__file__).parents[2] / "docs" / "rights.md"

GIVEN = """
select case relkind when 'S' then 'sequence ' else '' end || relname, lower(acl.privilege_type)
from pg_class c, aclexplode(c.relacl) acl
where relnamespace = 'public'::regnamespace and acl.grantee in (0, (current_database() || '_app')::regrole)
union all
select 'column ' || attrelid::regclass || '.' || attname, lower(acl.privilege_type)
from pg_attribute a, aclexplode(a.attacl) acl where attrelid >= 16384
union all
select 'defaults', defaclobjtype::text from pg_default_acl
"""


def documented() -> set[tuple[str, str]]:
    table = DOCUMENT.read_text("utf-8").partition("\n## What the role may do")[2]
    lines = re.findall(r"^\| `(\w+)` \| ([a-z, ]+) \| (.+) \|$", table, re.MULTILINE)
    assert all(why.strip() for _, _, why in lines)
    return {(name, right) for name, rights, _ in lines for right in rights.split(", ")}
