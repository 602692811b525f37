import assert from 'node:assert/strict';
import test from 'node:test';
import { VoiceError, failure } from './failures.js';
import { readLeadFile } from './lead-file.js';
import { LeadImports } from './lead-import.js';

/** A database with one import, which can be slow and can be killed. */
class FakeDatabase {
  /** @type {[string, any][]} */
  asked = [];
  /** @type {unknown[]} */
  rows = [];
  queued = 0;
  rowCount = 0;
  /** The most rows that it stores in time. */
  most = 2000;
  /** How many requests it answers. */
  lives = Infinity;

  /** @param {string} name @param {any} values */
  rpc(name, values) {
    return { url: name, name, values };
  }

  /** What `Requests.rest` does. @param {() => any} build */
  async rest(build) {
    const { name, values } = build();
    this.asked.push([name, values]);
    if (this.lives <= 0) throw new VoiceError(failure('unreachable'));
    this.lives -= 1;
    return { data: this.#answer(name, values), count: null };
  }

  /** @param {string} name @param {any} v */
  #answer(name, v) {
    switch (name) {
      case 'enqueue_leads': {
        const none = {
          already: 1,
          without_number: 0,
          do_not_call: 0,
          wrong_number: 0,
          not_found: 0,
        };
        return { ...none, added: 2, after: v.p_after ? null : 'L9' };
      }
      case 'look_up_numbers':
        return { numbers: [] };
      case 'begin_import':
        this.rowCount = v.p_row_count;
        return { import: this.#row('open') };
      case 'import_rows':
        if (v.p_rows.length > this.most) throw new VoiceError(failure('database_unavailable'));
        assert.equal(v.p_first_row, this.rows.length + 1);
        this.rows.push(...v.p_rows);
        return { received: this.rows.length, rows: [] };
      case 'finish_import':
        this.queued = Math.min(this.rowCount, this.queued + 3000);
        return { import: this.#row(this.queued < this.rowCount ? 'finishing' : 'finished') };
      default:
        this.queued -= 3000;
        return { import: this.#row(this.queued > 0 ? 'undoing' : 'undone') };
    }
  }

  /** @param {string} state */
  #row(state) {
    const { rowCount: row_count, queued, rows } = this;
    return { id: 'I1', state, row_count, queued, received: rows.length, result: { added: 1 } };
  }
}

const numbers = {
  /** @param {string} _id @param {string[]} texts */
  read: async (_id, texts) => {
    assert.ok(texts.length <= 500);
    return texts.map((text) => ({ text, to: text, problem: null, timeZones: [] }));
  },
};

/** @param {FakeDatabase} database */
function made(database) {
  return new LeadImports(
    /** @type {any} */ (database),
    /** @type {any} */ (database),
    /** @type {any} */ (numbers),
  );
}

/** @param {LeadImports} leads @param {number} count */
async function planOf(leads, count, name = 'leads.csv') {
  const text = Array.from({ length: count }, (_, row) => `Ada ${row},+1415${5550000 + row}`).join(
    '\n',
  );
  const file = await readLeadFile(new File([text], name));
  return leads.plan('B1', file, file);
}

test('leads are added until none is left, and the counts are summed up', async () => {
  const database = new FakeDatabase();
  const added = await made(database).enqueue('C1', { search: 'ada', priority: 5 });
  assert.deepEqual([added.added, added.already], [4, 2]);
  assert.deepEqual(
    database.asked.map(([, { p_after: after, p_priority: priority }]) => [after, priority]),
    [
      [null, 5],
      ['L9', 5],
    ],
  );
});

test('a file is sent in parts, as large as the database stores in time', async () => {
  const database = new FakeDatabase();
  database.most = 300;
  const leads = made(database);
  const plan = await planOf(leads, 5000);
  assert.deepEqual(plan.counts, { new: 5000, known: 0, repeated: 0, refused: 0, blank: 0 });
  /** @type {string[]} */
  const phases = [];
  const done = await leads.import('C1', plan, { onProgress: ({ phase }) => phases.push(phase) });
  assert.equal(done.state, 'finished');
  assert.deepEqual(
    database.rows,
    plan.rows.map(({ lead }) => lead),
  );
  assert.deepEqual([...new Set(phases)], ['sending', 'queueing']);
  assert.equal((await leads.undo('I1')).state, 'undone');
});

test('the same file goes on where it was killed; the same file read otherwise does not', async () => {
  const database = new FakeDatabase();
  const leads = made(database);
  const plan = await planOf(leads, 3000);
  database.lives = 3;
  await assert.rejects(leads.import('C1', plan));
  const before = database.rows.length;
  assert.ok(before > 0 && before < 3000);
  assert.ok(!database.asked.some(([name]) => name === 'finish_import'));

  database.lives = Infinity;
  const again = await planOf(leads, 3000, 'renamed.csv');
  assert.equal(again.fingerprint, plan.fingerprint);
  await leads.import('C1', again);
  assert.equal(database.rows.length, 3000);

  const file = await readLeadFile(new File(['Ada,+14155550100'], 'a.csv'));
  const one = await leads.plan('B1', file, file);
  const other = await leads.plan('B1', file, { ...file, columns: { ...file.columns, name: null } });
  assert.notEqual(one.fingerprint, other.fingerprint);
  assert.match(one.fingerprint, /^[0-9a-f]{64}$/);
});

test('an import that is stopped sends nothing more', async () => {
  const database = new FakeDatabase();
  const leads = made(database);
  const plan = await planOf(leads, 3000);
  const stop = new AbortController();
  const onProgress = () => {
    stop.abort();
    database.lives = 0;
  };
  await assert.rejects(leads.import('C1', plan, { signal: stop.signal, onProgress }));
  const asked = database.asked.length;
  await new Promise((resolve) => setTimeout(resolve, 20));
  assert.equal(database.asked.length, asked);
});
