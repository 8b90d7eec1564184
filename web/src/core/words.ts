/** Plain words for codes: what happened, and what to do next. Codes of the server, of the protocol (docs/protocol.md, section 12) and ours. */

type Words = { message: string; hint?: string };

/** For a code that has no words of its own, `known` is false. */
export function wordsFor(code: string): Words & { known: boolean } {
  const found = words[code];
  return found ? { ...found, known: true } : { ...unexpected, known: false };
}

const unexpected: Words = {
  message: 'Something went wrong in Wardline itself.',
  hint: 'Try again. If it stays, lock Wardline and unlock it, then tell the service desk.',
};

const desk = 'Do not go on. Tell the service desk now.';
const reload = 'Load the page again. If it stays, tell the service desk.';
const changed = 'Try again.';

/** Words of a part that is fetched later come with it. */
export function learnWords(more: Readonly<Record<string, Words>>): void {
  Object.assign(words, more);
}

const words: Record<string, Words> = {
  offline: { message: 'Wardline cannot be reached.', hint: 'Check the network. If it is urgent, call.' },
  corrected_first: {
    message: 'Another correction of this decision came first.',
    hint: 'Look at it in the thread. Your words stay here: copy what it has not got.',
  },
  locked: { message: 'Wardline is locked.', hint: 'Unlock it to go on.' },
  session_locked: { message: 'Wardline is locked.', hint: 'Unlock it to go on.' },
  not_signed_in: { message: 'You are signed out.', hint: 'Sign in again.' },
  proof_wrong: { message: 'This browser is not the one that signed in.', hint: 'Sign in here.' },
  proof_missing: { message: 'This browser did not prove that it is the one that signed in.', hint: reload },
  proof_malformed: { message: 'This browser did not prove that it is the one that signed in.', hint: reload },
  proof_time: { message: 'The clock of this device is wrong.', hint: 'Set it right, then try again.' },
  proof_replayed: { message: 'This was sent before.', hint: changed },
  proof_other_device: { message: 'This browser has not finished signing in.', hint: 'Sign in again.' },
  device_current: { message: 'This is the device that you are using.', hint: 'Sign out instead.' },
  device_unknown: { message: 'You have no such device any more.', hint: 'Look at the list again.' },
  catching_up: { message: 'Wardline is still catching up.', hint: 'Wait until everything is here, then try again.' },
  device_needed: { message: 'This browser has not finished signing in.', hint: 'Sign in again.' },
  request_refused: { message: 'That could not be done: a part of Wardline on this page is out of date.', hint: reload },
  answer_unreadable: { message: 'The server sent something that Wardline cannot read.', hint: reload },
  storage_unavailable: {
    message: 'This browser does not let Wardline keep its keys.',
    hint: 'Leave private browsing, or use another browser.',
  },
  browser_too_old: {
    message: 'This browser is too old for Wardline.',
    hint: 'Update it, or use another browser on this device.',
  },

  enrolment_link_invalid: { message: 'This link is not valid.', hint: 'Ask the service desk for a new one.' },
  enrolment_link_expired: { message: 'This link has run out.', hint: 'Ask the service desk for a new one.' },
  enrolment_link_used: {
    message: 'This link has been used.',
    hint: 'Sign in, or ask the service desk for a new link.',
  },
  enrolment_missing: { message: 'The link has to be opened again.', hint: 'Open it from where you got it.' },
  password_short: { message: 'This password is too short.', hint: 'Use at least 12 characters.' },
  agreement_needed: { message: 'Your own device needs the agreement.', hint: 'Read it and tick.' },
  notice_needed: { message: 'The notice has not been accepted.', hint: 'Read it and tick.' },
  code_wrong: { message: 'That code is not right.', hint: 'Enter the six digits that the code app shows now.' },
  code_used: { message: 'That code has been used.', hint: 'Wait for the next one.' },
  clock_wrong: {
    message: 'The clock of this device is wrong by more than an hour.',
    hint: 'Set it right, then try again.',
  },
  sign_in_refused: {
    message: 'That did not match.',
    hint: 'Check your user name, your password and the code, and wait for the next code.',
  },
  sign_in_missing: { message: 'Your password has to be entered again.', hint: 'Go back and start again.' },
  password_wrong: {
    message: 'That is not your password.',
    hint: 'Try again. If you changed it on another device, it is the new one. After ten wrong ones you are signed out.',
  },
  too_many_tries: { message: 'There were too many tries.' },
  device_choice_needed: { message: 'Say whose device this is.', hint: 'Choose one, then sign in.' },

  wrong_identity: { message: 'These keys belong to somebody else.', hint: desk },
  rolled_back: { message: 'The server showed something older than this device has seen.', hint: desk },
  broken_chain: { message: 'What the server showed does not fit together.', hint: desk },
  bad_signature: { message: 'A signature is not genuine.', hint: desk },
  wrong_purpose: { message: 'A signature was made with the wrong key.', hint: desk },
  wrong_secret: { message: 'A key does not open what it should.', hint: desk },
  wrong_share: { message: 'The keys of this thread were not made as they must be.', hint: desk },
  wrong_members: { message: 'The keys of this thread are not for its members.', hint: desk },
  not_entitled: { message: 'That is not allowed here.', hint: 'Ask somebody who runs this thread.' },
  revoked_device: {
    message: 'This device may not be used any more.',
    hint: 'Sign in again, or tell the service desk.',
  },
  bad_commitment: { message: 'A message does not match what was signed.', hint: desk },
  weak_parameters: { message: 'The server asked for weak protection of your password.', hint: desk },
  unsupported_suite: { message: 'The server needs a newer Wardline.', hint: reload },
  malformed: { message: 'The server sent something that Wardline cannot read.', hint: reload },

  enrolment_link_cut: {
    message: 'A part of this link is missing, so Wardline cannot tell whose server it leads to.',
    hint: 'It has not been used. Scan the code on your sheet, or type the whole address.',
  },
  policy_needed: {
    message: 'There is a policy to read and accept first.',
    hint: 'Until then you can read, but not write.',
  },
  policy_changed: { message: 'This policy has changed meanwhile.', hint: 'Read it again.' },
  policy_waited: { message: 'This policy has waited as long as it may.', hint: 'Read it now; it is short.' },
  policy_cannot_wait: { message: 'This policy cannot wait.', hint: 'Read it now.' },
  policy_unknown: { message: 'This policy is no longer in force.', hint: 'Look at the list again.' },
  policy_not_here: { message: 'The text is not on this device yet.', hint: 'Read it when Wardline can be reached.' },
  not_logged: {
    message: 'A key here is not in the organisation’s public log of keys, so nothing was sent to it.',
    hint: 'Try again in a minute. If it stays, call, and tell the service desk.',
  },
  split_view: {
    message: 'Two different lists of everybody’s keys were shown to this device or to a colleague’s.',
    hint: desk,
  },
  stale_log: {
    message: 'The server has not shown a fresh list of keys for more than a day.',
    hint: 'Check the clock of this device. If it is right, tell the service desk, and call if it is urgent.',
  },

  thread_unknown: { message: 'This thread is not there.', hint: 'You may have been removed from it.' },
  thread_frozen: {
    message: 'This thread has been stopped: what the server showed of it does not fit together.',
    hint: 'Go on in a new thread with the same people, and tell the service desk.',
  },
  identity_missing: {
    message: 'This conversation names a patient of whom this device was shown nothing.',
    hint: 'Do not go on here. Go on in a new patient thread, and tell the service desk.',
  },
  too_many_reports: { message: 'That is more than can be taken in one day.', hint: 'Tell the service desk.' },
  not_a_member: { message: 'You are no longer in this thread.', hint: 'Ask a member to add you again.' },
  may_not_post: { message: 'You can read here, but not write.', hint: 'Write to one of the members instead.' },
  message_unknown: { message: 'That message is no longer there.', hint: 'Look at the thread again.' },
  text_missing: { message: 'There is nothing to send.', hint: 'Write something first.' },
  text_too_long: { message: 'This is too long for one message.', hint: 'Send it in two.' },
  notice_first: { message: 'The notice comes before the first message.', hint: 'Read it and accept it.' },
  stopped_other_patient: {
    message: 'Not sent: another patient’s NHS number.',
    hint: 'Take it out, or write in that patient’s thread.',
  },
  stopped_identifier: {
    message: 'Not sent: this identifies a patient.',
    hint: 'Write it in a patient thread.',
  },
  stopped_hidden_mark: {
    message: 'Not sent: a hidden character changes how this reads.',
    hint: 'Type the text anew.',
  },
  stopped_unlinked: {
    message: 'Not sent: this sounds like a patient nobody here can be sure of.',
    hint: 'Identify the patient, or say why it cannot wait.',
  },
  message_sent: { message: 'This message has been sent after all.', hint: 'It cannot be taken back.' },
  message_differs: {
    message: 'This message was sent before, with other words.',
    hint: 'Take it back and send it again.',
  },
  stale_epoch: { message: 'The keys of this thread are being renewed.', hint: changed },
  membership_moved: { message: 'The members have changed meanwhile.', hint: changed },
  epoch_taken: { message: 'Somebody else renewed the keys first.', hint: changed },
  clock_ahead: { message: 'The clock of this device is wrong.', hint: 'Set it right, then try again.' },
  not_enrolled: {
    message: 'Somebody here has not set up Wardline yet.',
    hint: 'Leave them out for now, and call them.',
  },
  person_unknown: { message: 'The directory has nobody by that name.', hint: 'Search again, with fewer letters.' },
  not_staff: {
    message: 'Only people who work here now can be added.',
    hint: 'Choose somebody else, or ask the service desk.',
  },
  people_missing: { message: 'Nobody has been chosen.', hint: 'Choose at least one person.' },
  name_missing: { message: 'The team has no name.', hint: 'Give it one.' },
  note_too_long: { message: 'The reason is too long.', hint: 'Shorten it.' },

  decision_empty: { message: 'There is no decision yet.', hint: 'Write it, or tick a message.' },
  not_linked: {
    message: 'Only decisions about an identified patient go to the record.',
    hint: 'Start a patient thread for it.',
  },
  decision_unknown: { message: 'That decision is no longer there.', hint: 'Look at the thread again.' },
  decision_not_sent: {
    message: 'This decision has not been sent yet.',
    hint: 'It can be filed once it has been sent.',
  },
  too_many_sources: { message: 'That is too much for one document.', hint: 'Tick fewer messages.' },
  document_changed: {
    message: 'The thread has changed since the preview.',
    hint: 'Look at the preview again, then file.',
  },
  identity_unconfirmed: {
    message: 'The patient has to be confirmed again.',
    hint: 'Take this back, compare the patient’s name, date of birth and number, and send it again.',
  },
  thread_quarantined: {
    message: 'This conversation is linked to the wrong patient.',
    hint: 'Nothing more can be sent here. Go on in a conversation about the right patient.',
  },
  not_quarantined: { message: 'Nobody has said that this conversation is about the wrong patient.' },
  patient_unconfirmed: { message: 'The patient has not been confirmed.', hint: 'Check the patient and tick.' },
  already_filed: { message: 'This decision has been filed already.', hint: 'How far it is stands at the decision.' },
  nothing_to_retry: { message: 'There is nothing to try again.', hint: 'How far it is stands at the decision.' },
};
