/** Looks at the sound of a stream, again and again, until it is stopped. */
export class StreamSamples {
  #context = new AudioContext();
  #timer;

  /**
   * @param {MediaStream} stream
   * @param {object} options
   * @param {number} options.everyMs
   * @param {number} [options.size] how many samples a look has, at most: a power of two
   * @param {(samples: Float32Array) => void} options.onLook from -1 to 1. Not called while the browser keeps the
   *   context suspended, because nobody has used the page
   */
  constructor(stream, { everyMs, size = 2048, onLook }) {
    const context = this.#context;
    const analyser = context.createAnalyser();
    analyser.fftSize = size;
    const samples = new Float32Array(size);
    context.createMediaStreamSource(stream).connect(analyser);
    context.resume().catch(() => {});
    this.#timer = setInterval(() => {
      if (context.state !== 'running') return;
      analyser.getFloatTimeDomainData(samples);
      onLook(samples);
    }, everyMs);
  }

  stop() {
    clearInterval(this.#timer);
    if (this.#context.state !== 'closed') this.#context.close().catch(() => {});
  }
}
