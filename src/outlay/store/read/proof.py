"""The proof of the books: questions whose honest answer is "no row", each one statement over the whole installation.

They recompute from the postings what other tables say, so a fault in the code that writes cannot hide in the code that
checks.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import msgspec

from outlay.core.proof import MOST_FAULTS_SHOWN, BookTotal, CheckResult
from outlay.store.database import Database


class Check(msgspec.Struct, frozen=True):
    """`sql` returns a row per fault."""

    name: str
    proves: str
    sql: str


CHECK_TIMEOUT_S: Final = 3600.0
"""A check reads whole tables: large books take their time."""

_MOVES: Final = """
    select account_id, currency, target as book, amount_minor as minor from postings
    union all select account_id, currency, source, -amount_minor from postings
"""

_OF_PAYOUT: Final = "t.account_id = p.account_id and t.payout_id = p.payout_id"

CHECKS: Final[tuple[Check, ...]] = (
    Check(
        "sums",
        "the books of every account and currency add up to zero",
        "select account_id, currency, sum(minor) as sum from balances group by 1, 2 having sum(minor) <> 0",
    ),
    Check(
        "drift",
        "every balance equals the sum of its postings",
        f"""select coalesce(b.account_id, m.account_id) as account_id, coalesce(b.currency, m.currency) as currency,
            coalesce(b.book, m.book) as book, b.minor as balance, m.minor as postings
        from balances b full join
            (select account_id, currency, book, sum(minor) as minor from ({_MOVES}) x group by 1, 2, 3) m
            on m.account_id = b.account_id and m.currency = b.currency and m.book = b.book
        where coalesce(b.minor, 0) <> coalesce(m.minor, 0)""",  # noqa: S608 (a constant)
    ),
    Check(
        "overdrafts",
        "no book but funding, transfers and adjustments is below zero",
        "select account_id, currency, book, minor from balances where minor < 0"
        " and book not in ('funding', 'transfers', 'adjustments') and book not like 'adjustments:%'",
    ),
    Check(
        "holds",
        "what is held equals amount and fee of the payouts under way",
        """select coalesce(b.account_id, p.account_id) as account_id, coalesce(b.currency, p.currency) as currency,
            b.minor as held, p.minor as under_way
        from (select * from balances where book = 'held') b full join
            (select account_id, currency, sum(amount_minor + fee_minor) as minor from payouts
             where state in ('in_review', 'reserved', 'processing') group by 1, 2) p
            on p.account_id = b.account_id and p.currency = b.currency
        where coalesce(b.minor, 0) <> coalesce(p.minor, 0)""",
    ),
    Check(
        "cleared",
        "what went out over the rails equals what was paid less what came back",
        """select coalesce(b.account_id, p.account_id) as account_id, coalesce(b.currency, p.currency) as currency,
            b.minor as cleared, p.minor as paid
        from (select account_id, currency, sum(minor) as minor from balances
              where book like 'clearing:%' group by 1, 2) b
        full join (select account_id, currency, sum(amount_minor - returned_minor) as minor from payouts
             where state = 'paid' group by 1, 2) p
            on p.account_id = b.account_id and p.currency = b.currency
        where coalesce(b.minor, 0) <> coalesce(p.minor, 0)""",
    ),
    Check(
        "fees",
        "the fees earned equal the fees of the payouts that were paid",
        """select coalesce(b.account_id, p.account_id) as account_id, coalesce(b.currency, p.currency) as currency,
            b.minor as earned, p.minor as due
        from (select * from balances where book = 'fees') b full join
            (select account_id, currency, sum(fee_minor) as minor from payouts where state = 'paid' group by 1, 2) p
            on p.account_id = b.account_id and p.currency = b.currency
        where coalesce(b.minor, 0) <> coalesce(p.minor, 0)""",
    ),
    Check(
        "funded",
        "what came in equals the recorded fundings",
        """select coalesce(b.account_id, f.account_id) as account_id, coalesce(b.currency, f.currency) as currency,
            -b.minor as booked, f.minor as recorded
        from (select * from balances where book = 'funding') b full join
            (select account_id, currency, sum(amount_minor) as minor from fundings group by 1, 2) f
            on f.account_id = b.account_id and f.currency = b.currency
        where coalesce(-b.minor, 0) <> coalesce(f.minor, 0)""",
    ),
    Check(
        "paid once",
        "no payout was paid out twice, and only paid ones were",
        """select p.account_id, p.payout_id, p.state, p.amount_minor, coalesce(m.minor, 0) as paid_out
        from payouts p left join
            (select account_id, subject_id, sum(amount_minor) as minor from postings
             where target like 'clearing:%' group by 1, 2) m
            on m.account_id = p.account_id and m.subject_id = p.payout_id
        where coalesce(m.minor, 0) <> case when p.state = 'paid' then p.amount_minor else 0 end""",
    ),
    Check(
        "returns",
        "the returns of every payout add up to what it says came back, and were posted",
        """select p.account_id, p.payout_id, p.returned_minor, r.minor as recorded, m.minor as posted
        from payouts p
        left join (select account_id, payout_id, sum(amount_minor) as minor from returns group by 1, 2) r
            on r.account_id = p.account_id and r.payout_id = p.payout_id
        left join (select account_id, subject_id, sum(amount_minor) as minor from postings
                   where source like 'clearing:%' group by 1, 2) m
            on m.account_id = p.account_id and m.subject_id = p.payout_id
        where p.returned_minor <> coalesce(r.minor, 0) or p.returned_minor <> coalesce(m.minor, 0)""",
    ),
    Check(
        "facts",
        "the facts of every payout are numbered without gaps",
        """select p.account_id, p.payout_id, p.fact_count, f.count, f.last
        from payouts p left join
            (select account_id, payout_id, count(*) as count, max(number) as last from facts group by 1, 2) f
            on f.account_id = p.account_id and f.payout_id = p.payout_id
        where p.fact_count is distinct from f.count or p.fact_count is distinct from f.last""",
    ),
    Check(
        "references",
        "every payout outside a batch has a claimed reference, every claim what it was made for",
        """select coalesce(c.account_id, p.account_id) as account_id, c.reference as claimed, p.payout_id
        from claims c full join payouts p on p.account_id = c.account_id and p.payout_id = c.subject_id
        where (p.batch_id is not null and c.reference is not null)
            or p.batch_id is null and (c.reference is null or (p.payout_id is not null and c.reference <> p.reference)
            or (p.payout_id is null and c.subject_id is not null
                and not exists (select from batches b where b.account_id = c.account_id
                    and b.batch_id = c.subject_id and b.reference = c.reference)
                and not exists (select from bank_accounts b where b.account_id = c.account_id
                    and b.bank_account_id = c.subject_id)
                and not exists (select from transfers t where t.account_id = c.account_id
                    and t.transfer_id = c.subject_id)))""",
    ),
    Check(
        "batches",
        "the payouts of every batch are as many as it says, and add up to its total",
        """select coalesce(b.account_id, p.account_id) as account_id, coalesce(b.batch_id, p.batch_id) as batch_id,
            b.payout_count, p.count, b.total_minor, p.total
        from batches b full join
            (select account_id, batch_id, count(*) as count, sum(amount_minor) as total, max(currency) as currency,
                count(distinct currency) as currencies
             from payouts where batch_id is not null group by 1, 2) p
            on p.account_id = b.account_id and p.batch_id = b.batch_id
        where b.payout_count is distinct from p.count or b.total_minor is distinct from p.total
            or b.currency is distinct from p.currency or p.currencies <> 1
            or not exists (select from claims c where c.account_id = b.account_id and c.subject_id = b.batch_id)""",
    ),
    Check(
        "transfers",
        "what went to other accounts less what came from them equals the recorded transfers",
        """select coalesce(b.account_id, t.account_id) as account_id, coalesce(b.currency, t.currency) as currency,
            b.minor as booked, t.minor as recorded
        from (select * from balances where book = 'transfers') b full join
            (select account_id, currency,
                sum(case direction when 'out' then amount_minor else -amount_minor end) as minor
             from transfers group by 1, 2) t
            on t.account_id = b.account_id and t.currency = b.currency
        where coalesce(b.minor, 0) <> coalesce(t.minor, 0)""",
    ),
    Check(
        "given and taken",
        "what an account took from another, that one gave; what was given and credited was taken",
        """select t.account_id, t.transfer_id, t.direction, t.amount_minor from transfers t
        where t.direction = 'in' and not t.is_payout and not exists (select from transfers o
                where o.account_id = t.source_id and o.transfer_id = t.transfer_id and o.direction = 'out'
                    and o.target_id = t.account_id and o.currency = t.currency and o.amount_minor = t.amount_minor)
            or t.direction = 'out' and t.credited_ms is not null and not exists (select from transfers i
                where i.account_id = t.target_id and i.transfer_id = t.transfer_id and i.direction = 'in'
                    and i.currency = t.currency and i.amount_minor = t.amount_minor)
            or t.is_payout and not exists (select from payouts p
                where p.account_id = t.source_id and p.payout_id = t.transfer_id and p.currency = t.currency
                    and p.amount_minor = t.amount_minor and (p.state in ('processing', 'paid') and p.rail = 'internal'
                    -- or taken when it counted as ended otherwise, and given as people decided
                    or exists (select from postings m where m.account_id = p.account_id
                        and m.subject_id = p.payout_id and m.target = 'adjustments:internal')))
        union all
        select p.account_id, p.payout_id, 'payout', p.amount_minor from payouts p
        where p.rail = 'internal' and p.state = 'paid' and not exists (select from transfers i
            where i.account_id = (p.beneficiary->'destination'->>'account_id')::uuid and i.transfer_id = p.payout_id
                and i.is_payout and i.currency = p.currency and i.amount_minor = p.amount_minor)""",
    ),
    Check(
        "worked on",
        "every payout that is reserved or processing is on the workers' list",
        """select p.account_id, p.payout_id, p.state from payouts p
        where p.state in ('reserved', 'processing')
            and not exists (select from work w where w.account_id = p.account_id and w.payout_id = p.payout_id)""",
    ),
    Check(
        "attempts",
        "every payout has the attempts that its state can have, one live and one paid at most",
        """select coalesce(p.account_id, t.account_id) as account_id, coalesce(p.payout_id, t.payout_id) as payout_id,
            p.state, p.rail, p.attempt_count, t.count, t.live, t.paid, t.unbooked
        from payouts p full join
            (select account_id, payout_id, count(*) as count, max(number) as last, max(rail) filter
                (where state = 'paid') as paid_over,
                count(*) filter (where state in ('begun', 'accepted', 'unknown')) as live,
                count(*) filter (where state = 'paid') as paid,
                count(*) filter (where state = 'paid_unbooked') as unbooked
             from attempts group by 1, 2) t
            on t.account_id = p.account_id and t.payout_id = p.payout_id
        where p.payout_id is null or p.attempt_count <> coalesce(t.count, 0) or p.attempt_count <> coalesce(t.last, 0)
            or t.live > 1 or case p.state
                when 'processing' then t.count is null or t.paid + t.unbooked > 0
                when 'failed' then t.live + t.paid > 0
                when 'paid' then case when p.rail = 'outside' then t.paid > 0
                    else t.paid is distinct from 1 or t.paid_over <> p.rail end
                else t.count > 0 end""",
    ),
    Check(
        "sends",
        "the sends of every attempt are numbered without gaps, and each has its fact",
        # What left before sends were numbered, or in a time that was lost, counts as one, numbered 2 and without a fact
        # of its own.
        """select coalesce(s.account_id, f.account_id) as account_id, coalesce(s.payout_id, f.payout_id) as payout_id,
            coalesce(s.attempt, f.attempt) as attempt, s.numbers as sends, f.numbers as sent_again,
            s.late, f.late as told_late
        from (select t.account_id, t.payout_id, t.number as attempt,
                array_agg((sent.one->>0)::int order by sent.place) as numbers,
                coalesce(array_agg((sent.one->>0)::int order by sent.place)
                    filter (where (sent.one->>4)::boolean), '{}') as late
            from attempts t cross join lateral jsonb_array_elements(t.sends) with ordinality as sent(one, place)
            group by 1, 2, 3) s
        full join (select account_id, payout_id, (data->>'attempt')::int as attempt,
                coalesce(array_agg((data->>'send')::int order by number)
                    filter (where kind in ('sent_again', 'recalled')), '{}') as numbers,
                coalesce(array_agg((data->>'send')::int order by (data->>'send')::int)
                    filter (where kind = 'sent_late'), '{}') as late
            from facts where kind in ('sent_again', 'recalled', 'sent_late') group by 1, 2, 3) f
            on f.account_id = s.account_id and f.payout_id = s.payout_id and f.attempt = s.attempt
        where s.attempt is null or s.numbers[1] not in (1, 2) -- 2: from before sends were numbered
            or s.numbers <> array(select generate_series(s.numbers[1], s.numbers[1] + cardinality(s.numbers) - 1))
            or s.numbers[2:] <> coalesce(f.numbers, '{}')
            or s.late <> coalesce(f.late, '{}')""",
    ),
    Check(
        "cases",
        "the cases of every payout are numbered without gaps, and each contradiction and dead end has one",
        f"""select coalesce(p.account_id, c.account_id) as account_id, coalesce(p.payout_id, c.payout_id) as payout_id,
            p.case_count, c.count, null::int as attempt, null as state
        from payouts p full join
            (select account_id, payout_id, count(*) as count, max(number) as last, max(fact_number) as fact
             from cases group by 1, 2) c
            on c.account_id = p.account_id and c.payout_id = p.payout_id
        where p.payout_id is null or p.case_count <> coalesce(c.count, 0) or p.case_count <> coalesce(c.last, 0)
            or c.fact > p.fact_count
        union all
        select t.account_id, t.payout_id, null, null, t.number, t.state from attempts t
        where (t.state = 'paid_unbooked' or t.is_contested) and not exists (select from cases c
            where c.account_id = t.account_id and c.payout_id = t.payout_id and c.attempt_number = t.number)
        union all
        select p.account_id, p.payout_id, p.case_count, null, null, p.state from payouts p
        where p.state = 'processing' and not exists (select from attempts t where {_OF_PAYOUT} and t.state in
                ('begun', 'accepted', 'unknown')) and not exists (select from attempts t where {_OF_PAYOUT}
                and t.number = p.attempt_count and t.state = 'refused' and t.rail <> p.rail)
            and not exists (select from cases t where {_OF_PAYOUT} and t.kind = 'parked' and t.closed_ms is null)""",  # noqa: S608 (a constant)
    ),
    Check(
        "attempt references",
        "no two attempts anywhere have the same reference",
        "select account_id, payout_id, number as attempt, reference from attempts where reference in"
        " (select reference from attempts group by 1 having count(*) > 1)",
    ),
)


async def run_check(database: Database, check: Check) -> CheckResult:
    async with database.connection(CHECK_TIMEOUT_S) as connection:
        rows = await connection.fetch(f"{check.sql} limit {MOST_FAULTS_SHOWN}", timeout=CHECK_TIMEOUT_S)
    return CheckResult(check.name, check.proves, tuple(dict(row) for row in rows))


async def book_totals(database: Database) -> Sequence[BookTotal]:
    rows = await database.fetch(
        "select currency, book, sum(minor)::bigint as minor from balances group by 1, 2 order by 1, 2"
    )
    return [BookTotal(*row) for row in rows]
