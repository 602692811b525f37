/** What tabs of one browser share, and a call that rings, for the unit tests. It has no tests of its own. */

import { EventEmitter } from 'node:events';

/** Stands in for `navigator.locks` of all tabs. */
export class FakeLocks {
  /** @type {Map<string, { held: boolean, waiting: (() => void)[] }>} */
  #locks = new Map();
  /** Whether the browser forbids locks. */
  forbidden = false;

  async request(name, options, callback = options) {
    await null;
    if (this.forbidden) throw new DOMException('The operation is insecure.', 'SecurityError');
    const lock = this.#locks.get(name) ?? { held: false, waiting: [] };
    this.#locks.set(name, lock);
    const { signal, ifAvailable } = options;
    if (lock.held && ifAvailable) return callback(null);
    if (lock.held) {
      await new Promise((resolve, reject) => {
        lock.waiting.push(resolve);
        signal?.addEventListener('abort', () => {
          lock.waiting = lock.waiting.filter((one) => one !== resolve);
          reject(signal.reason);
        });
      });
    }
    lock.held = true;
    try {
      return await callback({ name });
    } finally {
      lock.held = false;
      lock.waiting.shift()?.();
    }
  }

  async query() {
    if (this.forbidden) throw new DOMException('The operation is insecure.', 'SecurityError');
    const all = [...this.#locks].map(([name, { held, waiting }]) => ({ name, held, waiting }));
    return {
      held: all.filter(({ held }) => held),
      pending: all.flatMap(({ name, waiting }) => waiting.map(() => ({ name }))),
    };
  }
}

/** Stands in for `BroadcastChannel`. */
export class FakeChannel extends EventTarget {
  /** @type {Set<FakeChannel>} */
  static open = new Set();

  constructor(name) {
    super();
    this.name = name;
    FakeChannel.open.add(this);
  }

  postMessage(data) {
    for (const other of FakeChannel.open) {
      if (other === this || other.name !== this.name) continue;
      queueMicrotask(() => other.dispatchEvent(new MessageEvent('message', { data })));
    }
  }

  close() {
    FakeChannel.open.delete(this);
  }
}

/** Gives all tabs new locks and channels. @returns {FakeLocks} */
export function openBrowser() {
  const locks = new FakeLocks();
  FakeChannel.open.clear();
  Object.defineProperty(globalThis, 'navigator', { value: { locks }, configurable: true });
  globalThis.BroadcastChannel = FakeChannel;
  return locks;
}

/** Stands in for a call of the Voice SDK that comes in. */
export class IncomingSdkCall extends EventEmitter {
  parameters = { CallSid: 'CA-teammate' };
  customParameters = new Map([
    ['conversationId', 'conversation'],
    ['reason', 'transfer'],
    ['by', 'ada'],
  ]);
  state = 'pending';
  /** What was done to it. @type {string[]} */
  done = [];

  status() {
    return this.state;
  }

  accept() {
    this.#leave('accept', 'open');
  }

  reject() {
    this.#leave('reject', 'closed');
  }

  ignore() {
    this.#leave('ignore', 'closed');
  }

  disconnect() {
    if (this.state === 'open') this.#leave('disconnect', 'closed', 'open');
  }

  /** The phone network does not ring it any more. */
  cancel() {
    this.state = 'closed';
    this.emit('cancel');
  }

  #leave(what, state, from = 'pending') {
    if (this.state !== from) return;
    this.done.push(what);
    this.state = state;
  }
}

/** Lets everything happen that waits for nothing but promises. */
export async function settle() {
  for (let turn = 0; turn < 30; turn += 1) await Promise.resolve();
}
