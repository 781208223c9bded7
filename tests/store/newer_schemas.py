"""Schemas that are newer than this version knows."""

from __future__ import annotations

from outlay.store.migrate import LATEST
from outlay.store.revision import OURS

NEXT = f"{OURS + 1:04d}"

EXPANDING = f"""
alter table accounts add column colour text;
update alembic_version set version_num = '{NEXT}';
"""

CONTRACTING = f"""
{EXPANDING}
alter table accounts alter column oldest_writer set default {OURS + 1};
update accounts set oldest_writer = {OURS + 1};
"""

BACK = f"""
alter table accounts drop column colour, alter column oldest_writer set default {OURS};
update accounts set oldest_writer = {OURS};
update alembic_version set version_num = '{LATEST}';
"""
