import { failure } from '../../henk-voice/henk-voice.js';
import { hideNotice, showFailure } from '../shared/notices.js';

/** @typedef {import('../../henk-voice/henk-voice.js').Failure} Failure */

const FIRST_PAUSE_MS = 300;
const LONGEST_PAUSE_MS = 3_000;

/**
 * Loads a part of the page, again and again until it is there.
 *
 * @template T
 * @param {() => Promise<T>} load
 * @returns {Promise<T>}
 */
export async function keepTrying(load) {
  for (let failures = 0; ; failures += 1) {
    try {
      const loaded = await load();
      if (failures > 1) hideNotice('connection');
      return loaded;
    } catch (error) {
      console.info(error);
      if (failures > 0) showDisconnected(failure(navigator.onLine ? 'unreachable' : 'offline'));
      await pause(Math.min(FIRST_PAUSE_MS * 2 ** failures, LONGEST_PAUSE_MS));
    }
  }
}

/**
 * Says that the page waits for the network, until `hideNotice('connection')`.
 *
 * @param {Failure} cause
 * @param {(() => void) | null} [again] does not wait any longer
 */
export function showDisconnected(cause, again = null) {
  const goesOn = 'The page goes on by itself.';
  const action = cause.action.includes(goesOn) ? cause.action : `${cause.action} ${goesOn}`;
  const actions = again ? [{ label: 'Try again', run: again, stays: true }] : [];
  showFailure({ ...cause, action }, 'connection', actions);
}

/**
 * Waits for some time, or until the browser says that it is online again.
 *
 * @param {number} ms
 */
function pause(ms) {
  return new Promise((resolve) => {
    setTimeout(resolve, ms);
    window.addEventListener('online', resolve, { once: true });
  });
}
