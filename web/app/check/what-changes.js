/**
 * Calls `look` whenever what can be known without a check may have changed.
 *
 * @param {import('../../henk-voice/henk-voice.js').HenkVoice} voice
 * @param {() => void} look
 * @param {AbortSignal} [signal] ends it
 */
export function watchCauses(voice, look, signal) {
  const options = signal ? { signal } : {};
  for (const name of /** @type {const} */ (['ready', 'failure', 'recovered', 'callend'])) {
    voice.on(name, look, options);
  }
  voice.audio.on('change', look, options);
  for (const name of ['online', 'offline']) window.addEventListener(name, look, options);
  void watchPermission(look, options);
}

/**
 * The person may allow the microphone in the browser's own settings.
 *
 * @param {() => void} look
 * @param {{ signal?: AbortSignal }} options
 */
async function watchPermission(look, options) {
  try {
    const name = /** @type {PermissionName} */ ('microphone');
    const permission = await navigator.permissions.query({ name });
    permission.addEventListener('change', look, options);
  } catch {
    // This browser does not tell it.
  }
}
