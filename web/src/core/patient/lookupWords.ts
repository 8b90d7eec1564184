/** Plain words for what can go wrong while somebody finds out who a patient is. They come with that part, which is fetched later. */

export const lookupWords = {
  link_moved: {
    message: 'Somebody else identified this patient meanwhile.',
    hint: 'Look at the banner; what it says is the newest.',
  },
  standing_changed: {
    message: 'The record says something else now than before.',
    hint: 'Look at what it says, then go on.',
  },
  patient_changed: {
    message: 'The record says something else about this patient now.',
    hint: 'Identify the patient again in a new patient thread.',
  },
  index_unavailable: {
    message: 'The patient index cannot be reached.',
    hint: 'Try again. If it is urgent, call.',
  },
  nhs_number_invalid: { message: 'This is not a valid NHS number.', hint: 'Check each digit against the wristband.' },
  birth_date_invalid: { message: 'This is not a date of birth.', hint: 'Give day, month and year.' },
  name_incomplete: { message: 'Both names are needed.', hint: 'Give the last name and the first name.' },
  lookup_missing: { message: 'This look-up is too old.', hint: 'Compare with the record again.' },
  wristband_needed: {
    message: 'There is a patient with much the same name.',
    hint: 'Check the wristband and tick.',
  },
  patient_not_identified: {
    message: 'The patient was looked up too long ago.',
    hint: 'Compare with the record again.',
  },
  link_unproved: { message: 'The patient was looked up too long ago.', hint: 'Compare with the record again.' },
};
