/**
 * The dead letter: filings of the whole organisation that wait for a person, for those who answer for what reaches the record (R19). They need
 * not be in any of the conversations, so there is nothing here but what the server knows.
 */
import { fromUuidText } from '../../crypto/names.ts';
import type { Letter, LettersPage } from '../contract.ts';
import type { ServedLetter } from '../remote/shapes.ts';
import { learnWords } from '../words.ts';
import type { Ward } from '../ward.ts';

learnWords({
  filing_unknown: { message: 'This filing is not there.', hint: 'Look at the list again.' },
});

export async function letters(ward: Ward, after?: string): Promise<LettersPage> {
  const { filings, next } = await ward.remote.letters.list(after);
  return { letters: await described(ward, filings), ...(next ? { next } : {}) };
}

export async function letter(ward: Ward, filing: string): Promise<Letter> {
  return one(ward, await ward.remote.letters.get(filing));
}

/** Sends the same document again. What becomes of it is asked for with [letter]. */
export async function replay(ward: Ward, filing: string): Promise<Letter> {
  return one(ward, await ward.remote.letters.replay(filing));
}

async function one(ward: Ward, served: ServedLetter): Promise<Letter> {
  await ward.people.describe([fromUuidText(served.filing.filedBy)]);
  return letterOf(ward, served);
}

async function described(ward: Ward, served: readonly ServedLetter[]): Promise<Letter[]> {
  const people = new Set(served.map(({ filing }) => filing.filedBy));
  await ward.people.describe([...people].map(fromUuidText));
  return served.map((each) => letterOf(ward, each));
}

const states = {
  waiting: 'sending',
  filing: 'sending',
  received: 'in',
  refused: 'refused',
  failed: 'failed',
  stopped: 'stopped',
} as const;

function letterOf(ward: Ward, { filing }: ServedLetter): Letter {
  const { code = '', reason = '', reference, attempts, filedAt } = filing;
  const state = states[filing.state];
  return {
    filing: filing.filing,
    state,
    ...(state === 'failed' ? { how: code === 'record_other_patient' ? ('other-patient' as const) : 'otherwise' } : {}),
    code,
    reason,
    attempts,
    filedBy: ward.people.card(fromUuidText(filing.filedBy)),
    filedAt,
    ...(state === 'in' && reference ? { reference } : {}),
  };
}
