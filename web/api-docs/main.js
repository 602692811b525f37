// The API's description as a page. Requests are tried out as the user who is signed in on the Calls
// page.

/** @typedef {import('../app/frame/page-config.js').PageConfig} PageConfig */
/** @typedef {import('@supabase/supabase-js').SupabaseClient} SupabaseClient */

const { SwaggerUIBundle, supabase } = /** @type {any} */ (window);

const dark = matchMedia('(prefers-color-scheme: dark)');
const followTheme = () => document.documentElement.classList.toggle('dark-mode', dark.matches);
dark.addEventListener('change', followTheme);
followTheme();

const ui = SwaggerUIBundle({
  domNode: document.getElementById('api'),
  url: 'openapi.json',
  deepLinking: true,
  defaultModelsExpandDepth: 0,
  displayRequestDuration: true,
  // Without this the page would send the description to a server of Swagger.
  validatorUrl: null,
  onComplete: () => void followSession(),
});

async function followSession() {
  /** @type {PageConfig} */
  const config = await (await fetch('/config.json')).json();
  /** @type {SupabaseClient} */
  const client = supabase.createClient(config.supabaseUrl, config.supabasePublishableKey);
  const session = /** @type {HTMLElement} */ (document.getElementById('session'));
  const invitation = [...session.childNodes];
  let authorized = false;

  client.auth.onAuthStateChange((_event, current) => {
    if (current) {
      ui.preauthorizeApiKey('accessToken', current.access_token);
      session.replaceChildren(`“Try it out” asks as ${current.user.email}.`);
    } else {
      if (authorized) ui.authActions.logout(['accessToken']);
      session.replaceChildren(...invitation);
    }
    authorized = current !== null;
  });
}
