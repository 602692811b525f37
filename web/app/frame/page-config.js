/**
 * @typedef {object} PageConfig `/config.json`, which `stack/calls_page.py` serves
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
