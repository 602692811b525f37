import assert from 'node:assert/strict';
import test from 'node:test';
import { guessColumns } from './lead-columns.js';

/** What was found, without the fields that the file has not. @param {string[][]} rows */
function guess(rows) {
  const { hasTitles, columns } = guessColumns(rows.map((cells) => ({ cells })));
  const found = Object.entries(columns).filter(([, column]) => column !== null);
  return { hasTitles, ...Object.fromEntries(found) };
}

test('titles say what the columns hold, in several languages', () => {
  /** @type {[string, object][]} */
  const files = [
    ['Name|Company|Phone|E-mail', { name: 0, company: 1, phone_number: 2, email: 3 }],
    ['Last Name|First Name|Mobile Phone', { last_name: 0, first_name: 1, phone_number: 2 }],
    [
      'Vorname|Nachname|Firma|Telefonnummer',
      { first_name: 0, last_name: 1, company: 2, phone_number: 3 },
    ],
    ['Nom|Prénom|Société|Téléphone', { last_name: 0, first_name: 1, company: 2, phone_number: 3 }],
    ['Nom|Téléphone', { name: 0, phone_number: 1 }],
    ['Nombre|Apellidos|Empresa|Móvil', { name: 0, last_name: 1, company: 2, phone_number: 3 }],
    ['Company Name|Contact Name|Phone 1 - Value', { company: 0, name: 1, phone_number: 2 }],
    ['phone_number|full_name|time_zone', { phone_number: 0, name: 1, time_zone: 2 }],
    ['Fax|ID|Name|Tel.', { name: 2, phone_number: 3 }],
    ['Lead ID|Phone Extension|Phone|Lead', { phone_number: 2, name: 3 }],
  ];
  for (const [titles, columns] of files) {
    assert.deepEqual(guess([titles.split('|')]), { hasTitles: true, ...columns }, titles);
  }
});

test('of several columns with numbers, the fullest is taken', () => {
  const rows = [
    ['Name', 'Phone', 'Mobile'],
    ['Ada', '', '415 555 0100'],
    ['Bea', '', '415 555 0101'],
    ['Cleo', '415 555 0102', ''],
  ];
  assert.deepEqual(guess(rows), { hasTitles: true, name: 0, phone_number: 2 });
});

test('a file without titles is understood by what stands in it', () => {
  const rows = [
    ['17', 'Ada Lovelace', '2026-11-27', '(415) 555-0100', 'ada@henk.test', 'Europe/London'],
    ['18', 'Bea', '2026-11-28', "'+1 415 555 0101", '', ''],
    ['19', 'Cleo', '27.11.2026', '1.4155550102E+10', 'c@henk.test', ''],
  ];
  const columns = { name: 1, phone_number: 3, email: 4, time_zone: 5 };
  assert.deepEqual(guess(rows), { hasTitles: false, ...columns });
  assert.deepEqual(guess([['+14155550100'], ['+14155550101']]), {
    hasTitles: false,
    phone_number: 0,
  });
  // Titles that say nothing.
  assert.deepEqual(
    guess([
      ['A', 'B'],
      ['Ada', '+14155550100'],
    ]),
    {
      hasTitles: true,
      name: 0,
      phone_number: 1,
    },
  );
  assert.deepEqual(guess([['Ada'], ['Bea']]), { hasTitles: false, name: 0 });
});
