-- Who and where money goes, and who ordered it, in neutral form.
--
-- Until now a beneficiary kept what its API said of it in `details`, under that API's names; so did `memo` for the texts
-- of an order. Each name has a place of its own from here on. What stands under a name that is not known here, or has a
-- value that its place cannot hold, is kept as it was, in `others`: nothing is lost.

-- Said and not empty; null, so that it is left out, where nothing is.
create function pg_temp.said(object jsonb) returns jsonb language plpgsql immutable as $$
begin
    return nullif(jsonb_strip_nulls(object), '{}');
end $$;

-- A list of the one thing of this kind, or of none.
create function pg_temp.one(kind text, name text, value jsonb) returns jsonb language plpgsql immutable as $$
begin
    return case when value is null then '[]'::jsonb
        else jsonb_build_array(jsonb_build_object('kind', kind, name, value)) end;
end $$;

create function pg_temp.bank_codes(details jsonb) returns jsonb language plpgsql immutable as $$
begin
    return nullif(
        pg_temp.one('ifsc', 'value', details->'bank_codes.ifsc_code')
        || pg_temp.one('aba', 'value', details->'bank_codes.aba_code')
        || pg_temp.one('sort_code', 'value', details->'bank_codes.sort_code')
        || pg_temp.one('bsb', 'value', details->'bank_codes.bsb_code')
        || pg_temp.one('cnaps', 'value', details->'bank_codes.cnaps')
        || case when details->>'code_type' in ('aba', 'sort_code', 'bsb_code', 'ifsc', 'cnaps_number')
            then pg_temp.one(case details->>'code_type' when 'bsb_code' then 'bsb' when 'cnaps_number' then 'cnaps'
                else details->>'code_type' end, 'value', details->'code_value') else '[]' end,
        '[]');
end $$;

create function pg_temp.bank(old jsonb, details jsonb) returns jsonb language plpgsql immutable as $$
begin
    return pg_temp.said(jsonb_build_object(
        'name', old->'bank_name',
        'code', coalesce(old->'bank_code',
            case when details->>'code_type' = 'bank_code' then details->'code_value' end),
        'swift', old->'swift_code',
        'codes', case when details ?| array['bank_codes.ifsc_code', 'bank_codes.aba_code', 'bank_codes.sort_code',
                'bank_codes.bsb_code', 'bank_codes.cnaps', 'code_type'] then pg_temp.bank_codes(details) end,
        'branch_name', details->'bank.branch_name',
        'branch_code', coalesce(details->'bank_codes.branch_code', details->'branch_code'),
        'province', details->'bank.bank_province',
        'city', details->'bank.bank_city'));
end $$;

-- How a key that stands for an account was called: by the kind of wallet's key, or by the type of account.
create function pg_temp.key_kind(details jsonb) returns jsonb language plpgsql immutable as $$
begin
    return '{"cpf": "cpf", "cnpj": "cnpj", "email": "email", "phone": "phone", "random": "random", "pix_key": "any",
             "upi_handle": "handle", "401": "cpf", "402": "cnpj", "403": "phone", "404": "email", "405": "random",
             "204": "any"}'::jsonb
        -> coalesce(details->>'accountType', details->>'e_wallet.account_type', details->>'e_wallet.deposit_key_type');
end $$;

create function pg_temp.document_kind(literal text) returns text language plpgsql immutable as $$
begin
    return '{"CPF": "cpf", "CNPJ": "cnpj", "DNI": "dni", "RUC": "ruc", "CE": "foreigner_id", "PA": "passport",
             "PASS": "passport", "CC": "cc", "NIT": "nit", "RUT": "rut", "RUN": "run", "CUIL": "cuil", "CUIT": "cuit",
             "CERT": "cnic", "KYC": "verified_customer", "NONE_KYC": "unverified_customer", "RRN": "rrn",
             "CO": "company_registration"}'::jsonb ->> literal;
end $$;

create function pg_temp.documents(details jsonb) returns jsonb language plpgsql immutable as $$
begin
    return nullif(
        pg_temp.one('tax_id', 'number', details->'tax_id')
        || pg_temp.one('national_id', 'number', details->'national_id')
        || case when details ? 'idCardNumber' or pg_temp.document_kind(details->>'idType') is not null
            then jsonb_build_array(jsonb_strip_nulls(jsonb_build_object(
                'kind', coalesce(pg_temp.document_kind(details->>'idType'), 'unnamed'),
                'number', details->'idCardNumber'))) else '[]' end,
        '[]');
end $$;

create function pg_temp.party(old jsonb, details jsonb) returns jsonb language plpgsql immutable as $$
begin
    return pg_temp.said(jsonb_build_object(
        'kind', case when old->>'holder' in ('individual', 'business') then old->'holder' end,
        'name', case when old->>'name' = (details->>'first_name') || ' ' || (details->>'last_name') then null
            else old->'name' end,
        'first_name', details->'first_name',
        'last_name', details->'last_name',
        'birth_date', regexp_replace(details->>'date_of_birth', '^(\d\d)-(\d\d)-(\d{4})$', '\3-\2-\1'),
        'nationality', details->'nationality',
        'email', details->'email',
        'phone', pg_temp.said(jsonb_build_object(
            'calling_code', details->'phone.calling_code',
            'number', coalesce(details->'phone.number', details->'phone'))),
        'address', pg_temp.said(jsonb_build_object(
            'country', details->'address.country', 'state', details->'address.state',
            'city', details->'address.city', 'postal_code', details->'address.postal_code',
            'line1', details->'address.line1', 'line2', details->'address.line2')),
        'documents', case when details ?| array['tax_id', 'national_id', 'idType', 'idCardNumber']
            then pg_temp.documents(details) end));
end $$;

-- A country by itself is where is paid, unless it is only that of the address.
create function pg_temp.destination(old jsonb, details jsonb) returns jsonb language plpgsql immutable as $$
begin
    return pg_temp.said(jsonb_build_object(
            'kind', old->'destination',
            'country', case when details ? 'bank.country' then details->'bank.country'
                when details ? 'address.country' then null else old->'country' end,
            'bank', pg_temp.bank(old, details)))
        || coalesce(pg_temp.said(case old->>'destination'
            when 'bank' then jsonb_build_object(
                'number', case when details ?| array['bank.account_number', 'bank.iban']
                    then details->'bank.account_number' else old->'account_number' end,
                'iban', coalesce(details->'bank.iban', details->'userIBAN'),
                'interbank_number', details->'cciNumber',
                'key_kind', case when details->>'accountType' = '204' then pg_temp.key_kind(details) end,
                'account_kind', case when details->>'bank.account_type' in ('savings', 'checking', 'payment')
                    then details->'bank.account_type' end,
                'purpose_code', details->'bank.purpose_code')
            when 'pix' then jsonb_build_object(
                'key', old->'account_number',
                'key_kind', pg_temp.key_kind(details),
                'provider', case when upper(coalesce(details->>'e_wallet.ewallet_provider',
                    details->>'e_wallet.provider')) <> 'PIX'
                    then coalesce(details->'e_wallet.ewallet_provider', details->'e_wallet.provider') end)
            when 'wallet' then jsonb_build_object(
                'provider', coalesce(details->'e_wallet.ewallet_provider', details->'e_wallet.provider'),
                'number', case when details ?| array['e_wallet.account_number', 'e_wallet.deposit_key']
                    then details->'e_wallet.account_number' else old->'account_number' end,
                'key', details->'e_wallet.deposit_key',
                'key_kind', pg_temp.key_kind(details),
                'iban', details->'userIBAN',
                'interbank_number', details->'cciNumber')
            when 'crypto' then jsonb_build_object(
                'address', old->'account_number',
                'network', coalesce(details->'crypto_wallet.network', details->'chain'))
            when 'account' then jsonb_build_object('account_id', old->'account_number')
            else jsonb_build_object('number', old->'account_number') end), '{}');
end $$;

-- What has no place: of its destination no such name is known, or no such value.
create function pg_temp.others(old jsonb, details jsonb) returns jsonb language plpgsql immutable as $$
begin
    return nullif(details - array[
            'first_name', 'last_name', 'date_of_birth', 'nationality', 'email', 'phone', 'phone.calling_code',
            'phone.number', 'address.country', 'address.state', 'address.city', 'address.postal_code', 'address.line1',
            'address.line2', 'tax_id', 'national_id', 'idCardNumber', 'accountType']
        - case when pg_temp.document_kind(details->>'idType') is not null then array['idType'] else '{}' end
        - case old->>'destination'
            when 'bank' then array[
                'bank.account_number', 'bank.iban', 'bank.purpose_code', 'cciNumber', 'userIBAN']
                || case when details->>'bank.account_type' in ('savings', 'checking', 'payment')
                    then array['bank.account_type'] else '{}' end
            when 'pix' then array['e_wallet.ewallet_provider', 'e_wallet.provider']
                || case when details->'e_wallet.account_number' = old->'account_number'
                    then array['e_wallet.account_number'] else '{}' end
                || case when details->'e_wallet.deposit_key' = old->'account_number'
                    then array['e_wallet.deposit_key'] else '{}' end
            when 'wallet' then array[
                'e_wallet.ewallet_provider', 'e_wallet.provider', 'e_wallet.account_number', 'e_wallet.deposit_key',
                'cciNumber', 'userIBAN']
            when 'crypto' then array['crypto_wallet.network', 'chain']
            else '{}' end
        - case when old->>'destination' in ('pix', 'wallet') and pg_temp.key_kind(details) is not null
            then array['e_wallet.account_type', 'e_wallet.deposit_key_type'] else '{}' end
        - case when details->>'code_type' in ('aba', 'sort_code', 'bsb_code', 'ifsc', 'cnaps_number', 'bank_code')
            then array['code_type', 'code_value'] else '{}' end
        - array['bank.country', 'bank.bank_name', 'bank.bank_province', 'bank.bank_city', 'bank.branch_name',
            'branch_code', 'bank_codes.swift_code', 'bank_codes.ifsc_code', 'bank_codes.aba_code',
            'bank_codes.sort_code', 'bank_codes.branch_code', 'bank_codes.bsb_code', 'bank_codes.bank_code',
            'bank_codes.cnaps'],
        '{}');
end $$;

create function pg_temp.beneficiary(old jsonb) returns jsonb language plpgsql immutable as $$
begin
    return jsonb_strip_nulls(jsonb_build_object(
        'destination', pg_temp.destination(old, coalesce(old->'details', '{}')),
        'party', pg_temp.party(old, coalesce(old->'details', '{}')),
        'others', pg_temp.others(old, coalesce(old->'details', '{}'))));
end $$;

create function pg_temp.remarks(memo jsonb, details jsonb) returns jsonb language plpgsql immutable as $$
begin
    return pg_temp.said(jsonb_build_object(
        'description', memo->'description',
        'product_name', memo->'product_name',
        'statement_descriptor', memo->'statement_descriptor',
        'internal_note', memo->'internal_note',
        'purpose', memo->'purpose',
        'method', coalesce(memo->'way_code', details->'accountType'),
        'method_group', memo->'way_type',
        'network', memo->'transaction_network',
        'others', nullif(memo - array[
            'description', 'product_name', 'statement_descriptor', 'internal_note', 'purpose', 'way_code', 'way_type',
            'transaction_network', 'notify_url', 'callbackUrl'], '{}')));
end $$;

-- Each API's orders had something that no other's have.
create function pg_temp.dialect(memo jsonb, old jsonb) returns text language plpgsql immutable as $$
begin
    return case
        when memo ?| array['way_code', 'way_type'] then 'lesspay'
        when memo ? 'statement_descriptor' then 'uqpay'
        when old->'details' ?| array['accountType', 'chain'] then 'teemopay' end;
end $$;

-- The key that ordered: known where whoever keeps it had but one of that API, their own or their master's.
create temporary table keys on commit drop as
select account_id, dialect, name, min(key_id) as key_id from (
    select c.account_id, c.dialect, coalesce(c.holder, c.key_id) as name, c.key_id from credentials c
    union
    select a.account_id, c.dialect, coalesce(c.holder, c.key_id), c.key_id from credentials c
        join accounts a on a.parent_id = c.account_id) known
group by account_id, dialect, name having count(*) = 1;
alter table keys add primary key (account_id, dialect, name);
analyze keys;

alter table payouts rename column memo to remarks;
alter table payouts
    alter column remarks drop not null,
    add column notify_url text,
    add column dialect text,
    add column key_id text;
update payouts p set
    beneficiary = pg_temp.beneficiary(p.beneficiary),
    remarks = pg_temp.remarks(p.remarks, coalesce(p.beneficiary->'details', '{}')),
    notify_url = coalesce(p.remarks->>'notify_url', p.remarks->>'callbackUrl'),
    dialect = pg_temp.dialect(p.remarks, p.beneficiary),
    key_id = (select k.key_id from keys k where k.account_id = p.account_id and k.name = p.ordered_by
        and k.dialect = pg_temp.dialect(p.remarks, p.beneficiary));
