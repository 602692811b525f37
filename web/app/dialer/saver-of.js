import { remembered } from '../frame/view.js';
import { DraftSaver } from '../shared/draft-saver.js';
import { Drafts } from '../shared/drafts.js';
import { showNote } from '../shared/notices.js';

/** @typedef {import('../frame/view.js').ViewContext} ViewContext */

const SAVER = 'wrap-up.saver';

/**
 * What saves the drafts of the user. It goes on when the view is left, until the sign-out.
 *
 * @param {ViewContext} context
 * @returns {DraftSaver}
 */
export function saverOf({ memory, userId, voice }) {
  /** @type {DraftSaver} */
  const saver = remembered(
    memory,
    SAVER,
    () =>
      new DraftSaver({
        drafts: new Drafts(userId, { onTrouble: tellAboutStorage }),
        describe: (id, changes, before) => voice.describe(id, changes, before, { userId }),
        // The frame clears its memory when the user changes.
        isCurrent: () => memory.get(SAVER) === saver,
      }),
  );
  return saver;
}

function tellAboutStorage() {
  showNote(
    'drafts',
    'This browser does not store what you write. Notes that are not saved last until you close this page.',
  );
}
