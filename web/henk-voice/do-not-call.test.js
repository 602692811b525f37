import assert from 'node:assert/strict';
import test from 'node:test';
import { csvText } from './csv.js';
import { forbiddenColumns } from './do-not-call-plan.js';
import { DoNotCall } from './do-not-call.js';
import { VoiceError, failure } from './failures.js';
import { readLeadFile } from './lead-file.js';

/** What a call would read, by text. @type {Record<string, object>} */
const READINGS = {
  'not one': { to: null, problem: 'invalid_number' },
  '+49900123456': { to: '+49900123456', problem: 'number_type_not_allowed' },
  '030 1 or 030 2': { to: null, problem: 'several_numbers' },
  '(415) 555-0101 Ada': { to: '+14155550101', leftOut: 'Ada' },
  '+14155550101 x5': { to: '+14155550101', extension: '5' },
  '+16245550123': { to: '+16245550123', known: false },
  '+5215512345678': { to: '+5215512345678' },
  '+525512345678': { to: '+525512345678' },
  '+390549886377': { to: '+378886377' },
  '+4930 (0)1': { to: '+49301' },
};
const SUBSCRIBERS = new Map([
  ['+5215512345678', '+525512345678'],
  ['+378886377', '+3780549886377'],
]);

const numbers = {
  /** @param {string} _id @param {string[]} texts */
  read: async (_id, texts) => {
    assert.ok(texts.length <= 500);
    return texts.map((text) => ({
      text,
      to: /^'?\+\d+$/.test(text) ? text.replace("'", '') : null,
      problem: null,
      extension: null,
      leftOut: null,
      known: true,
      ...READINGS[text],
    }));
  },
};

/** A database that has one person on its list. */
class FakeDatabase {
  /** @type {[string, any][]} */
  asked = [];
  listed = '+3780549886377';
  /** @type {Set<string>} */
  brought = new Set();
  /** The request that is not answered. */
  fails = -1;

  /** @param {string} name @param {any} values */
  rpc(name, values) {
    return { name, values };
  }

  /** What `Requests.rest` does. @param {() => any} build */
  async rest(build) {
    const { name, values } = build();
    this.asked.push([name, values]);
    if (this.asked.length === this.fails) throw new VoiceError(failure('unreachable'));
    return { data: this.#answer(name, values), count: null };
  }

  /** @param {string} name @param {any} v */
  #answer(name, v) {
    switch (name) {
      case 'look_up_numbers':
        return {
          numbers: v.p_numbers.map((/** @type {string} */ number) => {
            const subscriber = SUBSCRIBERS.get(number) ?? number;
            return { number, subscriber, do_not_call: subscriber === this.listed };
          }),
        };
      case 'import_do_not_call':
        assert.ok(v.p_rows.length <= 1000);
        for (const { phone_number: number } of v.p_rows) this.brought.add(number);
        return { added: this.brought.size };
      case 'undo_do_not_call_import':
        return { taken_off: this.asked.length < 3 ? 2000 : 5, more: this.asked.length < 3 };
      case 'take_off_do_not_call':
        return v.p_reason ? { taken_off: v.p_numbers } : { error: 'reason_required' };
      default:
        return { added: true, entry: { phone_number: v.p_phone_number } };
    }
  }
}

function made(database = new FakeDatabase()) {
  const fake = /** @type {any} */ (database);
  return { database, list: new DoNotCall(fake, fake, /** @type {any} */ (numbers)) };
}

/** @param {DoNotCall} list @param {string} text */
async function planOf(list, text) {
  const file = await readLeadFile(new File([text], 'robinson.csv'));
  const how = { hasTitles: file.hasTitles, columns: forbiddenColumns(file) };
  return list.plan('B1', file, how);
}

/** @param {string} code */
const isFailure = (code) => (/** @type {any} */ error) => error.failure?.code === code;

test('what becomes of each row of a file is said before', async () => {
  const { list } = made();
  const plan = await planOf(
    list,
    [
      'Name,Phone,Reason',
      'Ada,+14155550199,Asked us',
      'Ada,(415) 555-0101 Ada,',
      'Bo,+14155550101 x5,',
      'Cy,not one,',
      'Di,030 1 or 030 2,',
      'Ed,+49900123456,',
      ',,',
      'Fi,+390549886377,stands there',
      'Gi,+16245550123,"\'=1+1"',
      'Mx,+5215512345678,',
      'Mx,+525512345678,',
      'No,,',
    ].join('\n'),
  );
  assert.deepEqual(plan.counts, { new: 4, known: 1, repeated: 2, refused: 4, blank: 1 });
  assert.deepEqual(
    plan.rows
      .filter(({ result }) => result === 'new')
      .map(({ number, reason }) => [number, reason]),
    [
      ['+14155550199', 'Asked us'],
      ['+14155550101', null],
      ['+16245550123', '=1+1'],
      ['+5215512345678', null],
    ],
  );
  assert.deepEqual(
    plan.problems.map(({ row, isRefused }) => [row, isRefused]),
    [
      [3, false],
      [4, false],
      [5, true],
      [6, true],
      [7, true],
      [10, false],
      [12, false],
      [13, true],
    ],
  );
  assert.match(plan.problems.at(-1)?.message ?? '', /no phone number/);
  assert.equal(plan.problems[0]?.column, 'Phone');
});

test('a row whose quotation mark is open is left out, and spoils no other', async () => {
  const { list } = made();
  const plan = await planOf(list, 'Phone\n"+14155550101\n+14155550102\n');
  assert.deepEqual(
    plan.rows.map(({ result }) => result),
    ['refused', 'new'],
  );
});

test('a list that was exported is read again as it is', async () => {
  const { list } = made();
  const rows = [
    ['Phone number', 'Reason', 'Added by', 'Added at'],
    ['+14155550199', '=HYPERLINK("x")', 'Ada', '2026-11-27'],
    ['+4930123456', '', 'Ada', '2026-11-27'],
  ];
  const plan = await planOf(list, csvText(rows));
  assert.deepEqual(
    plan.rows.map(({ number, reason }) => [number, reason]),
    [
      ['+14155550199', '=HYPERLINK("x")'],
      ['+4930123456', null],
    ],
  );
  assert.deepEqual(plan.problems, []);
});

test('a file is sent in parts, and goes on as the same import after a failure', async () => {
  const { list, database } = made();
  const many = Array.from({ length: 1200 }, (_, place) => `+1415555${1000 + place}`);
  const plan = await planOf(list, many.join('\n'));
  database.fails = database.asked.length + 3;
  await assert.rejects(list.import('B1', plan), isFailure('unreachable'));
  assert.deepEqual(await list.import('B1', plan), { added: 1200 });
  const parts = database.asked.filter(([name]) => name === 'import_do_not_call');
  assert.equal(new Set(parts.map(([, { p_import_id: id }]) => id)).size, 1);
  assert.ok(parts.every(([, { p_row_count: count }]) => count === 1200));
});

test('whom another file has brought is sent, too, and stays when that file is taken back', async () => {
  const { list, database } = made();
  const plan = await planOf(list, 'Phone\n+390549886377\n+14155550101\n');
  assert.deepEqual([plan.counts.known, plan.counts.new], [1, 1]);
  await list.import('B1', plan);
  const [, { p_rows: rows, p_row_count: count }] =
    database.asked.find(([name]) => name === 'import_do_not_call') ?? assert.fail();
  assert.deepEqual([rows.length, count], [2, 2]);
});

test('entries that no call can reach are found', async () => {
  const { list } = made();
  const entries = [
    ['+14155550101', '+14155550101'],
    ['+49900123456', '+49900123456'],
    // A call goes to another spelling of the same person.
    ['+390549886377', '+3780549886377'],
    ['+5215512345678', '+525512345678'],
    // A call goes to somebody else, who is not on the list.
    ['+4930 (0)1', '+4930 (0)1'],
  ].map(([phone_number = '', subscriber = '']) => ({ phone_number, subscriber }));
  const never = await list.neverMatching('B1', entries);
  assert.deepEqual([...never.keys()], ['+49900123456', '+4930 (0)1']);
  assert.match(never.get('+4930 (0)1') ?? '', /goes to \+49301, which is not on the list/);
});

test('what is typed is read as a call would read it, or refused with a sentence', async () => {
  const { list, database } = made();
  const { entry, reading } = await list.add('B1', '(415) 555-0101 Ada', { reason: 'Asked' });
  assert.deepEqual([entry.phone_number, reading.leftOut], ['+14155550101', 'Ada']);
  for (const text of ['not one', '030 1 or 030 2', '+49900123456']) {
    await assert.rejects(list.add('B1', text), isFailure('invalid_number'));
  }
  assert.equal(database.asked.length, 1);
  await assert.rejects(list.takeOff('B1', ['+1'], ''), isFailure('reason_required'));
});

test('a file is taken back until none of its numbers is left', async () => {
  const { list } = made();
  /** @type {number[]} */
  const seen = [];
  const gone = await list.undo('I1', 'Wrong file', { onProgress: ({ done }) => seen.push(done) });
  assert.equal(gone, 4005);
  assert.deepEqual(seen, [2000, 4000, 4005]);
});
