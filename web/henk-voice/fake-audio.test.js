import { EventEmitter } from 'node:events';

/** The browser: what it lists, what was opened, what getUserMedia fails with, and what is stored. */
export const lab = {
  plugged: /** @type {any[]} */ ([]),
  opened: /** @type {Track[]} */ ([]),
  refused: /** @type {Error | null} */ (null),
  storage: /** @type {Map<string, string>} */ (new Map()),
};

/** A device that Chromium lists. */
export const device = (kind, deviceId, groupId, label) => ({ kind, deviceId, groupId, label });
export const LAPTOP = [
  device('audioinput', 'default', 'laptop', 'Default - Built-in'),
  device('audioinput', 'mic', 'laptop', 'Built-in'),
  device('audiooutput', 'default', 'laptop', 'Default - Built-in'),
  device('audiooutput', 'out', 'laptop', 'Built-in'),
];
export const HEADSET = [
  device('audioinput', 'headset-mic', 'headset', 'Jabra (0b0e:24c8)'),
  device('audiooutput', 'headset-out', 'headset', 'Jabra (0b0e:24c8)'),
];

class Track extends EventTarget {
  readyState = 'live';
  muted = false;
  settings = {};
  constructor(id, audio) {
    super();
    Object.assign(this, {
      id,
      audio,
      label: lab.plugged.find((one) => one.deviceId === id)?.label,
    });
  }
  getSettings = () => this.settings;
  stop() {
    this.readyState = 'ended';
  }
  /** The device is gone. */
  lose() {
    this.stop();
    this.dispatchEvent(new Event('ended'));
  }
}

/** The SDK's audio helper: it lists the devices itself, and opens microphones by the hook that it was given. */
export class Sdk extends EventEmitter {
  isOutputSelectionSupported = true;
  /** The EventEmitter in the SDK's bundle has none. */
  off = undefined;
  availableInputDevices = new Map();
  availableOutputDevices = new Map();
  inputDevice = null;
  track = null;
  speakerDevices = outputs();
  ringtoneDevices = outputs();
  #audio;
  /** @param {import('./audio-devices.js').AudioDevices} audio */
  constructor(audio) {
    super();
    this.#audio = audio;
  }
  list() {
    for (const [kind, map] of [
      ['audioinput', this.availableInputDevices],
      ['audiooutput', this.availableOutputDevices],
    ]) {
      map.clear();
      for (const one of lab.plugged) if (one.kind === kind) map.set(one.deviceId, one);
    }
    this.emit('deviceChange', []);
  }
  async setInputDevice(id) {
    if (this.inputDevice?.deviceId === id) return;
    await this.#open(id);
    this.inputDevice = lab.plugged.find(({ deviceId }) => deviceId === id);
  }
  unsetAudioConstraints = () => this.#open(this.inputDevice.deviceId);
  async unsetInputDevice() {
    this.inputDevice = null;
    this.track?.stop();
  }
  /** As the SDK does without a chosen microphone. */
  async openDefault() {
    await this.#open(undefined);
    this.list();
  }
  async #open(id) {
    const constraints = { audio: id ? { deviceId: { exact: id } } : true };
    const stream = await getUserMedia(this.#audio.constraintsFor(constraints));
    this.track?.stop();
    [this.track] = stream.getAudioTracks();
    this.#audio.opened(stream);
  }
}

function outputs() {
  const ids = new Set([{ deviceId: 'default' }]);
  return {
    get: () => ids,
    set: async (id) => {
      ids.clear();
      ids.add({ deviceId: id });
    },
    get id() {
      return [...ids].map(({ deviceId }) => deviceId).join();
    },
  };
}

async function getUserMedia({ audio: wanted }) {
  await null;
  if (lab.refused) throw lab.refused;
  const first = lab.plugged.find(({ kind }) => kind === 'audioinput')?.deviceId;
  const id = wanted.deviceId?.exact ?? wanted.deviceId?.ideal ?? first;
  if (!lab.plugged.some(({ deviceId }) => deviceId === id)) {
    throw new DOMException('', 'OverconstrainedError');
  }
  const track = new Track(id, wanted);
  lab.opened.push(track);
  return { getTracks: () => [track], getAudioTracks: () => [track] };
}

/** A browser with a laptop's devices and a headset. */
export function newBrowser() {
  Object.assign(lab, {
    plugged: [...LAPTOP, ...HEADSET],
    opened: [],
    refused: null,
    storage: new Map(),
  });
  const mediaDevices = Object.assign(new EventTarget(), {
    enumerateDevices: async () => [...lab.plugged],
    getUserMedia,
    getSupportedConstraints: () => ({ noiseSuppression: true, echoCancellation: true }),
  });
  Object.defineProperty(globalThis, 'navigator', { value: { mediaDevices }, configurable: true });
  globalThis.HTMLMediaElement = /** @type {any} */ (class {});
  Object.assign(HTMLMediaElement.prototype, { setSinkId: async () => {} });
  globalThis.AudioContext = /** @type {any} */ (
    class {
      createAnalyser = () => ({ fftSize: 32, getFloatTimeDomainData: () => {} });
      createMediaStreamSource = () => ({ connect: () => {} });
      resume = async () => {};
      close = async () => {};
    }
  );
  globalThis.localStorage = /** @type {any} */ ({
    getItem: (key) => lab.storage.get(key) ?? null,
    setItem: (key, value) => lab.storage.set(key, value),
  });
}
