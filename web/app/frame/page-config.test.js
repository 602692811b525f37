import assert from 'node:assert/strict';
import { test } from 'node:test';
import { shownViews } from './page-config.js';

test('views that another page has are left out, the home page never', () => {
  const views = ['/', '/contacts', '/contacts-of-mine', '/reports'].map((path) => ({ path }));
  const left = (hidden) => shownViews(views, hidden).map(({ path }) => path);
  assert.deepEqual(left(['contacts', '']), ['/', '/contacts-of-mine', '/reports']);
  const people = { path: '/people', within: '/settings' };
  const settings = { path: '/settings' };
  assert.deepEqual(shownViews([settings, people], []), [settings, people]);
  assert.deepEqual(shownViews([settings, people], ['settings']), [{ path: '/people' }]);
  assert.deepEqual(left([]), ['/', '/contacts', '/contacts-of-mine', '/reports']);
});
