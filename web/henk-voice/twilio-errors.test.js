import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { failureOfSdk } from './failure-of.js';
import { TWILIO_CAUSES, TWILIO_CODES, TWILIO_RANGES } from './twilio-error-texts.js';
import { twilioError } from './twilio-errors.js';

const read = (path) => readFileSync(new URL(path, import.meta.url), 'utf8');
const CODES = Object.keys(TWILIO_CODES).map(Number);

test('every error of the Voice SDK has a text of its own', () => {
  const source = read('../../node_modules/@twilio/voice-sdk/lib/twilio/errors/generated.ts');
  const codes = [...source.matchAll(/code: number = (\d+)/g)].map(([, code]) => Number(code));
  assert.ok(codes.length > 30, 'the file has another form');
  for (const code of codes) assert.ok(CODES.includes(code), `${code} is missing`);
});

test('every code that the library tells apart has a text of its own', () => {
  for (let code = 10_000; code < 60_000; code += 1) {
    if (failureOfSdk({ code }).code !== 'unknown') assert.ok(CODES.includes(code), String(code));
  }
});

test('a text has whole sentences, and the page of Twilio about the code', () => {
  for (const code of CODES) {
    const { title, meaning, action, url } = twilioError(code);
    assert.match(title, /^[A-Z].*[\w’]$/, String(code));
    assert.match(meaning, /^[A-Z].*\.$/, String(code));
    assert.match(action, /^[A-Z].*\.$/, String(code));
    assert.equal(url, `https://www.twilio.com/docs/api/errors/${code}`);
  }
});

test('a code that is not in the list has what codes like it have in common', () => {
  assert.equal(twilioError(11_999).meaning, TWILIO_CAUSES.endpoint?.[1]);
  assert.equal(twilioError(53_499).side, 'your_network');
  assert.equal(twilioError(99_999).title, 'Error 99999');
  assert.match(twilioError(Number.NaN).action, /Look the code up/);
  for (const [from, to, cause] of TWILIO_RANGES) {
    assert.ok(from < to && Object.hasOwn(TWILIO_CAUSES, cause), cause);
  }
});

test('every cause is that of a code', () => {
  const used = new Set(Object.values(TWILIO_CODES).map(([, cause]) => cause));
  for (const cause of Object.keys(TWILIO_CAUSES)) {
    assert.ok(used.has(cause) || cause === 'unknown', cause);
  }
});

test('the page about error codes has each of them, with what it means and what to do', () => {
  const page = read('../../docs/twilio-errors.md');
  const rows = [...page.matchAll(/^\| \[(\d+)\]\((\S+)\) \| (.+?) \| (.+?) \|$/gm)];
  const documented = rows.map(([, code, url, title, cause]) => [Number(code), url, title, cause]);
  const wanted = CODES.map((code) => {
    const { title, url } = twilioError(code);
    return [code, url, title, TWILIO_CODES[code]?.[1]];
  });
  assert.deepEqual(documented, wanted);
  for (const [name, [side, meaning, action]] of Object.entries(TWILIO_CAUSES)) {
    assert.ok(page.includes(`| \`${name}\` | ${side} | ${meaning} | ${action} |`), name);
  }
});
