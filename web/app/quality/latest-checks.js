import { isLineFaultCode, lineFault } from '../../henk-voice/henk-voice.js';
import { bdi, create, element } from '../shared/dom.js';
import { when } from '../shared/words.js';
import { gradeBadge } from './grade.js';
import { FAULTS, milliseconds, percent } from './words.js';

/**
 * @typedef {import('../../henk-voice/henk-voice.js').Preflight} Preflight
 * @typedef {import('../frame/view.js').ViewContext} ViewContext
 */

/** What people found when they checked their line before calling. */
export class LatestChecks {
  #context;
  #list = element('checks', HTMLUListElement);
  #empty = element('checks-empty', HTMLElement);

  /** @param {ViewContext} context */
  constructor(context) {
    this.#context = context;
    void this.#read();
  }

  async #read() {
    const { voice, business, signal } = this.#context;
    // The rest of the page says if the network is away.
    const checks = await voice.lineQuality.checks(business.id, { signal }).catch(() => []);
    if (signal.aborted) return;
    this.#empty.hidden = Boolean(checks.length);
    this.#list.replaceChildren(...checks.map((check) => this.#item(check)));
  }

  /** @param {Preflight} check */
  #item({
    user_id: userId,
    user_name: name,
    created_at: at,
    verdict,
    grade,
    facts,
    network_name: network,
  }) {
    const time = when(at);
    const title = verdictWord(verdict);
    const { loss_in: lossIn, loss_out: lossOut, jitter_ms: jitter, rtt_ms: rtt } = facts;
    const numbers = [
      typeof lossIn === 'number' && `loss in ${percent(lossIn)}`,
      typeof lossOut === 'number' && `loss out ${percent(lossOut)}`,
      typeof jitter === 'number' && `jitter ${milliseconds(jitter)}`,
      typeof rtt === 'number' && `delay ${milliseconds(rtt)}`,
      network,
      facts.microphone,
      facts.browser,
    ];
    return create(
      'li',
      {},
      create('strong', {}, bdi(name ?? this.#context.team.nameOf(userId))),
      create('span', { class: 'line-checks-verdict' }, `${title} `, grade && gradeBadge(grade)),
      create('time', { datetime: time.iso, title: time.exact }, time.short),
      create('span', { class: 'aside' }, bdi(numbers.filter(Boolean).join(' · '))),
    );
  }
}

/** @param {string} verdict */
function verdictWord(verdict) {
  const word = FAULTS[verdict];
  if (word) return word;
  return isLineFaultCode(verdict) ? lineFault(verdict).title : 'Ready to call';
}
