import { HenkVoice, steadyFetch } from '../henk-voice/henk-voice.js';
import { AccountDialog } from './frame/account-dialog.js';
import { Account } from './frame/account.js';
import { Frame } from './frame/frame.js';
import { keepTrying } from './frame/keep-trying.js';
import { localDeviceOptions, usePlainSignalling } from './frame/local-signalling.js';
import { leadsToNewPassword, linkTrouble } from './frame/mail-link.js';
import { loadMarkup } from './frame/markup.js';
import { loadConfig, shownViews } from './frame/page-config.js';
import { SignIn } from './frame/sign-in.js';
import { PageStorage } from './frame/storage.js';
import { loadVendor } from './frame/vendor.js';
import { element } from './shared/dom.js';
import { showNote } from './shared/notices.js';
import { VIEWS } from './views.js';
import { welcomeView } from './welcome/view.js';

async function main() {
  const config = await keepTrying(loadConfig);
  const signalling = config.simulatorSignalling;
  if (signalling) usePlainSignalling(signalling);
  const views = shownViews(VIEWS, config.hiddenViews);
  const [{ Device, createClient }, markup] = await Promise.all([
    loadVendor(),
    loadMarkup([...views, welcomeView]),
  ]);

  const storage = new PageStorage(() =>
    showNote(
      'storage',
      'This browser stores nothing for this page, because that is forbidden or there is no room. ' +
        'You stay signed in until you close the page.',
    ),
  );
  const linkWords = linkTrouble(location.hash);
  const isRecovery = leadsToNewPassword(location.hash);
  if (linkWords) history.replaceState(null, '', location.pathname);
  const supabase = createClient(config.supabaseUrl, config.supabasePublishableKey, {
    auth: { storage },
    global: { fetch: steadyFetch({ onRefused: (cause) => account.refused(cause) }) },
  });
  const voice = new HenkVoice({
    Device,
    supabase,
    functionsUrl: config.functionsUrl,
    realtime: config.realtime,
    patient: true,
    deviceOptions: signalling ? localDeviceOptions(signalling) : {},
  });
  const frame = new Frame({ voice, views, welcome: welcomeView, markup, storage });
  const signIn = new SignIn(supabase, config.demoEmail, linkWords);
  const dialog = new AccountDialog(supabase);
  const account = new Account({
    supabase,
    voice,
    frame,
    signIn,
    dialog,
    isRecovery,
    linkWords,
    storage,
  });
}

main().catch((error) => {
  console.error(error);
  element('page-loading', HTMLElement).hidden = true;
  showNote('page', 'The page has a fault and could not be started. Tell your administrator.');
});
