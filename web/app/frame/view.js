/**
 * @typedef {object} View a page of the app: one folder, and one entry in `views.js`
 * @property {string} path its address after the `#`, for example `/` or `/reports`
 * @property {string} title for the navigation and the title of the browser tab
 * @property {string} [within] the path of the view below which the navigation has this one, for example
 *   `/settings`; without it, it stands at the top
 * @property {URL} markup the address of its HTML, which has one `h1`
 * @property {Readonly<Record<string, URL>>} [parts] the addresses of more HTML, each by the id of the
 *   element of the markup that it is put into
 * @property {boolean} [showsCall] the view itself shows the call that is going on; with other views
 *   the frame shows it, in a strip above the view
 * @property {(root: HTMLElement, context: ViewContext) => void} mount starts the view; `root` is in
 *   the document and has the markup. A view lives until `context.signal` is aborted: at sign-out,
 *   at another address, or when another business is chosen
 *
 * @typedef {object} ViewContext what the frame gives to a view
 * @property {import('../../henk-voice/henk-voice.js').HenkVoice} voice the phone; it belongs to the
 *   frame, so a call goes on when the view changes
 * @property {import('./current-call.js').CurrentCall} currentCall places calls, and has the latest
 * @property {string} userId who is signed in
 * @property {import('../../henk-voice/henk-voice.js').Business} business the chosen one
 * @property {import('../shared/team.js').Team} team the members of the business
 * @property {import('../shared/outcomes.js').Outcomes} outcomes the outcomes of the business
 * @property {Map<string, any>} memory what views keep for the next time that they are mounted; the
 *   frame clears it at sign-out. Keys begin with the name of the view
 * @property {() => void} lookAtMembership call it if the user may not be a member of the business any more
 * @property {(path: string) => boolean} hasView whether this installation shows the view of a path
 * @property {AbortSignal} signal pass it to each listener outside of `root`
 */

/**
 * What the memory of the views has for `key`, made when it is first asked for.
 *
 * @template T
 * @param {Map<string, any>} memory
 * @param {string} key
 * @param {() => T} make
 * @returns {T}
 */
export function remembered(memory, key, make) {
  if (!memory.has(key)) memory.set(key, make());
  return memory.get(key);
}
