import assert from 'node:assert/strict';
import { test } from 'node:test';
import { pathOf, viewAt } from './address.js';

test('an address without a path is the home page', () => {
  for (const hash of ['', '#', '#/', '#//']) assert.equal(pathOf(hash), '/');
});

test('the path ends before a question mark and has no slash at its end', () => {
  assert.equal(pathOf('#/reports'), '/reports');
  assert.equal(pathOf('#/reports/'), '/reports');
  assert.equal(pathOf('#/reports?week=4'), '/reports');
});

test('an address of an element of the page has no path', () => {
  assert.equal(pathOf('#main'), null);
});

test('a view is found by its whole path alone', () => {
  const [home, reports] = [{ path: '/' }, { path: '/reports' }];
  const views = [home, reports];
  assert.equal(viewAt(views, '/'), home);
  assert.equal(viewAt(views, '/reports'), reports);
  for (const path of ['/report', '/reports/4', '/Reports']) assert.equal(viewAt(views, path), null);
});
