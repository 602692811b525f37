import { rounded } from './call-figures.js';

/**
 * @typedef {import('@twilio/voice-sdk').Call} SdkCall
 *
 * @typedef {object} RaisedWarning a warning of the SDK
 * @property {string} name
 * @property {number} first_at seconds into the call, as the browser's clock may be wrong
 * @property {number} last_at when it was raised last
 * @property {number} count
 * @property {number | null} worst
 */

const MOST_WARNINGS = 20;
const MOST_ERRORS = 10;

/** What happened during a call: warnings, errors, lost connections; and how long it was muted, or hidden. */
export class CallIncidents {
  isReconnecting = false;

  #isMuted;
  /** @type {number | null} */
  #begun = null;
  /** @type {Map<string, RaisedWarning>} */
  #warnings = new Map();
  /** @type {{ code: number, at: number }[]} */
  #errors = [];
  #reconnects = 0;
  #reconnecting = new Watch();
  #muted = new Watch();
  #hidden = new Watch();

  /**
   * @param {SdkCall} sdk
   * @param {{ isMuted: () => boolean, onChange: () => void }} options `onChange`: the connection was lost,
   *   or is back
   */
  constructor(sdk, { isMuted, onChange }) {
    this.#isMuted = isMuted;
    sdk.on('mute', (muted) => this.#begun !== null && this.#muted.turn(muted));
    sdk.on('reconnecting', (error) => {
      if (this.#begun === null) return;
      this.#reconnects += 1;
      this.#reconnecting.turn(true);
      this.isReconnecting = true;
      this.#failed(error);
      onChange();
    });
    sdk.on('reconnected', () => {
      this.#reconnecting.turn(false);
      this.isReconnecting = false;
      onChange();
    });
    sdk.on('error', (error) => this.#failed(error));
    sdk.on('warning', (name, data) => this.#warned(name, data));
  }

  begin() {
    this.#begun = performance.now();
    this.#muted.turn(this.#isMuted());
    globalThis.document?.addEventListener('visibilitychange', this.#looked);
    this.#looked();
  }

  end() {
    for (const watch of [this.#reconnecting, this.#muted, this.#hidden]) watch.turn(false);
    globalThis.document?.removeEventListener('visibilitychange', this.#looked);
  }

  report() {
    return {
      reconnects: this.#reconnects,
      reconnect_seconds: this.#reconnecting.seconds,
      muted_seconds: this.#muted.seconds,
      hidden_seconds: this.#hidden.seconds,
      warnings: [...this.#warnings.values()],
      sdk_errors: this.#errors,
    };
  }

  #looked = () => this.#hidden.turn(globalThis.document?.visibilityState === 'hidden');

  get #seconds() {
    return rounded((performance.now() - (this.#begun ?? 0)) / 1000) ?? 0;
  }

  /** @param {{ code?: number } | undefined} error */
  #failed(error) {
    if (this.#begun === null || typeof error?.code !== 'number') return;
    if (this.#errors.length < MOST_ERRORS)
      this.#errors.push({ code: error.code, at: this.#seconds });
  }

  /**
   * @param {string} name for example `high-jitter`
   * @param {{ value?: number, values?: number[] } | null} data
   */
  #warned(name, data) {
    if (this.#begun === null) return;
    const at = this.#seconds;
    const warning = this.#warnings.get(name) ?? {
      name,
      first_at: at,
      last_at: at,
      count: 0,
      worst: null,
    };
    if (!this.#warnings.has(name) && this.#warnings.size >= MOST_WARNINGS) return;
    const values = [data?.values ?? [], data?.value ?? [], warning.worst ?? []].flat();
    const worst = name.startsWith('high-') ? Math.max(...values) : Math.min(...values);
    this.#warnings.set(name, {
      ...warning,
      last_at: at,
      count: warning.count + 1,
      worst: rounded(worst),
    });
  }
}

/** Adds up for how long something was so. */
class Watch {
  #ms = 0;
  /** @type {number | null} */
  #since = null;

  get seconds() {
    const running = this.#since === null ? 0 : performance.now() - this.#since;
    return rounded((this.#ms + running) / 1000);
  }

  /** @param {boolean} on */
  turn(on) {
    const now = performance.now();
    if (this.#since !== null) this.#ms += now - this.#since;
    this.#since = on ? now : null;
  }
}
