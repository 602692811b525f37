/** @typedef {'both' | 'lead' | 'ours'} Heard */

/** Which of the two channels each choice lets through: the lead's voice, and what the lead heard. */
const GAINS = { both: [1, 1], lead: [1, 0], ours: [0, 1] };

/** Lets a person hear both sides of a recording with two channels, or only one, in both ears. */
export class Channels {
  #audio;
  /** @type {AudioContext | null} */
  #context = null;
  /** @type {GainNode[]} */
  #gains = [];
  /** @type {Heard} */
  #heard = 'both';

  /** @param {HTMLAudioElement} audio */
  constructor(audio) {
    this.#audio = audio;
  }

  /** @param {Heard} heard */
  choose(heard) {
    this.#heard = heard;
    if (this.#context) this.#apply();
  }

  /**
   * Begins to mix, if there are two channels. Call it when somebody has pressed a button: browsers allow
   * sound only then.
   *
   * @param {number} count of channels. One: it is the first of the two here, so choose `both` for it
   */
  begin(count) {
    if (count < 2 && !this.#context) return;
    if (!this.#context) {
      const context = new AudioContext();
      const splitter = context.createChannelSplitter(2);
      context.createMediaElementSource(this.#audio).connect(splitter);
      this.#gains = [0, 1].map((channel) => {
        const gain = context.createGain();
        splitter.connect(gain, channel);
        gain.connect(context.destination);
        return gain;
      });
      this.#context = context;
    }
    this.#apply();
    void this.#context.resume();
  }

  close() {
    void this.#context?.close();
  }

  #apply() {
    for (const [channel, gain] of this.#gains.entries()) {
      gain.gain.value = GAINS[this.#heard][channel] ?? 1;
    }
  }
}
