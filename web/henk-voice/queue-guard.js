import { failure } from './failures.js';
import { queueReason } from './queue-reasons.js';

/**
 * @typedef {import('./failures.js').Failure} Failure
 * @typedef {import('./queue-reasons.js').QueueReason} QueueReason
 */

const HIDDEN_FOR_MS = 60_000;

/**
 * Watches what around the queue must stop it: a tab out of sight, the network, the phone, a headset that
 * is gone.
 */
export class QueueGuard {
  #voice;
  #onStop;
  #hiddenSince = 0;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;
  /** @type {(() => void)[]} */
  #ends = [];

  /**
   * @param {Pick<import('./queue-cycle.js').QueueVoice, 'on' | 'failure' | 'audio'>} voice
   * @param {(why: Failure | QueueReason) => void} onStop
   */
  constructor(voice, onStop) {
    this.#voice = voice;
    this.#onStop = onStop;
  }

  start() {
    this.stop();
    const offline = () => this.#onStop(failure('offline'));
    globalThis.addEventListener?.('offline', offline);
    globalThis.document?.addEventListener('visibilitychange', this.#look);
    this.#ends = [
      () => globalThis.removeEventListener?.('offline', offline),
      () => globalThis.document?.removeEventListener('visibilitychange', this.#look),
      this.#voice.on('failure', (cause) => this.#onStop(cause)),
      this.#voice.audio.on('change', ({ lost }) => {
        if (lost.length) this.#onStop(queueReason('device_lost'));
      }),
    ];
    this.#look();
  }

  stop() {
    clearTimeout(this.#timer);
    this.#hiddenSince = 0;
    for (const end of this.#ends) end();
    this.#ends = [];
  }

  /** @returns {Failure | QueueReason | null} why no call may be placed now */
  get whyNot() {
    if (this.#hiddenSince && Date.now() - this.#hiddenSince >= HIDDEN_FOR_MS) {
      return queueReason('tab_hidden');
    }
    if (globalThis.navigator?.onLine === false) return failure('offline');
    return this.#voice.failure;
  }

  #look = () => {
    clearTimeout(this.#timer);
    const isHidden = globalThis.document?.visibilityState === 'hidden';
    this.#hiddenSince = isHidden ? this.#hiddenSince || Date.now() : 0;
    if (!isHidden) return;
    this.#timer = setTimeout(() => this.#onStop(queueReason('tab_hidden')), HIDDEN_FOR_MS);
  };
}
