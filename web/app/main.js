import { HenkVoice } from '../henk-voice/henk-voice.js';
import { Frame } from './frame/frame.js';
import { localDeviceOptions, usePlainSignalling } from './frame/local-signalling.js';
import { loadMarkup } from './frame/markup.js';
import { loadConfig } from './frame/page-config.js';
import { setUpSignIn } from './frame/sign-in.js';
import { loadVendor } from './frame/vendor.js';
import { element } from './shared/dom.js';
import { showNote } from './shared/notices.js';
import { VIEWS } from './views.js';

async function main() {
  const config = await loadConfig();
  const signalling = config.simulatorSignalling;
  if (signalling) usePlainSignalling(signalling);
  const [{ Device, createClient }, markup] = await Promise.all([loadVendor(), loadMarkup(VIEWS)]);
  const supabase = createClient(config.supabaseUrl, config.supabasePublishableKey);
  setUpSignIn(supabase, config.demoEmail);
  element('sign-out', HTMLButtonElement).addEventListener('click', () => {
    void supabase.auth.signOut();
  });

  const voice = new HenkVoice({
    Device,
    supabase,
    functionsUrl: config.functionsUrl,
    realtime: config.realtime,
    deviceOptions: signalling ? localDeviceOptions(signalling) : {},
  });
  const frame = new Frame(voice, VIEWS, markup);
  supabase.auth.onAuthStateChange((_event, session) => {
    // supabase-js holds a lock during this callback, and requests would wait for the lock.
    setTimeout(() => void frame.show(session?.user ?? null), 0);
  });
}

main().catch((error) => {
  console.error(error);
  element('page-loading', HTMLElement).hidden = true;
  showNote(
    'page',
    'The page could not be loaded completely. Check your connection, then reload it.',
  );
});
