import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SettingsNews } from './settings-news.js';

function newsAndTold() {
  /** @type {any[]} */
  const [toTabs, told] = [[], []];
  const news = new SettingsNews((change) => toTabs.push(change));
  news.on('settings', ({ subject }) => told.push(subject));
  return { news, toTabs, told };
}

test('the heartbeat tells that something has changed, and the first one what is the state', () => {
  const { news, toTabs, told } = newsAndTold();
  news.learn(0);
  news.learn(0);
  assert.deepEqual(told, []);
  news.learn(7);
  news.learn(7);
  assert.deepEqual([told, toTabs], [[null], [{ id: 7, subject: null }]]);
  news.forget();
  news.learn(9);
  assert.deepEqual(told, [null]);
});

test('a broadcast tells what has changed, whatever order they come in, and the heartbeat not again', () => {
  const { news, toTabs, told } = newsAndTold();
  news.learn(5);
  news.changed({ id: 7, subject: 'outcome' });
  news.changed({ id: 6, subject: 'business' });
  news.learn(7);
  assert.deepEqual(told, ['outcome', 'business']);
  // Every tab hears broadcasts itself.
  assert.deepEqual(toTabs, []);
  news.learn(8);
  assert.deepEqual(told, ['outcome', 'business', null]);
});

test('tabs without a heartbeat of their own hear it from the one that has the phone', () => {
  const { news, told } = newsAndTold();
  news.learnElsewhere({ id: 3, subject: null });
  news.learnElsewhere({ id: 3, subject: null });
  assert.deepEqual(told, [null]);
});
