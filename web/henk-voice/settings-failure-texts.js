/** The texts of failures about the settings of a business; `failure-texts.js` has the others. */

/** In the form of `FAILURES`. */
export const SETTINGS_FAILURES = /** @type {const} */ ({
  // People of the business.
  invalid_email: [
    'Not an e-mail address',
    'This is not an e-mail address.',
    'Write it as name@example.com.',
    false,
  ],
  already_a_member: [
    'Already here',
    'Somebody with this e-mail address is a member of the business already.',
    'Change their role in the list of members, if it should be another one.',
    false,
  ],
  too_many_invitations: [
    'Too many invitations',
    'A business has at most 100 open invitations, and makes at most 200 in 24 hours.',
    'Withdraw some that are open, or go on tomorrow.',
    true,
  ],
  no_invitation: [
    'No such invitation',
    'There is no such invitation for your e-mail address.',
    'Ask who invited you which address they have written.',
    false,
  ],
  invitation_accepted: [
    'Invitation accepted',
    'This invitation has been accepted.',
    'Reload the page.',
    false,
  ],
  invitation_declined: [
    'Invitation declined',
    'This invitation has been declined.',
    'A new invitation is needed.',
    false,
  ],
  invitation_withdrawn: [
    'Invitation withdrawn',
    'The business has withdrawn this invitation.',
    'Ask who invited you for a new one.',
    false,
  ],
  invitation_expired: [
    'Invitation expired',
    'An invitation can be accepted for 14 days, and they are over.',
    'Ask who invited you for a new one.',
    false,
  ],
  person_gone: [
    'Not a member any more',
    'This person is not a member of the business any more.',
    'Reload the list of members.',
    false,
  ],
  last_owner: [
    'The only owner',
    'A business needs an owner, and there is no other one.',
    'Make somebody else an owner first.',
    false,
  ],

  // New businesses.
  no_new_business: [
    'No new business',
    'Not everybody may create a business here, and you may not.',
    'Ask whoever runs Henk in your company, or let a colleague invite you to their business.',
    false,
  ],
  email_not_verified: [
    'E-mail address not confirmed',
    'Your e-mail address is not confirmed yet.',
    'Open the link in the e-mail that was sent to you.',
    false,
  ],
  too_many_businesses: [
    'Too many businesses',
    'You own 10 businesses, and nobody owns more.',
    'Hand one over to somebody else first.',
    false,
  ],
  invalid_name: [
    'Name not possible',
    'A name has 1 to 200 characters that can be seen.',
    'Write another name.',
    false,
  ],
  invalid_country: [
    'Country unknown',
    'This is not a country of the list.',
    'Choose a country.',
    false,
  ],
  invalid_time_zone: [
    'Time zone unknown',
    'The database does not know this time zone.',
    'Choose another time zone.',
    false,
  ],

  // Caller IDs, hours, limits, transfer targets.
  invalid_label: [
    'Label too long',
    'A label has at most 100 characters.',
    'Write a shorter one.',
    false,
  ],
  invalid_target_name: [
    'Name not possible',
    'The name of a transfer target has 1 to 60 characters that can be seen.',
    'Write another name.',
    false,
  ],
  target_name_taken: [
    'Name taken',
    'Another transfer target has this name.',
    'Write another name.',
    false,
  ],
  invalid_target_number: [
    'Not a phone number',
    'This is not a phone number.',
    'Write it with + and its country code, such as +1 415 555 0199.',
    false,
  ],
  target_number_taken: [
    'Number taken',
    'Another transfer target has this number.',
    'Change that one, or write another number.',
    false,
  ],
  too_many_targets: [
    'Too many transfer targets',
    'A business has at most 200 transfer targets.',
    'Remove one that is not needed any more.',
    false,
  ],

  // The do-not-call list.
  invalid_number: [
    'Not a phone number',
    'This is not a phone number that anybody can call.',
    'Write one number, with its country code if it is in another country.',
    false,
  ],
  reason_required: [
    'Reason missing',
    'This is kept on record, and so needs a reason.',
    'Write why in a few words.',
    false,
  ],
  import_undone: [
    'File taken back',
    'Somebody has taken this file back.',
    'Choose it again if its numbers must not be called after all.',
    false,
  ],

  // Contacts.
  contact_in_use: [
    'Contact in use',
    'Somebody talks with one of these contacts, or has one in front of them.',
    'Try again when they are done.',
    true,
  ],

  // Changes and first steps.
});
