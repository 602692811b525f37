// Runs the unit tests of web/, each file in a thread of its own: it has its own modules and globals, as with
// `node --test`, and costs half as much as a process. Call it in the folder of the tests.
import { readdirSync } from 'node:fs';
import { resolve } from 'node:path';
import { text } from 'node:stream/consumers';
import { Worker } from 'node:worker_threads';

const AT_ONCE = 4;
const files = readdirSync('.', { recursive: true }).filter((name) => name.endsWith('.test.js'));

async function runNext() {
  for (let name = files.shift(); name; name = files.shift()) {
    const thread = new Worker(resolve(name), { stdout: true });
    thread.on('error', (error) => console.error(name, error));
    const over = new Promise((resolved) => thread.on('exit', resolved));
    const [printed, code] = await Promise.all([text(thread.stdout), over]);
    process.stdout.write(printed);
    if (code === 0) continue;
    console.error(`${name} failed`);
    process.exitCode = 1;
  }
}

await Promise.all(Array.from({ length: AT_ONCE }, runNext));
