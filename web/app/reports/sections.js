import { element } from '../shared/dom.js';
import { AttemptsSection } from './attempts-section.js';
import { CallsBehind } from './calls-behind.js';
import { GroupSection } from './group-section.js';
import { HoursSection } from './hours-section.js';
import { QueuesSection } from './queues-section.js';

/**
 * @typedef {import('./reports-page.js').Question} Question
 * @typedef {import('./calls-behind.js').OpenCalls} OpenCalls
 * @typedef {import('./calls-behind.js').Subject} Subject
 */

/** What is below the trend: each section loads by itself, and says itself what it could not load. */
export class ReportSections {
  #context;
  #calls;
  #sections;
  /** @type {Question | null} */
  #question = null;

  /** @param {import('../frame/view.js').ViewContext} context */
  constructor(context) {
    this.#context = context;
    this.#calls = new CallsBehind(context);
    /** @type {OpenCalls} */
    const drill = (subject) => this.openCalls(subject);
    this.#sections = [
      new GroupSection(context, 'campaign', 'report-campaigns', drill),
      new GroupSection(context, 'rep', 'report-people', drill),
      new HoursSection(context, drill),
      new AttemptsSection(context, drill),
      new GroupSection(context, 'outcome', 'report-outcomes', drill),
      new GroupSection(context, 'country', 'report-countries', drill),
      new QueuesSection(context),
    ];
    context.team.onLoad(() => this.#showPeople(), context.signal);
  }

  /** @param {Question} question the one before is aborted */
  show(question) {
    this.#question = question;
    this.#showPeople();
    for (const section of this.#sections) void section.show(question);
  }

  /** @param {Subject} subject its calls, of the latest question */
  openCalls(subject) {
    if (this.#question) this.#calls.open(this.#question, subject);
  }

  /** To agents it would say again what the tiles say. */
  #showPeople() {
    element('report-people-section', HTMLElement).hidden = !this.#context.team.isManager;
  }
}
