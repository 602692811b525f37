/**
 * @typedef {object} PageConfig what `stack/calls_page.py` serves as /config.json
 * @property {string} supabaseUrl
 * @property {string} supabasePublishableKey
 * @property {string} functionsUrl
 * @property {boolean} realtime
 * @property {string | null} simulatorSignalling host and port
 * @property {string | null} demoEmail
 */

/** @returns {Promise<PageConfig>} */
export async function loadConfig() {
  const response = await fetch('config.json');
  if (!response.ok) throw new Error(`config.json: ${response.status}`);
  return response.json();
}
