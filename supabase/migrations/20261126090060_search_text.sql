-- What a search compares: a text that has only a-z, 0-9, codes in capital letters, and spaces. Names and what
-- a person types are both brought into this form, so that accents, apostrophes, Unicode forms and the
-- scripts of digits make no difference, and so that no character has a meaning to LIKE.
set lock_timeout = '2s';

-- One character that is neither a-z, 0-9 nor a space, as a code of capital letters. A decimal digit of any
-- script becomes 0-9. With codes, no character has a meaning to LIKE, and a single Chinese character
-- is long enough to be found by index. Z begins a code of four hexadecimal digits, Y one of six; A-P stand
-- for 0-f.
create function private.character_code(p_character text)
returns text
language plpgsql
immutable
parallel safe
set search_path = ''
as $$
declare
  -- The zeros of all scripts; their nine other digits follow them in Unicode. A test compares the list with
  -- Python's number data.
  v_zeros constant integer[] := '{
    48,1632,1776,1984,2406,2534,2662,2790,2918,3046,3174,3302,3430,3558,3664,3792,3872,4160,4240,6112,6160,
    6470,6608,6784,6800,6992,7088,7232,7248,42528,43216,43264,43472,43504,43600,44016,65296,66720,68912,
    69734,69872,69942,70096,70384,70736,70864,71248,71360,71472,71904,72016,72784,73040,73120,92768,92864,
    93008,120782,120792,120802,120812,120822,123200,123632,125264,130032
  }';
  v_code integer := ascii(p_character);
  v_digit integer := v_code - v_zeros[width_bucket(v_code, v_zeros)];
begin
  return case
    when v_digit < 10 then v_digit::text
    when v_code < 65536 then 'Z' || translate(lpad(to_hex(v_code), 4, '0'), '0123456789abcdef', 'ABCDEFGHIJKLMNOP')
    else 'Y' || translate(lpad(to_hex(v_code), 6, '0'), '0123456789abcdef', 'ABCDEFGHIJKLMNOP')
  end;
end;
$$;

-- The text with the decimal digits of all scripts as 0-9.
create function private.with_ascii_digits(p_text text)
returns text
language plpgsql
immutable
parallel safe
set search_path = ''
as $$
begin
  if octet_length(p_text) = length(p_text) then
    return p_text;
  end if;
  return (
    select string_agg(
      case when coded.code ~ '^[0-9]$' then coded.code else coded.one end, '' order by coded.place
    )
    from (
      select c.one, c.place, private.character_code(c.one) as code
      from string_to_table(p_text, null) with ordinality as c (one, place)
    ) as coded
  );
end;
$$;

-- A text without accents, apostrophes, invisible characters and capital letters. Punctuation stays.
-- pg_c_utf8 and normalize() are PostgreSQL's own: the result is the same in every locale.
create function private.plain_text(p_text text)
returns text
language plpgsql
immutable
parallel safe
set search_path = ''
as $$
declare
  v_text text := p_text;
begin
  if octet_length(v_text) = length(v_text) then
    return translate(lower(v_text collate "C"), '''`', '');
  end if;

  -- Every form of the apostrophe, also the one in the Afrikaans 'n.
  v_text := translate(
    v_text,
    U&'\0149''`\00B4\02B9\02BB\02BC\02BD\02BE\02BF\02C8\02CA\0374\055A\05F3\07F4\07F5\2018\2019\201A\201B\2032\2035'
    '\A78B\A78C\FF07',
    'n'
  );
  -- Letters without their accents, then without marks and invisible characters. Only accents are taken off:
  -- the vowels of Indian scripts, for example, are marks, too, and make another word.
  v_text := regexp_replace(
    normalize(v_text, nfkd),
    '[\u0300-\u036f\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7\u0640\u064b-\u065f\u0670\u1ab0-\u1aff'
    '\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f'
    '\u00ad\u0600-\u0605\u061c\u06dd\u070f\u0890\u0891\u08e2\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e'
    '\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff9-\ufffb\U000110bd\U000110cd\U00013430-\U0001343f'
    '\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff]',
    '', 'g'
  );
  -- Putting the rest together again keeps letters whole whose marks are not accents (Korean, Japanese).
  v_text := lower(normalize(v_text, nfkc) collate "pg_c_utf8");
  -- Letters that Unicode does not take apart.
  v_text := translate(
    v_text, 'øđłħıŧŋðƀƃƈƌƒƙƚƞƥƭƴƶǝǥɇɉɍɏɓɔɖɗəɛɠɨɫɲʉⱥⱦ', 'odlhitndbbcdfklnptyzegejryboddeegilnuat'
  );
  -- The Greek sigma at the end of a word; letters of Persian keyboards and of Arabic ones.
  v_text := translate(v_text, U&'\03C2\06CC\06A9\0649', U&'\03C3\064A\0643\064A');
  return replace(replace(replace(replace(v_text, 'ß', 'ss'), 'æ', 'ae'), 'œ', 'oe'), 'þ', 'th');
end;
$$;

-- The form that is compared. Words are separated by one space, and one stands before the first word and after
-- the last, so that "begins with" is the pattern `% ad%`. Null if there is nothing to compare.
create function private.search_form(p_text text)
returns text
language plpgsql
immutable
parallel safe
set search_path = ''
as $$
declare
  v_text text := regexp_replace(
    private.plain_text(p_text),
    '[\s\u0001-\u001f\u007f-\u009f"(),./:;<>[\]{|}\u00a1\u00ab\u00b7\u00bb\u00bf\u2010-\u2027\u2030-\u205e\u2212\u3000-\u3003'
    '\u3008-\u301f\u30fb-]+', ' ', 'g'
  );
begin
  v_text := btrim(v_text);
  if v_text ~ '[^a-z0-9 ]' then
    v_text := (
      select string_agg(
        case when c.one ~ '[a-z0-9 ]' then c.one else private.character_code(c.one) end, '' order by c.place
      )
      from string_to_table(v_text, null) with ordinality as c (one, place)
    );
  end if;
  return ' ' || nullif(v_text, '') || ' ';
end;
$$;

-- The text with umlauts written as two letters; null if it has none.
create function private.spelt_out(p_text text)
returns text
language plpgsql
immutable
parallel safe
set search_path = ''
as $$
declare
  v_text text := lower(normalize(p_text, nfc) collate "pg_c_utf8");
begin
  return nullif(
    replace(replace(replace(replace(replace(v_text, 'ä', 'ae'), 'ö', 'oe'), 'ü', 'ue'), 'ø', 'oe'), 'å', 'aa'),
    v_text
  );
end;
$$;

-- A called number in the two spellings that a person types parts of: with the calling code, and with the
-- national (trunk) prefix. ` 442079460018 02079460018 ` for +442079460018. All countries of a calling code
-- have one prefix; a code that is not listed has none, or one that equals the code (+1). A test compares
-- the lists with the number data. What was dialled and is not a number stays a text.
-- Security definer: webhooks and operators write numbers, and cannot reach the functions inside.
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
    when left(v_digits, 2) in ('54', '52', '39', '37') and private.subscriber(p_number) <> p_number then ltrim(private.number_form(private.subscriber(p_number)))
    else ''
  end;
end;
$$;

-- What is known of a lead in the form that is compared: name, company and number, in this order, so that an
-- index of it is in the order of names. Parts are separated by a tab, which sorts before the space: Ann of
-- any company comes before Ann Adams. If the name has one of the letters that are also written as
-- two (Müller, Mueller), the second spelling follows.
-- It is cut to what an index can hold; only names made of hundreds of rare characters reach that length.
-- Security definer: operators write leads, and cannot reach the functions inside.
create function private.lead_form(p_name text, p_company text, p_phone_number text)
returns text
language plpgsql
immutable
parallel safe
security definer
set search_path = ''
as $$
declare
  v_text text := coalesce(private.search_form(p_name), ' ')
    || coalesce(E'\t' || private.search_form(p_company), '');
begin
  if p_name ~ '[^ -~]' or p_company ~ '[^ -~]' then
    v_text := v_text || coalesce(E'\t' || private.search_form(private.spelt_out(p_name || ' ' || coalesce(p_company, ''))), '');
  end if;
  return left(v_text, 2300) || coalesce(E'\t' || nullif(private.number_form(p_phone_number), ''), '');
end;
$$;

-- The parts of a text by which an index finds it: all pairs and triples of neighbouring characters of its
-- words, and the beginnings of words (a space and a character). They are hashed together with the business,
-- so a search does not read entries of other businesses, however often they have the same words.
-- It is asked once for each row that is written, and never for rows that are read: hence its cost.
create function private.search_grams(p_business_id uuid, p_text text)
returns bigint[]
language plpgsql
immutable
parallel safe
cost 100000
set search_path = ''
as $$
declare
  v_business constant bigint := hashtextextended(p_business_id::text, 0);
  v_grams bigint[] := '{}';
  v_word text;
  v_gram text;
begin
  foreach v_word in array string_to_array(translate(p_text, E'\t', ' '), ' ') loop
    continue when v_word = '';
    v_grams := v_grams || hashtextextended(' ' || left(v_word, 1), v_business);
    for n in 1..length(v_word) - 2 loop
      v_gram := substr(v_word, n, 3);
      v_grams := v_grams || hashtextextended(v_gram, v_business) || hashtextextended(left(v_gram, 2), v_business);
    end loop;
    v_grams := v_grams || hashtextextended(right(v_word, 2), v_business);
  end loop;
  return v_grams;
end;
$$;

-- The grams that a text must have to match a LIKE pattern; empty if the index cannot help.
create function private.pattern_grams(p_business_id uuid, p_pattern text)
returns bigint[]
language plpgsql
immutable
set search_path = ''
as $$
declare
  v_business constant bigint := hashtextextended(p_business_id::text, 0);
  v_text constant text := replace(p_pattern, '%', '');
begin
  return case
    when length(v_text) < 2 then '{}'
    when length(v_text) = 2 then array[hashtextextended(v_text, v_business)]
    else array(
      select hashtextextended(substr(v_text, place.n, 3), v_business)
      from generate_series(1, length(v_text) - 2) as place (n)
    )
  end;
end;
$$;

revoke execute on function private.character_code(text) from public, anon;
revoke execute on function private.with_ascii_digits(text) from public, anon;
revoke execute on function private.plain_text(text) from public, anon;
revoke execute on function private.search_form(text) from public, anon;
revoke execute on function private.spelt_out(text) from public, anon;
revoke execute on function private.number_form(text) from public, anon;
revoke execute on function private.lead_form(text, text, text) from public, anon;
revoke execute on function private.search_grams(uuid, text) from public, anon;
revoke execute on function private.pattern_grams(uuid, text) from public, anon;
grant execute on function private.number_form(text) to authenticated, call_webhook;
grant execute on function private.search_grams(uuid, text) to authenticated, call_webhook, service_role;
grant execute on function private.lead_form(text, text, text) to service_role;
