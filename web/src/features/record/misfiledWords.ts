/**
 * A document that the record keeps wrongly. It was not refused, and filing it again does not undo it: first somebody at health records
 * has to take away what lies in the wrong place. These words are the same wherever it is told.
 */
import type { Misfiled, RecordState } from '../../core/contract.ts';

export const misfiledWords: Record<Misfiled['how'], string> = {
  'other-patient': 'Filed under another patient',
  otherwise: 'Filed wrongly in the record',
};

export const misfiledTodo = 'tell health records now';

/** What is said to health records, in the end of a sentence. */
export const misfiledOrder: Record<Misfiled['how'], string> = {
  'other-patient':
    'Call health records now. Give them this reference, and ask them to take the document out of the other patient’s record.',
  otherwise: 'Call health records now. Give them this reference, and ask them to look at the document.',
};

/** What the record said of a decision when it did not say yes, where there is room for a few words only. */
export const failedWords = (record: Extract<RecordState, { state: 'failed' }>): string | undefined =>
  record.misfiled && misfiledWords[record.misfiled.how];
