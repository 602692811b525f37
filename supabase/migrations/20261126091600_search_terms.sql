-- What a person typed into a search field, as conditions on texts in the form of private.search_form.
set lock_timeout = '2s';

-- A part of a search: a word, or a part of a number. Patterns are for LIKE.
create type private.search_term as (
  is_number boolean,
  -- One of these must match, …
  any_of text[],
  -- … or all of these.
  or_all_of text[]
);

-- The pattern that finds a word anywhere. A word of one or two letters finds what begins with it: to find it
-- inside of words, the index would have to be twice as large. (A code of capital letters is one character,
-- so it is found anywhere.)
create function private.word_pattern(p_word text)
returns text
language plpgsql
immutable
set search_path = ''
as $$
begin
  return case when length(p_word) < 3 then '% ' || p_word || '%' else '%' || p_word || '%' end;
end;
$$;

-- The terms of a search. All of them must be found, in any order. Numbers that stand side by side
-- (020 7946 0018) are one number. Punctuation alone is nothing to search for.
create function private.search_terms(p_search text)
returns private.search_term[]
language plpgsql
immutable
set search_path = ''
as $$
declare
  v_token text;
  v_plain text;
  v_number text := '';
  v_digits text;
  v_words text[];
  v_spelt_out text[];
  v_terms private.search_term[] := '{}';
begin
  foreach v_token in array
    -- The empty token at the end closes a number.
    regexp_split_to_array(
      -- "tel:+44-20-7946-0018;ext=1" is the number in it.
      regexp_replace(left(p_search, 300), '^\s*(?:tel|callto):([^;]*).*$', '\1', 'i'),
      '[\s\u0001-\u001f\u007f-\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]+'
    ) || ''::text
  loop
    -- Digits of all scripts as 0-9, and every dash and dot of numbers as "-".
    v_plain := regexp_replace(
      private.with_ascii_digits(private.plain_text(v_token)),
      '[\u00b7\u2010-\u2015\u2022\u2027\u2212\u30fb\ufe58\ufe63\uff0d]', '-', 'g'
    );
    if v_plain ~ '^[+(]*[0-9][0-9()./-]*$' or (v_number <> '' and v_plain ~ '^[(]?[-/.]+[)]?$') then
      v_number := v_number || v_plain || ' ';
      continue;
    end if;

    if v_number <> '' then
      if v_number ~ '^[(]*([+]|00|011)' then
        v_number := replace(v_number, '(0)', '');
      end if;
      v_digits := regexp_replace(v_number, '[^0-9]', '', 'g');
      v_words := string_to_array(btrim(private.search_form(v_number)), ' ');
      v_terms := v_terms || row(
        true,
        array['%' || v_digits || '%']
          -- What is dialled abroad in place of the plus.
          || array_remove(array['%' || substring(v_digits from '^(?:0011|011|010|810|00)([0-9]{3,})$') || '%'], null),
        -- "12-34" may as well be a part of a name.
        case
          when cardinality(v_words) > 1
            then array(select private.word_pattern(words.word) from unnest(v_words) as words (word))
        end
      )::private.search_term;
      v_number := '';
    end if;

    v_words := string_to_array(btrim(private.search_form(v_token)), ' ');
    v_spelt_out := string_to_array(btrim(private.search_form(private.spelt_out(v_token))), ' ');
    v_terms := v_terms || array(
      select row(
        false,
        array_remove(array[
          private.word_pattern(words.word), private.word_pattern(v_spelt_out[words.place])
        ], null),
        null
      )::private.search_term
      from unnest(v_words) with ordinality as words (word, place)
    );
  end loop;
  return v_terms;
end;
$$;

-- The terms as a condition in SQL on a column or expression. Patterns have letters, digits, spaces and percent
-- signs only: nothing that was typed reaches the statement.
create function private.search_condition(p_terms private.search_term[], p_column text)
returns text
language plpgsql
immutable
set search_path = ''
as $$
begin
  return coalesce((
    select string_agg(
      format('(%s%s)',
        (select string_agg(format('%s like %L', p_column, pattern), ' or ') from unnest(terms.any_of) as pattern),
        (
          select ' or (' || string_agg(format('%s like %L', p_column, pattern), ' and ') || ')'
          from unnest(terms.or_all_of) as pattern
        )
      ),
      ' and '
    )
    from unnest(p_terms) as terms
  ), 'true');
end;
$$;

revoke execute on function private.word_pattern(text) from public, anon;
revoke execute on function private.search_terms(text) from public, anon;
revoke execute on function private.search_condition(private.search_term[], text) from public, anon;
