import { failureOfMicrophone } from './failure-of.js';
import { VoiceError } from './failures.js';
import { lineFault } from './line-faults.js';
import { StreamSamples } from './stream-samples.js';

/**
 * @typedef {import('./check-types.js').Finding} Finding
 * @typedef {import('./line-faults.js').LineFaultCode} LineFaultCode
 */

/** A microphone that never gives more than this gives nothing: the noise of a quiet room is louder. */
const NOTHING_DBFS = -80;
/** Less than this, and the person did not speak, or is hardly heard. */
const QUIET_DBFS = -45;
/** What is less is not distinguished from nothing. */
const LEAST_DBFS = -100;
const MEASURE_EVERY_MS = 60;
/** What is heard in a shorter time does not say that a microphone is silent. */
const MEASURED_FOR_MS = 1_500;

/** @type {Readonly<Record<string, LineFaultCode>>} */
const FAULTS = {
  microphone_denied: 'microphone_denied',
  microphone_missing: 'microphone_missing',
};

/**
 * Opens the microphone, within a time: the browser may ask the person, who may not answer.
 *
 * @param {object} options
 * @param {() => Promise<MediaStream>} options.open
 * @param {number} options.withinMs
 * @param {AbortSignal} options.signal
 * @returns {Promise<MediaStream | Finding>}
 */
export async function openMicrophone({ open, withinMs, signal }) {
  const opened = open();
  // What comes too late is closed, and an error that comes too late is nobody's.
  let isLate = false;
  opened.then(
    (stream) => isLate && stopStream(stream),
    () => {},
  );
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  const late = new Promise((resolve) => {
    timer = setTimeout(resolve, signal.aborted ? 0 : withinMs, null);
    signal.addEventListener('abort', () => resolve(null), { once: true });
  });
  try {
    const stream = await Promise.race([opened, late]);
    if (stream) return stream;
    isLate = true;
    return bad('microphone_unanswered');
  } catch (error) {
    const { code } = error instanceof VoiceError ? error.failure : failureOfMicrophone(error);
    return bad(FAULTS[code] ?? 'microphone_in_use');
  } finally {
    clearTimeout(timer);
  }
}

/**
 * @param {number | null} peak the loudest, in dBFS
 * @param {boolean} isMuted the system, or a button of the headset, keeps it silent
 * @returns {Finding}
 */
export function microphoneFinding(peak, isMuted) {
  if (isMuted) {
    return bad('microphone_silent', 'The system, or a button of the headset, has muted it.');
  }
  if (peak === null) {
    return {
      state: 'warning',
      text: 'The microphone is open. How loud it is cannot be measured here.',
    };
  }
  const details = [`Loudest: ${peak} dBFS`];
  if (peak <= NOTHING_DBFS) return { ...bad('microphone_silent'), details };
  if (peak < QUIET_DBFS) {
    const text = 'The microphone works, but is very quiet. Speak while the check runs.';
    return { state: 'warning', text, details };
  }
  return { state: 'ok', text: 'The microphone works.', details };
}

/**
 * What is known of a microphone that is not opened.
 *
 * @param {import('./check-types.js').CheckFacts['permission']} permission
 * @param {number | null} microphones how many the browser lists. Some list none before they are allowed
 * @returns {Finding}
 */
export function unopenedFinding(permission, microphones) {
  if (permission === 'granted' && microphones === 0) return bad('microphone_missing');
  return { state: 'skipped', text: 'Not tested.' };
}

/** @returns {Finding} of a microphone that was open, and is gone */
export function unpluggedFinding() {
  return bad('microphone_missing', 'The microphone was taken away while the check ran.');
}

/** How loud a microphone was, since it was opened. */
export class Loudness {
  #loudest = 0;
  /** When measuring began. @type {number | null} */
  #since = null;
  /** @type {StreamSamples | null} */
  #samples = null;

  /** @param {MediaStream} stream */
  constructor(stream) {
    try {
      this.#samples = new StreamSamples(stream, {
        everyMs: MEASURE_EVERY_MS,
        size: 4096,
        onLook: (samples) => {
          this.#since ??= performance.now();
          for (const sample of samples) this.#loudest = Math.max(this.#loudest, Math.abs(sample));
        },
      });
    } catch {
      // Without it the microphone is used all the same.
    }
  }

  /** The loudest so far, in dBFS; null if it cannot be measured. @returns {number | null} */
  get peak() {
    if (this.#since === null) return null;
    return Math.max(LEAST_DBFS, Math.round(20 * Math.log10(this.#loudest)));
  }

  /** How long it must still be measured, in milliseconds; 0 if it is not measured. */
  get remainingMs() {
    if (this.#since === null) return 0;
    return Math.max(0, this.#since + MEASURED_FOR_MS - performance.now());
  }

  stop() {
    this.#samples?.stop();
  }
}

/** @param {MediaStream} stream */
export function stopStream(stream) {
  for (const track of stream.getTracks()) track.stop();
}

/**
 * @param {LineFaultCode} code
 * @param {string} [meaning]
 * @returns {Finding}
 */
function bad(code, meaning) {
  const fault = lineFault(code, meaning ? { meaning } : {});
  return { state: 'bad', text: fault.meaning, fault };
}
