/**
 * What the library writes that is on the record of changes: a table of the REST API, or a function, and the subject of
 * its changes.
 *
 * @type {ReadonlyMap<string, string>}
 */
const SUBJECTS = new Map(
  Object.entries({
    business: ['businesses'],
    member: ['business_members', 'change_role', 'remove_member', 'hand_over_business'],
    invitation: ['invite_member', 'withdraw_invitation'],
    phone_number: ['label_caller_id', 'choose_caller_id'],
    transfer_target: ['save_transfer_target', 'remove_transfer_target'],
    outcome: ['outcomes'],
    campaign: ['campaigns'],
    retry_rule: ['retry_rules'],
    recording_rule: ['recording_rules'],
    network: ['name_network'],
    voicemail_message: ['voicemail_messages'],
    do_not_call: ['add_to_do_not_call', 'take_off_do_not_call'],
    do_not_call_import: ['import_do_not_call', 'undo_do_not_call_import'],
    lead: ['save_contact', 'merge_contacts'],
    lead_import: ['finish_import', 'undo_import'],
    erasure: ['forget_person'],
  }).flatMap(([subject, names]) => names.map((name) => /** @type {const} */ ([name, subject]))),
);

/**
 * @param {string} what the name of a table that was written, or of a function that was asked
 * @returns {string | undefined} the subject of the change; none if it is no setting
 */
export function subjectOfWrite(what) {
  return SUBJECTS.get(what);
}
