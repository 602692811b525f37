import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { FAILURES } from './failure-texts.js';
import { VoiceCall } from './call.js';
import { ControlledCall } from './controlled-call.js';
import * as library from './henk-voice.js';
import { LineCheck } from './line-check.js';
import { Queue } from './queue.js';
import { REASONS } from './queue-reasons.js';
import { Ring } from './ring.js';
import { Workspace } from './workspace.js';

const read = (name) => readFileSync(new URL(`../../docs/${name}`, import.meta.url), 'utf8');
const PAGE = ['client-library', 'client-ringing', 'client-settings', 'checking']
  .map((page) => read(`${page}.md`))
  .join('\n## \n');
const QUEUE_PAGE = read('client-queue.md');

/** What other files of the library use. */
const INTERNAL = new Set([
  ...['constructor', 'attach', 'fail', 'hangUpNow', 'setAwaitingMicrophone', 'update'],
  ...['changed', 'learn', 'leave', 'leavesOthers', 'request'],
  ...['answered', 'ignore', 'refuse', 'ringOn', 'setConversation'],
]);

/** The rows of a table: its cells as they are written. */
function tableAfter(heading) {
  const [, rest = ''] = PAGE.split(`\n## ${heading}\n`);
  const [section = ''] = rest.split('\n## ');
  const lines = section.split('\n').filter((line) => line.startsWith('| '));
  return lines.slice(1).map((line) =>
    line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );
}

test('the table of failures has every failure with its title, and no other', () => {
  const documented = [];
  for (const [codes = '', title = ''] of [
    ...tableAfter('Failures'),
    ...tableAfter('Failures of settings'),
  ]) {
    for (const [, code = ''] of codes.matchAll(/`(\w+)`/g)) {
      documented.push(code);
      assert.ok(Object.hasOwn(FAILURES, code), `there is no ${code}`);
      if (title) assert.equal(title, FAILURES[code][0], code);
    }
  }
  assert.deepEqual(documented.sort(), Object.keys(FAILURES).sort());
});

test('what the package exports is documented', () => {
  for (const name of Object.keys(library)) assert.ok(PAGE.includes(`\`${name}`), name);
});

test('every public member is documented', () => {
  for (const { prototype } of [
    library.HenkVoice,
    Workspace,
    VoiceCall,
    ControlledCall,
    Ring,
    LineCheck,
  ]) {
    for (const name of Object.getOwnPropertyNames(prototype)) {
      if (!INTERNAL.has(name)) assert.match(PAGE, new RegExp(`\`${name}[\`(]`), name);
    }
  }
});

test('every member of the queue is documented, and every reason why it stops', () => {
  const queue = new Queue({ on: () => {} }, {});
  const members = Object.getOwnPropertyNames(Queue.prototype);
  const fields = ['state', 'why', 'isRunning', 'callerId', 'call', 'stopCountdown'];
  for (const name of [...members, ...fields]) {
    assert.ok(name in queue, name);
    if (name !== 'constructor') assert.match(QUEUE_PAGE, new RegExp(`\`${name}[\`(]`), name);
  }
  for (const code of Object.keys(REASONS)) assert.ok(QUEUE_PAGE.includes(`\n| \`${code}\` `), code);
});
