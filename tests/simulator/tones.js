// The page's tone and ears; see tones.py, which fills in the constants.
(() => {
  const RATE = 8000;
  const EVERY_MS = 20;
  const LOUD = 0.02;

  const openMicrophone = async () => {
    const context = new AudioContext();
    const tone = new OscillatorNode(context, { frequency: OWN_TONE });
    const volume = new GainNode(context, { gain: 0.2 });
    const microphone = new MediaStreamAudioDestinationNode(context);
    tone.connect(volume).connect(microphone);
    tone.start();
    await context.resume();
    return microphone.stream;
  };
  // An empty page has no devices.
  if (navigator.mediaDevices) navigator.mediaDevices.getUserMedia = openMicrophone;

  /** The amplitude of a frequency in samples, 1 for full scale. */
  function amplitude(samples, hertz) {
    const turn = 2 * Math.cos((2 * Math.PI * hertz) / RATE);
    let [last, beforeLast, weight] = [0, 0, 0];
    for (const [n, sample] of samples.entries()) {
      // Hann's window: a loud tone does not hide the ones beside it.
      const part = 0.5 - 0.5 * Math.cos((2 * Math.PI * n) / samples.length);
      weight += part;
      [last, beforeLast] = [part * sample + turn * last - beforeLast, last];
    }
    return (2 * Math.sqrt(last ** 2 + beforeLast ** 2 - turn * last * beforeLast)) / weight;
  }

  class Ears {
    constructor() {
      /** When each tone was heard: pairs of time and tones. */
      this.record = [];
      this.context = null;
    }

    listen(track) {
      if (!this.context) this.open();
      const source = this.context.createMediaStreamSource(new MediaStream([track]));
      source.connect(this.short);
      source.connect(this.long);
    }

    open() {
      this.context = new AudioContext({ sampleRate: RATE });
      this.short = new AnalyserNode(this.context, { fftSize: 512 });
      this.long = new AnalyserNode(this.context, { fftSize: 4096 });
      setInterval(() => {
        this.record.push([performance.now(), this.present(this.short, TONES)]);
        if (this.record.length > 10_000) this.record.shift();
      }, EVERY_MS);
    }

    /** The frequencies that an analyser hears. */
    present(analyser, frequencies) {
      const samples = new Float32Array(analyser.fftSize);
      analyser.getFloatTimeDomainData(samples);
      return frequencies.filter((hertz) => amplitude(samples, hertz) > LOUD);
    }

    heard() {
      if (!this.context) return { tones: [], music: false, ringback: false };
      if (this.context.state !== 'running') throw new Error('the page may not play sound');
      return {
        tones: this.present(this.long, TONES),
        music: this.present(this.long, MUSIC).length > 0,
        ringback: this.present(this.long, RINGBACK).length > 0,
      };
    }

    gap(hertz, since) {
      let [last, longest] = [since, 0];
      for (const [at, tones] of this.record) {
        if (at < since) continue;
        longest = Math.max(longest, at - last);
        if (tones.includes(hertz)) last = at;
      }
      return longest;
    }
  }

  const ears = (window.ears = new Ears());
  window.RTCPeerConnection = class extends RTCPeerConnection {
    constructor(...given) {
      super(...given);
      this.addEventListener('track', ({ track }) => ears.listen(track));
    }
  };
})();
