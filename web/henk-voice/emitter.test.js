import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';
import { Emitter } from './emitter.js';

/** @type {Emitter<{ ring: number }>} */
let emitter;
/** @type {number[]} */
let heard;

beforeEach(() => {
  emitter = new Emitter();
  heard = [];
});

test('a listener gets what the event carries', () => {
  emitter.on('ring', (count) => heard.push(count));
  emitter.emit('ring', 1);
  emitter.emit('ring', 2);
  assert.deepEqual(heard, [1, 2]);
});

test('a listener does not hear events of other names', () => {
  emitter.on('ring', (count) => heard.push(count));
  emitter.emit('end', 1);
  assert.deepEqual(heard, []);
});

test('the function that on() returns removes the listener', () => {
  const off = emitter.on('ring', (count) => heard.push(count));
  off();
  emitter.emit('ring', 1);
  assert.deepEqual(heard, []);
});

test('an aborted signal removes the listener', () => {
  const controller = new AbortController();
  emitter.on('ring', (count) => heard.push(count), { signal: controller.signal });
  emitter.emit('ring', 1);
  controller.abort();
  emitter.emit('ring', 2);
  assert.deepEqual(heard, [1]);
});

test('addEventListener works too, as with any EventTarget', () => {
  emitter.addEventListener('ring', (event) => heard.push(event.detail));
  emitter.emit('ring', 1);
  assert.deepEqual(heard, [1]);
});
