-- What a search compares: names, companies and numbers in one form, so that accents, apostrophes, Unicode
-- forms and capital letters make no difference.
set lock_timeout = '2s';

create extension if not exists unaccent with schema extensions;
-- Indexes for LIKE, and for a business's texts alone.
create extension if not exists pg_trgm with schema extensions;
create extension if not exists btree_gin with schema extensions;

-- A text as searches compare it: words of letters and digits, separated by one space, one space before the first
-- and one after the last; null if it has neither letter nor digit. ` pat obrien ` for `Pat O’Brien`, and
-- ` x0738b ` for `王`.
-- Letters that are also written as two (ä, ö, ü, å, æ, œ) become one: Müller, Mueller and Muller are the same.
-- unaccent() is not immutable, because somebody could edit its rules; nobody does. pg_c_utf8 is PostgreSQL's
-- own, so that the result is the same in every locale.
create function private.search_form(p_text text)
returns text
language plpgsql
immutable
parallel safe
set search_path = ''
as $$
declare
  v_text text := normalize(private.with_ascii_digits(p_text), nfkd);
begin
  if octet_length(v_text) <> length(v_text) then
    -- Marks of Latin, Greek, Cyrillic, Hebrew and Arabic. (Of Indian scripts they make another word.) And
    -- characters that nobody sees.
    v_text := regexp_replace(
      v_text,
      '[\u0300-\u036f\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7\u0640\u064b-\u065f\u0670\u1ab0-\u1aff'
      '\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f'
      '\u00ad\u0600-\u0605\u061c\u06dd\u070f\u0890\u0891\u08e2\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f'
      '\u202a-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff9-\ufffb\U000110bd\U000110cd'
      '\U00013430-\U0001343f\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff]',
      '', 'g'
    );
    -- The rest together again: the parts of a Korean syllable are no words.
    v_text := extensions.unaccent('extensions.unaccent', normalize(v_text, nfc));
  end if;
  -- The sigma at the end of a Greek word is the same letter.
  v_text := translate(lower(v_text collate "pg_c_utf8"), U&'\03C2', U&'\03C3');
  v_text := regexp_replace(v_text, U&'[''`\00B4\02B9-\02BF\02C8\2018-\201B\2032\05F3\A78B\A78C]', '', 'g');
  v_text := btrim(regexp_replace(v_text collate "pg_c_utf8", '[^[:alnum:]]+', ' ', 'g'));
  -- Digits side by side are one number, in names as in what is typed: 2026-11, 020 7946 0018.
  v_text := regexp_replace(v_text, '([0-9]) (?=[0-9])', '\1', 'g');
  v_text := regexp_replace(v_text, '([aou])e', '\1', 'g');
  v_text := replace(v_text, 'aa', 'a');
  -- Letters of other scripts as codes. pg_trgm leaves them out where the locale is C, and a single Chinese
  -- character would be too short for it.
  if octet_length(v_text) <> length(v_text) then
    v_text := (
      select string_agg(
        case when ascii(letter) < 128 then letter else 'x' || lpad(to_hex(ascii(letter)), 5, '0') end, '' order by place
      )
      from string_to_table(v_text, null) with ordinality as letters (letter, place)
    );
  end if;
  return ' ' || nullif(v_text, '') || ' ';
end;
$$;

-- A called number as people type parts of it: with the calling code, and with the national (trunk) prefix.
-- ` 442079460018 02079460018 ` for +442079460018. A code that is not listed has no prefix, or the prefix is
-- the code itself (+1). A test compares the lists with the number data. If a person typed something that is not
-- a number, it is a text like others.
-- Security definer: webhooks write numbers, and cannot reach unaccent().
create function private.number_form(p_number text)
returns text
language plpgsql
immutable
parallel safe
security definer
set search_path = ''
as $$
declare
  v_digits text := substr(p_number, 2);
begin
  if p_number is null then
    return '';
  elsif p_number !~ '^\+[0-9]+$' then
    return coalesce(private.search_form(p_number), '');
  end if;

  return ' ' || v_digits || ' ' || case
    when left(v_digits, 2) = any('{
      20,27,31,32,33,40,41,43,44,46,49,51,53,54,55,57,58,60,61,62,63,64,66,81,82,84,86,90,91,92,93,94,95,98
    }'::text[]) then '0' || substr(v_digits, 3) || ' '
    when left(v_digits, 3) = any('{
      211,212,213,218,231,232,233,234,243,249,250,251,252,254,255,256,260,261,262,263,264,265,291,353,355,
      358,359,370,373,374,377,380,381,382,383,385,386,387,389,421,423,508,590,591,593,594,595,596,598,686,
      850,855,856,880,886,961,962,963,964,966,967,970,971,972,976,977,994,995,996
    }'::text[]) then '0' || substr(v_digits, 4) || ' '
    when left(v_digits, 1) = '7' then '8' || substr(v_digits, 2) || ' '
    when left(v_digits, 3) in ('375', '993') then '8' || substr(v_digits, 4) || ' '
    when left(v_digits, 3) = '692' then '1' || substr(v_digits, 4) || ' '
    when left(v_digits, 2) = '36' then '06' || substr(v_digits, 3) || ' '
    else ''
  end || case
    -- +54 9 11 … is also +54 11 …
    when private.subscriber(p_number) <> p_number then ltrim(private.number_form(private.subscriber(p_number)))
    else ''
  end;
end;
$$;

-- What is known of a lead: name, company and number, in this order, so that an index of it is in the order of
-- names. A tab separates them and sorts before the space: Ann of any company comes before Ann Adams. It is cut
-- to what an index can hold.
-- Security definer: operators write leads, and cannot reach the functions inside.
create function private.lead_form(p_name text, p_company text, p_phone_number text)
returns text
language plpgsql
immutable
parallel safe
security definer
set search_path = ''
as $$
begin
  return left(coalesce(private.search_form(p_name), ' ') || coalesce(E'\t' || private.search_form(p_company), ''), 600)
    || coalesce(E'\t' || private.number_form(p_phone_number), '');
end;
$$;

-- What was typed into a search field, in the form that is compared; null if there is nothing to search for.
create function private.typed_form(p_search text)
returns text
language plpgsql
immutable
set search_path = ''
as $$
declare
  -- The number of tel:+44…;ext=1.
  v_typed text := regexp_replace(left(p_search, 300), '^\s*(?:tel|callto):([^;]*).*$', '\1', 'i');
begin
  -- The zero of +44 (0)20 is for those who are in the country.
  if normalize(v_typed, nfkc) ~ '\+|\m(00|011)' then
    v_typed := regexp_replace(normalize(v_typed, nfkc), '\(0\)', '', 'g');
  end if;
  return private.search_form(v_typed);
end;
$$;

-- The condition that a search is on a text in these forms (p_column: its name), for execute: each word or number
-- that was typed stands somewhere in it. True if nothing was typed, false if there is nothing to search for in
-- what was typed.
-- One or two letters find words that begin with them: an index of trigrams has no shorter parts.
-- Words have letters and digits only, so nothing that was typed has a meaning in the statement or to LIKE.
create function private.search_condition(p_search text, p_column text)
returns text
language plpgsql
immutable
set search_path = ''
as $$
begin
  if coalesce(p_search, '') !~ '\S' then
    return 'true';
  end if;
  return coalesce((
    select string_agg(
      format(
        '(' || p_column || ' like %L' || coalesce(' or ' || p_column || ' like %L', '') || ')',
        case when length(word) < 3 then '% ' else '%' end || word || '%',
        '%' || abroad || '%'
      ),
      ' and '
    )
    from regexp_split_to_table(btrim(private.typed_form(p_search)), ' +') as word,
      -- What is dialled before a calling code.
      substring(word from '^(?:00|011|0011|810)([0-9]{3,})$') as abroad
  ), 'false');
end;
$$;

revoke execute on function private.search_form(text) from public, anon;
revoke execute on function private.number_form(text) from public, anon;
revoke execute on function private.lead_form(text, text, text) from public, anon;
revoke execute on function private.typed_form(text) from public, anon;
revoke execute on function private.search_condition(text, text) from public, anon;
grant execute on function private.number_form(text) to authenticated, call_webhook;
grant execute on function private.lead_form(text, text, text) to service_role;
