import { failureOf } from '../../henk-voice/henk-voice.js';
import { create, element, say, sayParts } from '../shared/dom.js';
import { duration } from '../shared/words.js';
import { Channels } from './channels.js';

/**
 * @typedef {import('../../henk-voice/henk-voice.js').RecordingAddress} RecordingAddress
 * @typedef {import('./channels.js').Heard} Heard
 *
 * @typedef {object} Playable
 * @property {number} seconds
 * @property {number} channels
 * @property {(signal: AbortSignal) => Promise<RecordingAddress | undefined>} address asks for an address;
 *   it is on record as a play
 * @property {(url: string, signal: AbortSignal) => void} onAddress
 */

/** An address lives for five minutes. What begins later needs a new one. */
const ADDRESS_LIVES_MS = 290_000;
const STEP_SECONDS = 5;

/** Plays a recording: from any place, at any speed, and each side alone if there are two. */
export class Player {
  #box = element('player', HTMLElement);
  #audio = element('player-audio', HTMLAudioElement);
  #play = element('player-play', HTMLButtonElement);
  #seek = element('player-seek', HTMLInputElement);
  #time = element('player-time', HTMLElement);
  #speed = element('player-speed', HTMLSelectElement);
  #sides = element('player-sides', HTMLFieldSetElement);
  #trouble = element('player-trouble', HTMLElement);
  #channels = new Channels(this.#audio);
  /** @type {Playable | null} */
  #playable = null;
  /** Until when the address can be asked for another part, by the page's own clock. */
  #validUntil = 0;
  /** Whether a new address was tried since the sound came last. */
  #triedAgain = false;
  #loading = new AbortController();

  /** @param {AbortSignal} signal ends it */
  constructor(signal) {
    this.#play.addEventListener('click', () => void this.#toggle());
    this.#seek.addEventListener('input', () => this.jump(Number(this.#seek.value)));
    this.#seek.addEventListener('keydown', (event) => this.#step(event));
    this.#speed.addEventListener('change', () => this.#applySpeed());
    this.#sides.addEventListener('change', ({ target }) => {
      if (target instanceof HTMLInputElement) {
        this.#channels.choose(/** @type {Heard} */ (target.value));
      }
    });
    const audio = this.#audio;
    for (const name of ['play', 'pause', 'ended']) audio.addEventListener(name, () => this.#show());
    audio.addEventListener('timeupdate', () => {
      if (!audio.paused) this.#triedAgain = false;
      this.#show();
    });
    audio.addEventListener('error', () => void this.#broken());
    signal.addEventListener('abort', () => {
      this.unload();
      this.#channels.close();
    });
  }

  /** @param {Playable} playable */
  load(playable) {
    this.unload();
    this.#playable = playable;
    this.#box.hidden = false;
    this.#seek.max = String(playable.seconds);
    this.#seek.value = '0';
    this.#sides.hidden = playable.channels < 2;
    const both = this.#sides.querySelector('input');
    if (both) both.checked = true;
    this.#channels.choose('both');
    this.#show();
  }

  /** Stops, and forgets the address. */
  unload() {
    this.#loading.abort();
    this.#loading = new AbortController();
    this.#playable = null;
    this.#validUntil = 0;
    this.#triedAgain = false;
    this.#audio.pause();
    this.#audio.removeAttribute('src');
    this.#audio.load();
    this.#box.hidden = true;
    sayParts(this.#trouble);
  }

  /** @param {number} seconds from the beginning */
  jump(seconds) {
    this.#seek.value = String(seconds);
    if (!this.#hasSource) return this.#show();
    // A part that was not loaded yet cannot be asked for any more.
    if (this.#isExpired) void this.#start(!this.#audio.paused);
    else this.#audio.currentTime = seconds;
    this.#show();
  }

  get #hasSource() {
    return this.#audio.hasAttribute('src');
  }

  get #isExpired() {
    return performance.now() > this.#validUntil;
  }

  async #toggle() {
    // Each address is a play on record.
    if (!this.#playable || this.#play.ariaDisabled === 'true') return;
    if (!this.#audio.paused) return this.#audio.pause();
    this.#channels.begin(this.#playable.channels);
    if (!this.#hasSource || this.#isExpired) return this.#start(true);
    if (this.#audio.ended) this.#audio.currentTime = 0;
    await this.#audio.play().catch(() => {});
  }

  /**
   * Asks for an address, and goes on where the slider is.
   *
   * @param {boolean} plays
   */
  async #start(plays) {
    const playable = this.#playable;
    if (!playable) return;
    const { signal } = this.#loading;
    sayParts(this.#trouble);
    this.#play.setAttribute('aria-disabled', 'true');
    try {
      const address = await playable.address(signal);
      if (signal.aborted || !address) return;
      this.#validUntil = performance.now() + ADDRESS_LIVES_MS;
      const from = Number(this.#seek.value);
      this.#audio.src = address.url;
      this.#applySpeed();
      if (from < playable.seconds) this.#audio.currentTime = from;
      if (plays) await this.#audio.play();
      playable.onAddress(address.url, signal);
    } catch (error) {
      // A source that cannot be played is told by the event `error`, too.
      if (!signal.aborted && !(error instanceof DOMException)) this.#tell(error);
    } finally {
      this.#play.removeAttribute('aria-disabled');
      this.#show();
    }
  }

  /** The address may have expired while the sound was loaded. */
  async #broken() {
    if (!this.#hasSource || !this.#playable) return;
    if (this.#triedAgain) {
      this.#audio.removeAttribute('src');
      this.#tell(null);
      return this.#show();
    }
    this.#triedAgain = true;
    await this.#start(true);
  }

  /** @param {unknown} error */
  #tell(error) {
    if (!error)
      return sayParts(this.#trouble, 'The recording could not be loaded. Press Play to try again.');
    const { title, message, action } = failureOf(error);
    sayParts(this.#trouble, create('strong', {}, title), ` ${message} ${action}`);
  }

  #applySpeed() {
    // Loading a source sets the speed to its default.
    this.#audio.defaultPlaybackRate = Number(this.#speed.value);
    this.#audio.playbackRate = Number(this.#speed.value);
  }

  /** Arrow keys go further than the slider's own step. @param {KeyboardEvent} event */
  #step(event) {
    const steps = { ArrowRight: 1, ArrowUp: 1, ArrowLeft: -1, ArrowDown: -1 };
    const step = steps[/** @type {keyof typeof steps} */ (event.key)];
    if (!step || !this.#playable) return;
    event.preventDefault();
    const to = Number(this.#seek.value) + step * STEP_SECONDS;
    this.jump(Math.min(this.#playable.seconds, Math.max(0, to)));
  }

  #show() {
    if (!this.#playable) return;
    const { seconds } = this.#playable;
    const audio = this.#audio;
    if (this.#hasSource && audio.readyState > 0) this.#seek.value = String(audio.currentTime);
    const now = duration(Math.floor(Number(this.#seek.value)));
    say(this.#time, `${now} / ${duration(Math.round(seconds))}`);
    this.#seek.setAttribute('aria-valuetext', `${now} of ${duration(Math.round(seconds))}`);
    say(this.#play, audio.paused || audio.ended ? 'Play' : 'Pause');
    this.#box.style.setProperty(
      '--played',
      `${(100 * Number(this.#seek.value)) / (seconds || 1)}%`,
    );
  }
}
