/** Longer than a start takes. The phone network may refuse to record a leg that is not connected yet. */
const LATE_MS = 6_000;

/**
 * Asks once for a recording that was to start by itself, and has not. Without it the server asks again, but
 * only within a minute.
 *
 * @param {import('./call.js').VoiceCall} call
 */
export function startLateRecording(call) {
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  let hasAsked = false;
  const stopWaiting = call.on('change', () => {
    const { state, recording } = call;
    const waits = state === 'talking' && recording?.state === 'starting';
    if (hasAsked || call.over) stopWaiting();
    if (hasAsked || !waits || recording.mode !== 'all') {
      clearTimeout(timer);
      timer = undefined;
      return;
    }
    timer ??= setTimeout(() => {
      hasAsked = true;
      // The page says that the recording has not started.
      call.record('start').catch(() => {});
    }, LATE_MS);
  });
}
