-- What SQL knows about phone numbers: when two of them reach the same subscriber, and which texts it
-- accepts as a number. Everything else about reading a text is in shared/phone_numbers.py; docs/numbers.md
-- has the rules.
set lock_timeout = '2s';

-- The one spelling of a subscriber who can be reached by several E.164 numbers; any other text stays as it
-- is. Numbers are compared by it, for the do-not-call list and for leads alike.
--   Argentina   +54 9 11 1234 5678 (mobile)  = +54 11 1234 5678
--   Mexico      +52 1 55 1234 5678 (until 2019) = +52 55 1234 5678
--   San Marino  +39 0549 886377, +378 886377  = +378 0549 886377
-- Columns are generated from it, so it must not call another function of this schema.
create function private.subscriber(p_number text)
returns text
language plpgsql
immutable
parallel safe
set search_path = ''
as $$
begin
  return case
    when p_number ~ '^\+549[0-9]{10}$' then '+54' || substr(p_number, 5)
    when p_number ~ '^\+521[0-9]{10}$' then '+52' || substr(p_number, 5)
    when p_number ~ '^\+390549[0-9]{6}$' then '+378' || substr(p_number, 4)
    when p_number ~ '^\+378[89][0-9]{5}$' then '+3780549' || substr(p_number, 5)
    else p_number
  end;
end;
$$;

-- The decimal digits of all scripts as 0-9. A test compares the list of zeros with Python's Unicode data; the
-- nine other digits of a script follow its zero.
create function private.with_ascii_digits(p_text text)
returns text
language plpgsql
immutable
parallel safe
set search_path = ''
as $$
declare
  v_zeros constant integer[] := '{
    1632,1776,1984,2406,2534,2662,2790,2918,3046,3174,3302,3430,3558,3664,3792,3872,4160,4240,6112,6160,6470,
    6608,6784,6800,6992,7088,7232,7248,42528,43216,43264,43472,43504,43600,44016,65296,66720,68912,69734,
    69872,69942,70096,70384,70736,70864,71248,71360,71472,71904,72016,72784,73040,73120,92768,92864,93008,
    120782,120792,120802,120812,120822,123200,123632,125264,130032
  }';
  v_zero integer;
begin
  -- No script has its digits before U+0660.
  if p_text ~ U&'[^\0001-\065F]' then
    foreach v_zero in array v_zeros loop
      p_text := translate(
        p_text,
        (select string_agg(chr(v_zero + digit), '' order by digit) from generate_series(0, 9) as digit),
        '0123456789'
      );
    end loop;
  end if;
  return p_text;
end;
$$;

-- The trigger of every table that has a phone_number. It turns an international number, however it is
-- written, into E.164, and refuses any other text with a sentence that says what to do.
-- A blank number of a lead is null: a lead may be known by e-mail only.
-- Security definer: operators write numbers, and cannot reach the function inside. It reads no table.
create function private.read_phone_number()
returns trigger
language plpgsql
security definer
set search_path = ''
as $$
declare
  -- A country code: https://www.itu.int/oth/T0202.aspx?parent=T0202
  c_code constant text := '(1|7|2[07]|2[1-689]\d|3[0-469]|3[578]\d|4[013-9]|42\d|5[1-8]|5[09]\d|6[0-6]|6[789]\d'
    || '|8[1246]|8[03578]\d|9[0-58]|9[679]\d)';
  -- Countries where telephones have numbers that begin with 0, and those where only special ones have.
  c_with_zero constant text := '^\+(39|225|226|229|241|242|250|378|992)';
  c_with_some_zero constant text :=
    '^\+(47|62|66|81|82|91|227|247|267|268|359|501|507|598|676|679|687|853|974)';
  -- Numbers in E.164 that may have a prefix in them which is dialled only inside the country.
  c_with_prefix constant text := '^\+(' || c_code || '0|11|6921\d{7}$|78\d{10}$|3758|9938|54\d{12}$)';
  c_invisible constant text := '[\u0001-\u0008\u000e-\u001f\u007f-\u009f\u00ad\u061c\u180e\u200b-\u200f'
    || '\u202a-\u202e\u2060-\u206f\ufe00-\ufe0f\ufeff]';
  v_text text := new.phone_number;
  v_reason text;
begin
  if v_text is null or (v_text ~ '^\+[1-9][0-9]{6,14}$' and v_text !~ c_with_prefix) then
    return new;
  end if;

  v_text := regexp_replace(v_text, c_invisible, '', 'g');
  if v_text ~ '[^\u0001-\u007f]' then
    v_text := translate(private.with_ascii_digits(v_text), '＋﹢（）［］／．·•‧∙⋅・', '++()[]/.......');
    v_text := regexp_replace(v_text, '[\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000]', ' ', 'g');
    v_text := regexp_replace(v_text, '[\u2010-\u2015\u2212\ufe58\ufe63\uff0d]', '-', 'g');
  end if;
  v_text := regexp_replace(btrim(v_text, E' \t\n\r\'"'), '^tel: *', '', 'i');
  -- A spreadsheet took the number for a quantity.
  v_text := regexp_replace(v_text, '^(\+\d{7,})[.,]0{1,2}$', '\1');

  if v_text = '' and tg_table_name = 'leads' then
    new.phone_number := null;
    return new;
  end if;

  if v_text ~ '[^-+0-9 ()\[\]./]' or v_text ~ '\d[^\d]*\+' or v_text ~ '\+.*\+' then
    v_reason := 'it is not one number in digits';
  elsif v_text ~ '\d ?\.0$|[^.]\d{3} ?\.00$|^\+\d{7,}\.\d{1,2}$' then
    v_reason := 'a spreadsheet changed it';
  elsif v_text ~ '\.\.' then
    v_reason := 'digits of it are missing';
  -- +49 30/12345 is one number, and +49 30 12345/46 is two.
  elsif v_text ~ '^(\D*\d){7}.*(/|[(\[]|   )\D*\d' then
    v_reason := 'it may be several numbers';
  elsif v_text !~ '^[ (\[]*\+' then
    v_reason := 'its country code is missing';
  else
    -- (0) is dialled only inside the country, except where numbers begin with 0.
    if regexp_replace(v_text, '[^+0-9]', '', 'g') !~ c_with_zero then
      v_text := regexp_replace(v_text, '[(\[]0[)\]]', '');
    end if;
    v_text := regexp_replace(v_text, '[^+0-9]', '', 'g');
    -- 1 in North America and on the Marshall Islands, 8 in Russia, Belarus and Turkmenistan, 06 in Hungary, and
    -- Argentina's 15 of mobile phones. In some countries all numbers that begin with 0 begin with 00.
    v_text := regexp_replace(v_text, '^\+1(1\d{10})$', '+\1');
    v_text := regexp_replace(v_text, '^\+6921(\d{7})$', '+692\1');
    v_text := regexp_replace(v_text, '^\+78(\d{10})$', '+7\1');
    v_text := regexp_replace(v_text, '^\+37580?((?=1[5-7]|2[1-9]|[34])\d{9})$', '+375\1');
    v_text := regexp_replace(v_text, '^\+9938(\d{8})$', '+993\1');
    v_text := regexp_replace(v_text, '^\+3606(\d{8,9})$', '+36\1');
    v_text := regexp_replace(v_text, '^\+(62|66|81|82|91|359|507|598|974)0([1-9])', '+\1\2');
    v_text := regexp_replace(v_text, '^\+2500([1-57-9])', '+250\1');
    v_text := regexp_replace(
      v_text, '^\+540?(?=\d{12}$)(11|[23]\d\d(?=15\d{7}$)|[23]\d{3}(?=15\d{6}$))15(\d+)$', '+549\1\2'
    );
    if v_text !~ c_with_zero and v_text ~ ('^\+' || c_code || '0') then
      if v_text !~ c_with_some_zero then
        v_text := regexp_replace(v_text, '^(\+' || c_code || ')0', '\1');
        if v_text ~ ('^\+' || c_code || '0') then
          v_reason := 'a 0 follows its country code';
        end if;
      elsif v_text <> new.phone_number then
        v_reason := 'a 0 follows its country code';
      end if;
    end if;
    if v_reason is null and v_text !~ '^\+[1-9][0-9]{6,14}$' then
      v_reason := 'it has ' || (length(v_text) - 1)
        || ' digits, and a number with its country code has 7 to 15';
    end if;
  end if;

  if v_reason is not null then
    raise exception using
      errcode = 'check_violation',
      schema = tg_table_schema,
      table = tg_table_name,
      column = 'phone_number',
      message = format(
        'The phone number "%s" was not stored, because %s. Write it with + and its country code, such as'
        ' +1 415 555 0199, or read it first with POST /api/twilio/numbers.',
        left(new.phone_number, 100), v_reason
      );
  end if;

  new.phone_number := v_text;
  return new;
end;
$$;

revoke execute on function private.subscriber(text) from public, anon;
revoke execute on function private.with_ascii_digits(text) from public, anon;
revoke execute on function private.read_phone_number() from public, anon;
-- Whoever writes a row evaluates the generated columns of its table.
grant execute on function private.subscriber(text) to authenticated, call_webhook, service_role;
