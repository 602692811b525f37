import assert from 'node:assert/strict';
import test from 'node:test';
import { ENCODINGS, decode } from './csv-encoding.js';
import { VoiceError } from './failures.js';

const TEXT = 'Name,Number\nZoë Müller,1\n';

/** @param {string} text @param {boolean} little */
function utf16(text, little) {
  const bytes = new Uint8Array(text.length * 2);
  const view = new DataView(bytes.buffer);
  [...text].forEach((letter, place) => view.setUint16(place * 2, letter.charCodeAt(0), little));
  return bytes;
}

/** One byte for each character. @param {string} text */
const latin1 = (text) => Uint8Array.from(text, (letter) => letter.charCodeAt(0));

test('Unicode files are recognised, with a byte order mark and without', () => {
  /** @type {[Uint8Array, string][]} */
  const files = [
    [new TextEncoder().encode(TEXT), 'utf-8'],
    [new TextEncoder().encode(`\ufeff${TEXT}`), 'utf-8'],
    [utf16(`\ufeff${TEXT}`, true), 'utf-16le'],
    [utf16(`\ufeff${TEXT}`, false), 'utf-16be'],
    [utf16(TEXT, true), 'utf-16le'],
    [utf16(TEXT, false), 'utf-16be'],
  ];
  for (const [bytes, encoding] of files) {
    // What somebody chose is for files that say nothing.
    for (const chosen of encoding === 'utf-8' ? [null] : [null, 'windows-1251']) {
      assert.deepEqual(decode(bytes, chosen), { text: TEXT, encoding, isGuess: false });
    }
  }
});

test('another file is read as Windows does in Western Europe, and that is said', () => {
  const read = decode(latin1('Zo\xeb\n'), null);
  assert.deepEqual(read, { text: 'Zoë\n', encoding: 'windows-1252', isGuess: true });
  assert.equal(decode(latin1('\xcf\xe5\xf2\xf0'), 'windows-1251').text, 'Петр');
  for (const encoding of Object.keys(ENCODINGS)) {
    assert.equal(decode(latin1('Ada\n'), encoding).text, 'Ada\n');
  }
});

test('what is no text is refused, and the message says what it is', () => {
  /** @type {[number[], RegExp][]} */
  const files = [
    [[0x50, 0x4b, 3, 4, 20, 0], /workbook/],
    [[0xd0, 0xcf, 0x11, 0xe0], /old Excel/],
    [[0x25, 0x50, 0x44, 0x46, 0x2d], /PDF/],
    [[0xff, 0xfe, 0, 0, 65, 0, 0, 0], /UTF-32/],
    [[65, 66, 0, 67, 68, 69, 70, 71, 72, 73, 0], /not a text/],
  ];
  for (const [bytes, message] of files) {
    assert.throws(
      () => decode(Uint8Array.from(bytes), null),
      (error) =>
        error instanceof VoiceError &&
        error.failure.code === 'unreadable_file' &&
        message.test(error.failure.message),
    );
  }
});
