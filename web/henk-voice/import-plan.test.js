import assert from 'node:assert/strict';
import test from 'node:test';
import { letters, planRows } from './import-plan.js';
import { readLeadFile } from './lead-file.js';

/** Reads as numbers_fn would: digits with a plus. @param {string[]} texts */
async function readNumbers(texts) {
  return new Map(
    texts.map((text) => {
      const to = /\+\d{7,15}/.exec(text.replace(/[\s()'".=-]/g, ''))?.[0] ?? null;
      const problem = /** @type {const} */ (
        to?.startsWith('+1900') ? 'number_type_not_allowed' : to ? null : 'invalid_number'
      );
      const reading = {
        text,
        to,
        problem,
        extension: /x(\d+)/.exec(text)?.[1] ?? null,
        leftOut: /\(work\)/.exec(text)?.[0] ?? null,
        known: true,
        country: 'US',
        region: null,
        timeZones: ['America/New_York'],
      };
      return [text, reading];
    }),
  );
}

const KNOWN = {
  number: '',
  subscriber: '',
  lead_id: null,
  do_not_call: false,
  wrong_number: false,
};

/**
 * @param {string | Uint8Array<ArrayBuffer>} content
 * @param {Record<string, object>} [facts] what the business knows, by number
 */
async function planned(content, facts = {}, columns = {}) {
  const file = await readLeadFile(new File([content], 'leads.csv'));
  const asked = /** @type {string[]} */ ([]);
  const how = { hasTitles: file.hasTitles, columns: { ...file.columns, ...columns } };
  const lookUp = async (/** @type {string[]} */ numbers) => {
    asked.push(...numbers);
    return new Map(
      Object.entries(facts).map(([number, known]) => [
        number,
        { ...KNOWN, number, subscriber: number, ...known },
      ]),
    );
  };
  const plan = await planRows(file, how, { readNumbers, lookUp }, undefined);
  return {
    asked,
    rows: plan.rows.map(({ row, result, isQueued }) => [row, result, isQueued]),
    leads: plan.rows.map(({ lead }) => lead),
    told: plan.problems.map(({ row, column, message, isRefused }) => [
      row,
      column,
      message.split(/[.,]/)[0],
      isRefused,
    ]),
  };
}

test('each row becomes a lead, or the report says why not', async () => {
  const plan = await planned(
    [
      'Name;Phone;E-mail;Time zone',
      'Ada;+1 415 555 0100;ada@henk.test;Europe/Berlin',
      ';;;',
      'Bea;4.1555E+9;;',
      'Cleo;;;',
      'Dora;no number;;',
      'Eve;+1 415 555 0100;;',
      '"Fay" x;+1 415 555 0109;;',
      'Gwen;+1 900 555 0100;;',
      'Hana;####;;',
      'Ines;#REF!;;',
      ';;;',
    ].join('\r\n'),
  );
  assert.deepEqual(plan.rows, [
    [2, 'new', true],
    [3, 'blank', false],
    [4, 'refused', false],
    [5, 'refused', false],
    [6, 'refused', false],
    [7, 'repeated', true],
    [8, 'refused', false],
    [9, 'refused', false],
    [10, 'refused', false],
    [11, 'refused', false],
  ]);
  assert.deepEqual(plan.told, [
    [4, 'Phone', 'The spreadsheet has rounded the number', true],
    [5, 'Phone', 'The row has no phone number', true],
    [6, 'Phone', 'This is not a phone number', true],
    [7, 'Phone', 'Row 2 has the same number', false],
    [8, '', 'A quotation mark is not closed', true],
    [9, 'Phone', 'Numbers of this kind must not be called', true],
    [10, 'Phone', 'The column was too narrow', true],
    [11, 'Phone', 'A formula of the spreadsheet has failed', true],
  ]);
  assert.deepEqual(plan.leads[0], {
    name: 'Ada',
    company: null,
    phone_number: '+14155550100',
    email: 'ada@henk.test',
    time_zone: 'Europe/Berlin',
    number_zones: ['America/New_York'],
  });
  // A number that must not be called is not looked up.
  assert.deepEqual(plan.asked, ['+14155550100']);
});

test('what the business knows of a number is told, also in another spelling', async () => {
  const plan = await planned(
    'Ada,+5491112345678\nBea,+541112345678\nCleo,+14155550101\nDora,+14155550102\n',
    {
      '+5491112345678': { subscriber: '+541112345678', lead_id: 'L1' },
      '+541112345678': { lead_id: 'L1' },
      '+14155550101': { do_not_call: true },
      '+14155550102': { lead_id: 'L2', wrong_number: true },
    },
  );
  assert.deepEqual(plan.rows, [
    [1, 'known', true],
    [2, 'repeated', true],
    [3, 'new', false],
    [4, 'known', false],
  ]);
});

test('names are put together, cut and cleaned, and nothing is executed', async () => {
  const long = 'ä'.repeat(201);
  const plan = await planned(
    [
      'First name,Last name,Company,Phone,E-mail,Time zone',
      '" Ada ","Love\nlace",,+14155550100 x5 (work),nonsense,PST',
      `,,${long},+14155550101,,`,
      ',,,+14155550102,b@henk.test,Mars/Base',
      ',,,+14155550103,,',
      '=cmd|calc,"=""Ltd""",\'@SUM(A1),"=""+14155550104""",,',
    ].join('\n'),
  );
  assert.deepEqual(
    plan.leads.map((lead) => [lead?.name, lead?.company, lead?.email, lead?.time_zone]),
    [
      ['Ada Love lace', null, null, null],
      ['ä'.repeat(200), 'ä'.repeat(200), null, null],
      ['b@henk.test', null, 'b@henk.test', null],
      ['+14155550103', null, null, null],
      ['=cmd|calc Ltd', '@SUM(A1)', null, null],
    ],
  );
  assert.deepEqual(
    plan.told.map(([row, column, message]) => [row, column, message]),
    [
      [2, 'Phone', 'The extension 5 is not kept'],
      [2, 'Phone', '“(work)” is not part of the number'],
      [2, 'E-mail', 'This is not an e-mail address'],
      [2, 'Time zone', 'This is not the name of a time zone'],
      [3, 'Company', 'This is longer than 200 characters'],
      [4, 'Time zone', 'This is not the name of a time zone'],
    ],
  );
});

test('rows have the numbers of the spreadsheet, whatever stands before and between them', async () => {
  const plan = await planned('sep=;\n\nName;Phone\n\n"two\nlines";+14155550100\n;x\n');
  assert.deepEqual(plan.rows, [
    [4, 'blank', false],
    [5, 'new', true],
    [6, 'refused', false],
  ]);
  const without = await planned('Ada,Bea\nCleo,Dora\n', {}, { phone_number: 1 });
  assert.deepEqual(without.told[0]?.slice(0, 2), [1, 'Column B']);
});

test('a file that is empty, no text or too long is refused with the reason', async () => {
  for (const content of ['', '\n\n', ';;\n', ' ']) {
    await assert.rejects(planned(content), /The file is empty/);
  }
  await assert.rejects(planned(Uint8Array.from([0x50, 0x4b, 3, 4])), /workbook/);
  await assert.rejects(planned('+14155550100\n'.repeat(100_002)), /more than 100,000 rows/);
  // Excel writes empty rows to the end of its sheet.
  const plan = await planned(`Name;Phone\nAda;+14155550100\n${';\n'.repeat(200_000)}`);
  assert.equal(plan.rows.length, 1);
});

test('neither reading a long file nor planning it freezes the page', async () => {
  const rows = Array.from({ length: 60_000 }, (_, row) => `Ada ${row},+1415${5550000 + row}`);
  let ticks = 0;
  const clock = setInterval(() => (ticks += 1), 1);
  const file = await readLeadFile(new File([rows.join('\n')], 'leads.csv'));
  const afterReading = ticks;
  const lookUp = async () => new Map();
  await planRows(file, file, { readNumbers, lookUp }, undefined);
  clearInterval(clock);
  assert.ok(afterReading > 0 && ticks > afterReading, `${afterReading} of ${ticks} ticks`);
});

test('columns are called as spreadsheets call them', () => {
  assert.deepEqual([0, 25, 26, 51, 52, 701, 702].map(letters), [
    'A',
    'Z',
    'AA',
    'AZ',
    'BA',
    'ZZ',
    'AAA',
  ]);
});
