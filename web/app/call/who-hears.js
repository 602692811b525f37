/**
 * @typedef {import('./parties.js').Party} Party
 *
 * @typedef {object} Name a person's name in a sentence; it keeps its own direction of writing
 * @property {string} name
 *
 * @typedef {(string | Name)[]} Sentence
 */

/**
 * Who hears whom, in plain sentences.
 *
 * @param {readonly Party[]} parties
 * @param {{ muted?: boolean, isOnCall: boolean }} reader whether this browser is on the call, and mute
 * @returns {Sentence} empty if nobody is on the call
 */
export function whoHears(parties, { muted = false, isOnCall }) {
  // The legs are not known yet.
  if (!parties.length) return [];
  const others = parties.filter(({ isYou }) => !isYou);
  const you = parties.find(({ isYou }) => isYou);
  const held = others.filter(({ state }) => state === 'holds');
  const heard = others.filter(({ state }) => state === 'talks');
  const rung = others.filter(({ state }) => state === 'rings');
  const youRing = !isOnCall && you?.state === 'rings';
  const sentences = [
    gone(others, heard),
    music(held),
    isOnCall
      ? withYou({ heard, held, rung, muted, youHold: you?.state === 'holds' })
      : withoutYou(heard, rung.length > 0 || youRing),
    phones(rung, youRing),
  ];
  return joined(sentences);
}

/**
 * The lead may leave while colleagues still talk.
 *
 * @param {Party[]} others
 * @param {Party[]} heard
 * @returns {Sentence}
 */
function gone(others, heard) {
  const lead = others.find(({ role }) => role === 'lead');
  if (lead?.state !== 'left' || !heard.length) return [];
  return [name(lead), ' is not on the call any more.'];
}

/**
 * @param {Party[]} held
 * @returns {Sentence}
 */
function music(held) {
  if (!held.length) return [];
  return [...names(held), held.length === 1 ? ' hears music.' : ' hear music.'];
}

/**
 * @param {{ heard: Party[], held: Party[], rung: Party[], muted: boolean, youHold: boolean }} call
 * @returns {Sentence}
 */
function withYou({ heard, held, rung, muted, youHold }) {
  if (youHold) return ['You hear music.'];
  if (!heard.length) {
    if (held.length) return ['Nobody hears you.'];
    return [rung.length ? 'Nobody hears you.' : 'Nobody else is on the call.'];
  }
  if (muted) {
    return ['You hear ', ...names(heard), '. You are muted: nobody hears you.'];
  }
  const [only] = heard;
  if (only && heard.length === 1) return ['You talk to ', name(only), '.'];
  return [...names([{ name: 'You' }, ...heard]), ' hear each other.'];
}

/**
 * @param {Party[]} heard
 * @param {boolean} somebodyIsRung
 * @returns {Sentence}
 */
function withoutYou(heard, somebodyIsRung) {
  const lead = heard.find(({ role }) => role === 'lead');
  if (heard.length > 1) return [...names(heard), ' talk to each other.'];
  if (lead && somebodyIsRung) return [name(lead), ' hears it ring.'];
  return [];
}

/**
 * @param {Party[]} rung
 * @param {boolean} yours whether this browser rings
 * @returns {Sentence}
 */
function phones(rung, yours) {
  if (yours) return ['Your phone rings.'];
  const [only] = rung;
  if (!only) return [];
  if (rung.length === 1) return [name(only), '’s phone rings.'];
  return ['The phones of ', ...names(rung), ' ring.'];
}

/**
 * @param {readonly { name: string }[]} people
 * @returns {Sentence} `Ada`, `Ada and Robin`, `You, Ada and Robin`
 */
export function names(people) {
  return people.flatMap((person, index) => {
    if (index === 0) return [name(person)];
    return [index === people.length - 1 ? ' and ' : ', ', name(person)];
  });
}

/** @param {{ name: string }} person */
function name(person) {
  return { name: person.name };
}

/**
 * @param {Sentence[]} sentences
 * @returns {Sentence}
 */
export function joined(sentences) {
  return sentences
    .filter(({ length }) => length)
    .flatMap((sentence, index) => (index ? [' ', ...sentence] : sentence));
}

/**
 * @param {Sentence} sentence
 * @returns {string}
 */
export function plainText(sentence) {
  return sentence.map((part) => (typeof part === 'string' ? part : part.name)).join('');
}
