import { VoiceError, failure } from './failures.js';

/** What a file may be decoded as if it says nothing itself and is not UTF-8: the names of `TextDecoder`. */
export const ENCODINGS = Object.freeze({
  'windows-1252': 'Western Europe (Windows)',
  macintosh: 'Western Europe (Mac)',
  'windows-1250': 'Central Europe (Windows)',
  'windows-1251': 'Cyrillic (Windows)',
  'windows-1253': 'Greek (Windows)',
  'windows-1254': 'Turkish (Windows)',
  'windows-1255': 'Hebrew (Windows)',
  'windows-1256': 'Arabic (Windows)',
  shift_jis: 'Japanese (Shift JIS)',
  gb18030: 'Chinese (GB 18030)',
  big5: 'Chinese (Big5)',
  'euc-kr': 'Korean (EUC-KR)',
});

const SAMPLE_BYTES = 4096;

/** What the first bytes of files are that are no texts. @type {[number[], string][]} */
const OTHERS = [
  [[0x50, 0x4b, 0x03, 0x04], 'an Excel, Numbers or LibreOffice workbook'],
  [[0xd0, 0xcf, 0x11, 0xe0], 'an old Excel workbook'],
  [[0x25, 0x50, 0x44, 0x46], 'a PDF file'],
  [[0x1f, 0x8b], 'a compressed file'],
  [[0x89, 0x50, 0x4e, 0x47], 'a picture'],
  [[0xff, 0xd8, 0xff], 'a picture'],
];

/**
 * Decodes a text file.
 *
 * @param {Uint8Array} bytes
 * @param {string | null} chosen a name of `ENCODINGS` for a file that is not Unicode
 * @returns {{ text: string, encoding: string, isGuess: boolean }} `isGuess`: letters other than A to Z may be
 *   wrong
 * @throws {VoiceError} `unreadable_file`
 */
export function decode(bytes, chosen) {
  const what = OTHERS.find(([head]) => head.every((byte, place) => bytes[place] === byte));
  if (what) throw unreadable(`This is ${what[1]}, and not a CSV file.`);
  const said = unicodeOf(bytes);
  if (said === 'utf-32') throw unreadable('The file is encoded in UTF-32.');
  if (said) {
    return { text: new TextDecoder(said).decode(bytes), encoding: said, isGuess: false };
  }
  if (bytes.subarray(0, SAMPLE_BYTES).includes(0)) throw unreadable('This is not a text file.');
  if (!chosen) {
    try {
      const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
      return { text, encoding: 'utf-8', isGuess: false };
    } catch {
      // It is in an older encoding, and does not say in which.
    }
  }
  const encoding = chosen ?? 'windows-1252';
  return { text: new TextDecoder(encoding).decode(bytes), encoding, isGuess: !chosen };
}

/**
 * @param {Uint8Array} bytes
 * @returns {string | null} the Unicode encoding that the file has, by its first bytes
 */
function unicodeOf(bytes) {
  const [a, b, c, d] = bytes;
  if (a === 0xef && b === 0xbb && c === 0xbf) return 'utf-8';
  if (a === 0xff && b === 0xfe)
    return c === 0 && d === 0 && bytes.length > 2 ? 'utf-32' : 'utf-16le';
  if (a === 0xfe && b === 0xff) return 'utf-16be';
  if (a === 0 && b === 0 && c === 0xfe && d === 0xff) return 'utf-32';
  // Without a mark: Latin letters have a zero as every other byte.
  const zeros = [0, 0];
  const sample = bytes.subarray(0, SAMPLE_BYTES);
  sample.forEach((byte, place) => {
    if (byte === 0) zeros[place % 2] = (zeros[place % 2] ?? 0) + 1;
  });
  const [even = 0, odd = 0] = zeros;
  const many = sample.length / 5;
  if (odd > many && even === 0) return 'utf-16le';
  if (even > many && odd === 0) return 'utf-16be';
  return null;
}

/** @param {string} message */
function unreadable(message) {
  return new VoiceError(failure('unreadable_file', { message }));
}
