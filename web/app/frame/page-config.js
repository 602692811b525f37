/**
 * @typedef {import('./view.js').View} View
 *
 * @typedef {object} PageConfig `config.json`, beside the page: `shared/page_settings.py`
 * @property {string} supabaseUrl
 * @property {string} supabasePublishableKey
 * @property {string} functionsUrl `{name}` in it stands for the name of an endpoint
 * @property {boolean} realtime
 * @property {string[]} hiddenViews names of views that another page of the installation has: `contacts` for `#/contacts`
 * @property {string | null} simulatorSignalling host and port
 * @property {string | null} demoEmail
 */

/** @returns {Promise<PageConfig>} */
export async function loadConfig() {
  const response = await fetch('config.json');
  if (!response.ok) throw new Error(`config.json: ${response.status}`);
  return response.json();
}

/**
 * The views that this installation shows. The home page is always there. What belongs to a view that is hidden stands in
 * the first row of the navigation instead.
 *
 * @template {Pick<View, 'path' | 'within'>} AnyView
 * @param {AnyView[]} views
 * @param {string[]} hidden
 */
export function shownViews(views, hidden) {
  const shown = views.filter(({ path }) => path === '/' || !hidden.includes(path.slice(1)));
  for (const view of shown) {
    if (view.within && !shown.some(({ path }) => path === view.within)) delete view.within;
  }
  return shown;
}
