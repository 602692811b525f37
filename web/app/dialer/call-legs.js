import { failureOf } from '../../henk-voice/henk-voice.js';
import { offered } from '../call/actions.js';
import { isSomebodyNew, newsOf } from '../call/news.js';
import { peopleOf } from '../call/people-of-call.js';
import { names, whoHears } from '../call/who-hears.js';
import { create, element, nodesOf, sayParts } from '../shared/dom.js';
import { CallPeople } from './call-people.js';
import { CallRecording } from './call-recording.js';
import { HangUpQuestion } from './hang-up-question.js';
import { LeaveMessage } from './leave-message.js';
import { TargetDialog } from './target-dialog.js';

/**
 * @typedef {import('../../henk-voice/henk-voice.js').Call} Call
 * @typedef {import('../../henk-voice/henk-voice.js').Failure} Failure
 * @typedef {import('../../henk-voice/henk-voice.js').Stage} Stage
 * @typedef {import('../call/actions.js').Offered} Offered
 * @typedef {import('../call/parties.js').Party} Party
 * @typedef {import('../call/who-hears.js').Sentence} Sentence
 * @typedef {import('../frame/view.js').ViewContext} ViewContext
 */

/** What is said until the phone network has done it. @type {Readonly<Record<string, string>>} */
const UNDER_WAY = {
  hold: 'Putting the lead on hold…',
  resume: 'Taking the lead off hold…',
  transfer: 'Starting the transfer…',
  complete: 'Handing over…',
  merge: 'Bringing everybody together…',
  cancel: 'Taking it back…',
  add: 'Ringing…',
  remove: 'Taking them off the call…',
  drop_voicemail: 'Leaving the message…',
};

/** The people of a call: who hears whom, who is on it, and what can be done with it. */
export class CallLegs {
  #context;
  #box = element('call-box', HTMLElement);
  #hears = element('call-hears', HTMLElement);
  #news = element('call-news', HTMLElement);
  #trouble = element('call-trouble', HTMLElement);
  #stageButtons = element('stage-buttons', HTMLElement);
  #complete = element('complete-button', HTMLButtonElement);
  #merge = element('merge-button', HTMLButtonElement);
  #cancel = element('cancel-button', HTMLButtonElement);
  #hold = element('hold-button', HTMLButtonElement);
  #resume = element('resume-button', HTMLButtonElement);
  #transfer = element('transfer-button', HTMLButtonElement);
  #add = element('add-button', HTMLButtonElement);
  #hangUp = element('hang-up-button', HTMLButtonElement);
  #people = new CallPeople((party) => this.#do((call) => call.remove(party.legId)));
  #targets;
  #question = new HangUpQuestion();
  #recording = new CallRecording();
  #leaveMessage;
  /** @type {Call | null} */
  #call = null;
  #leadName = '';
  /** @type {Party[]} */
  #parties = [];
  /** @type {Offered | null} */
  #offered = null;
  /** The stage in which something failed. @type {Stage | null} */
  #failedIn = null;
  /** What happened last. @type {Sentence} */
  #happened = [];

  /**
   * @param {ViewContext} context
   * @param {{ beforeRing: (call: Call) => Promise<void> }} options `beforeRing`: somebody is about to be
   *   rung
   */
  constructor(context, { beforeRing }) {
    this.#context = context;
    this.#targets = new TargetDialog(context, {
      beforeRing,
      onTrouble: (failure) => this.#tell(failure),
      onBegin: () => this.#forgetNews(),
    });
    this.#leaveMessage = new LeaveMessage(context, (error) => this.#tell(failureOf(error)));
    this.#listen();
    context.team.onLoad(() => this.render(), context.signal);
  }

  #listen() {
    this.#hold.addEventListener('click', () => this.#do((call) => call.hold()));
    this.#resume.addEventListener('click', () => this.#do((call) => call.resume()));
    this.#complete.addEventListener('click', () => this.#do((call) => call.complete()));
    this.#merge.addEventListener('click', () => this.#do((call) => call.merge()));
    this.#cancel.addEventListener('click', () => this.#do(backToLead));
    this.#transfer.addEventListener('click', () => this.#choose('transfer'));
    this.#add.addEventListener('click', () => this.#choose('add'));
    this.#hangUp.addEventListener('click', () => this.#leave());
    // The button that opened a dialog may not be there any more.
    for (const id of ['target-dialog', 'hang-up-dialog']) {
      element(id, HTMLDialogElement).addEventListener('close', () => {
        if (document.activeElement === document.body) this.#focusNext(this.#hold);
      });
    }
  }

  /**
   * @param {Call} call
   * @param {string} leadName
   */
  show(call, leadName) {
    if (call !== this.#call) {
      this.#call = call;
      this.#parties = [];
      this.#happened = [];
      sayParts(this.#trouble);
    }
    this.#leadName = leadName;
    this.render();
  }

  render() {
    const call = this.#call;
    if (!call) return;
    const focused = document.activeElement;
    const isTalking = call.state === 'talking';
    const parties = peopleOf(call, this.#context, this.#leadName);
    const news = this.#parties.length ? newsOf(this.#parties, parties) : null;
    if (news) this.#happened = news;
    else if (isSomebodyNew(this.#parties, parties)) this.#happened = [];
    this.#parties = parties;
    if (call.stage !== this.#failedIn) sayParts(this.#trouble);
    const isKnown = isTalking || (call.over && call.stage !== null);
    const reader = { isOnCall: isTalking, muted: call.muted };
    sayParts(this.#hears, ...nodesOf(isKnown ? whoHears(parties, reader) : []));
    const lead = parties.find(({ role }) => role === 'lead');
    this.#offered = offered({ isTalking, stage: call.stage, parties });
    this.#renderButtons(call, this.#offered);
    const doing = call.pending && UNDER_WAY[call.pending];
    const happened = promiseOf(call, this.#leadName) ?? (isKnown ? this.#happened : []);
    sayParts(this.#news, ...(doing ? [doing] : nodesOf(happened)));
    this.#recording.show(call, this.#leadName, isTalking && lead?.state === 'holds');
    this.#leaveMessage.show(call, parties);
    this.#box.dataset.lead = (isKnown && lead?.state) || '';
    const isPlain = call.stage === null && parties.length < 3;
    const leadWaits = call.stage === 'transferring' || call.stage === 'returning';
    this.#people.render(isKnown && !isPlain ? parties : [], this.#offered.remove, leadWaits);
    this.#targets.update(call, this.#onCall);
    // What can be chosen may change, while somebody declines for example.
    if (isTalking && lead?.state === 'holds') {
      this.#question.update(this.#offered, this.#leadName, whoHears(parties, reader));
    } else this.#question.close();
    this.#keepFocus(focused);
  }

  /** Shows how long things have lasted. */
  tick() {
    this.#people.tick();
  }

  /** The ids of the people of the business who are on the call. */
  get #onCall() {
    const present = this.#parties.filter(({ state }) => state !== 'left');
    return new Set(present.flatMap(({ userId }) => userId ?? []));
  }

  /**
   * @param {Call} call
   * @param {Offered} can
   */
  #renderButtons(call, can) {
    const lead = { name: this.#leadName };
    this.#hold.hidden = !can.hold;
    this.#resume.hidden = !can.resume;
    this.#transfer.hidden = !can.transfer;
    this.#add.hidden = !can.add;
    this.#complete.hidden = !can.complete.length;
    this.#merge.hidden = !can.merge;
    this.#cancel.hidden = !can.cancel;
    this.#stageButtons.hidden = !can.complete.length && !can.merge && !can.cancel;
    sayParts(this.#complete, ...nodesOf(['Hand over to ', ...names(can.complete)]));
    // After a cold transfer the rep has left, and is rung for the lead.
    const back = call.over ? ['Take ', lead, ' back'] : ['Back to ', lead];
    sayParts(this.#cancel, ...nodesOf(back));
    sayParts(this.#hangUp, can.leave ? 'Leave' : 'Hang up');
    if (call.asksBeforeHangUp) this.#hangUp.setAttribute('aria-haspopup', 'dialog');
    else this.#hangUp.removeAttribute('aria-haspopup');
    for (const button of this.#box.querySelectorAll('.stage-buttons button, .people button')) {
      button.setAttribute('aria-disabled', String(call.pending !== null));
    }
    for (const button of [this.#hold, this.#resume]) {
      button.setAttribute('aria-disabled', String(call.pending !== null));
    }
  }

  /** @param {'transfer' | 'add'} what */
  #choose(what) {
    const call = this.#call;
    if (!call) return;
    // Also while something is under way: the page may know the new state before the answer comes.
    this.#targets.open(what, call, this.#leadName, this.#onCall);
  }

  #leave() {
    const call = this.#call;
    if (!call) return;
    if (!call.asksBeforeHangUp) return void call.hangUp();
    this.#question.open({
      complete: () => void this.#do(() => call.complete()),
      cancel: () => void this.#do(backToLead),
      end: () => void call.hangUp(),
    });
  }

  /** @param {(call: Call) => Promise<unknown>} act */
  async #do(act) {
    const call = this.#call;
    if (!call || call.pending) return;
    this.#forgetNews();
    try {
      await act(call);
    } catch (error) {
      if (call === this.#call) this.#tell(failureOf(error));
    }
  }

  #forgetNews() {
    this.#happened = [];
    sayParts(this.#trouble);
  }

  /** @param {Failure} failure */
  #tell({ title, message, action }) {
    this.#failedIn = this.#call?.stage ?? null;
    sayParts(this.#trouble, create('strong', {}, title), ` ${message} ${action}`);
  }

  /**
   * A button that is not there any more must not leave the keyboard without a place.
   *
   * @param {Element | null} focused what had the focus before
   */
  #keepFocus(focused) {
    if (!(focused instanceof HTMLElement) || !this.#box.contains(focused)) return;
    if (focused.isConnected && !focused.closest('[hidden]')) return;
    // The part of the page that has hidden it may have given the focus to another.
    if (document.activeElement !== focused && document.activeElement !== document.body) return;
    this.#focusNext(focused === this.#hold ? this.#resume : this.#hold);
  }

  /** @param {HTMLElement} preferred what gets the focus if it is there */
  #focusNext(preferred) {
    const next = [
      preferred,
      ...this.#stageButtons.querySelectorAll('button'),
      this.#resume,
      this.#hangUp,
      element('call-button', HTMLButtonElement),
    ].find((button) => !button.closest('[hidden]'));
    next?.focus();
  }
}

/**
 * @param {Call} call
 * @param {string} leadName
 * @returns {Sentence | null} what has become of a lead whom nobody took
 */
function promiseOf(call, leadName) {
  if (!call.over || !call.conversation?.call_back_at) return null;
  return ['Nobody took ', { name: leadName }, '. They were promised that somebody calls back.'];
}

/**
 * Lets the colleague go, and takes the lead off hold.
 *
 * @param {Call} call
 */
async function backToLead(call) {
  if (call.stage !== 'on_hold') await call.cancelTransfer();
  if (call.stage === 'on_hold') await call.resume();
}
