// Runs the unit tests of web/. Most files share one thread, and each of the others has its own: one that has
// hooks, which are for all tests of a thread, or changes what others use. A thread costs half as much as a
// process, and twenty times as much as a file. Call it in the folder of the tests.
import { readdirSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { text } from 'node:stream/consumers';
import { pathToFileURL } from 'node:url';
import { Worker } from 'node:worker_threads';

const AT_ONCE = 4;
const ALONE = /\b(globalThis|mock)\b|\b(before|after)(Each)?\(|^\/\/ In a thread of its own/m;
const files = readdirSync('.', { recursive: true }).filter((name) => name.endsWith('.test.js'));
const alone = files.filter((name) => ALONE.test(readFileSync(name, 'utf8')));
const threads = [files.filter((name) => !alone.includes(name)), ...alone.map((name) => [name])];

/** Imports the files, one after the other, and says so. */
function script(names) {
  return names.map((name) => {
    const done = `process.stdout.write(${JSON.stringify(`ran ${name}\n`)});`;
    return `await import(${JSON.stringify(pathToFileURL(resolve(name)))}); ${done}`;
  });
}

async function runNext() {
  for (let names = threads.shift(); names; names = threads.shift()) {
    const source = `data:text/javascript,${encodeURIComponent(script(names).join('\n'))}`;
    const thread = new Worker(new URL(source), { stdout: true });
    thread.on('error', (error) => console.error(...names, error));
    const over = new Promise((resolved) => thread.on('exit', resolved));
    const [printed, code] = await Promise.all([text(thread.stdout), over]);
    process.stdout.write(printed);
    if (code === 0) continue;
    console.error(`${names.join(', ')} failed`);
    process.exitCode = 1;
  }
}

await Promise.all(Array.from({ length: AT_ONCE }, runNext));
