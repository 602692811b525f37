import assert from 'node:assert/strict';
import test from 'node:test';
import { csvRows, csvText, separatorOf } from './csv.js';

/** @param {string} text */
const read = (text, separator = ',') => [...csvRows(text, separator)].map(({ cells }) => cells);
/** @param {string} text */
const broken = (text) => [...csvRows(text, ',')].map(({ isBroken }) => isBroken);

test('cells are separated, and marks of quotation are taken off', () => {
  assert.deepEqual(read('a,b,c\n1,,3'), [
    ['a', 'b', 'c'],
    ['1', '', '3'],
  ]);
  assert.deepEqual(read('"a","b, c","d ""e"" f","",g h'), [['a', 'b, c', 'd "e" f', '', 'g h']]);
  assert.deepEqual(read('"two\nlines",x\r\n"",y'), [
    ['two\nlines', 'x'],
    ['', 'y'],
  ]);
  assert.deepEqual(read('5" pipe,"a" ,b'), [['5" pipe', 'a', 'b']]);
});

test('every end of a line ends a row, and empty rows keep their place', () => {
  for (const end of ['\n', '\r\n', '\r']) {
    assert.deepEqual(read(`a${end}${end}b${end}`), [['a'], [''], ['b']]);
  }
  assert.deepEqual(read(''), []);
  assert.deepEqual(read(',\n,'), [
    ['', ''],
    ['', ''],
  ]);
});

test('a quotation mark that nobody closes spoils its own row alone', () => {
  for (const bad of ['"Ada,1', '"Ada" Lovelace,1', 'x,"', '"']) {
    const text = `Bea,2\n${bad}\n"Cleo",3\n"Dora, Dr.",4`;
    assert.deepEqual(broken(text), [false, true, false, false], bad);
    assert.deepEqual(read(text).at(-1), ['Dora, Dr.', '4']);
  }
  // A cell is not longer than Excel's.
  const text = `"Ada,1\n${'Bea,2\n'.repeat(10_000)}Cleo",3\n`;
  assert.equal(read(text).length, 10_002);
});

test('a hundred thousand marks that nobody closes are read once each', () => {
  assert.equal(read('"a,b\n'.repeat(100_000)).length, 100_000);
});

test('the separator is the one that makes rows of the same length', () => {
  for (const separator of [',', ';', '\t', '|']) {
    const rows = ['name', 'number', 'e-mail'].join(separator);
    assert.equal(separatorOf(`${rows}\n${rows}\n`).separator, separator);
  }
  assert.equal(separatorOf('Name;Number\n"Ada, Countess";1\nBea;2,5\n').separator, ';');
  assert.equal(separatorOf('Name,Note\nAda,a; b; c\nBea,d; e\nCleo,\n').separator, ',');
  assert.equal(separatorOf('+14155550100\n+14155550101').separator, ',');
  assert.deepEqual(separatorOf('sep=;\r\na;b'), { separator: ';', skipped: 7 });
  assert.deepEqual(separatorOf('"sep=|"\na|b'), { separator: '|', skipped: 8 });
  assert.equal(separatorOf('').separator, ',');
});

test('what is written is read again, and no cell is a formula', () => {
  const cells = ['plain', 'a, b', 'say "hi"', 'two\nlines', ' spaced ', '', 'ä€𝄞', 'a;b', 'a\tb'];
  assert.deepEqual(read(csvText([cells, cells]).slice(1)), [cells, cells]);
  const formulas = ['=1+1', '+1415', '-2', '@SUM(A1)', '\t=1', '\r=1', '\n=1', '＝1', '－2'];
  for (const [index, cell] of (read(csvText([formulas]).slice(1))[0] ?? []).entries()) {
    assert.equal(cell, `'${formulas[index]}`);
  }
  assert.equal(csvText([['a', null, 3, -0.5]]), '\ufeffa,,3,-0.5\r\n');
});
