/** What is said of filings that wait for a person. */
import type { Letter, RecordLine } from '../../core/contract.ts';
import { plural } from '../../ui/dates.ts';
import { misfiledWords } from '../record/misfiledWords.ts';
import type { Sent } from './useLetters.ts';

/** Those with one reason: what stands in the way of one stands in the way of all. */
export type Reason = { key: string; reason: string; code: string; how?: Letter['how']; letters: Letter[] };

/** In the order in which each reason first came up. */
export function byReason(letters: readonly Letter[]): Reason[] {
  const all = new Map<string, Reason>();
  for (const letter of letters) {
    const { state, code, reason, how } = letter;
    const key = JSON.stringify([state, code, reason]);
    const known = all.get(key);
    if (known) known.letters.push(letter);
    else all.set(key, { key, reason: reasonWords(letter), code, ...(how ? { how } : {}), letters: [letter] });
  }
  return [...all.values()];
}

export const reasonWords = ({ reason, how }: Letter): string =>
  reason || (how ? misfiledWords[how] : 'The record gave no reason.');

export const triedWords = (attempts: number): string =>
  attempts === 1 ? 'tried once' : attempts === 2 ? 'tried twice' : `tried ${plural(attempts, 'time')}`;

/** What became of one that was sent again, and the sign that goes with it. */
export function outcome({ letter, queued, fault }: Sent): { state: RecordLine['state']; words: string; more?: string } {
  if (fault) return { state: 'failed', words: 'Not sent', more: [fault.message, fault.hint].filter(Boolean).join(' ') };
  if (queued) return { state: 'none', words: 'Waits its turn' };
  switch (letter.state) {
    case 'sending':
      return {
        state: 'filing',
        words: 'Sent again, waiting for the record',
        ...(letter.reason ? { more: letter.reason } : {}),
      };
    case 'in':
      return {
        state: 'in',
        words: 'In the record',
        ...(letter.reference ? { more: `The record’s reference is ${letter.reference}.` } : {}),
      };
    case 'stopped':
      return { state: 'stopped', words: 'Not filed: wrong patient' };
    case 'refused':
      return { state: 'failed', words: 'Refused again', more: reasonWords(letter) };
    case 'failed':
      return {
        state: 'failed',
        words: letter.how ? misfiledWords[letter.how] : 'Filed wrongly',
        more: reasonWords(letter),
      };
  }
}

/** "2 of 3 sent. 1 is in the record, 1 was refused again, 1 waits." */
export function progressWords(sent: readonly Sent[]): string {
  const count = (test: (one: Sent) => boolean) => sent.filter(test).length;
  const unsent = count(({ fault }) => fault !== undefined);
  const left = count(({ queued }) => queued);
  const parts: [number, string][] = [
    [count(({ letter, fault, queued }) => !fault && !queued && letter.state === 'in'), 'in the record'],
    [count(({ letter, fault, queued }) => !fault && !queued && letter.state === 'sending'), 'waiting for the record'],
    [
      count(
        ({ letter, fault, queued }) => !fault && !queued && ['refused', 'failed', 'stopped'].includes(letter.state),
      ),
      'refused again',
    ],
    [unsent, 'not sent'],
  ];
  const told = parts.filter(([many]) => many > 0).map(([many, words]) => `${many} ${words}`);
  return [`${sent.length - left - unsent} of ${sent.length} sent.`, told.length > 0 ? `${told.join(', ')}.` : '']
    .filter(Boolean)
    .join(' ');
}
