/**
 * The identifiers of a patient as somebody reads them from a wristband (R11): name, date of birth and NHS number; the hospital's number where
 * there is no other at hand; or what the hospital calls somebody whom nobody knows.
 */
import { useState } from 'preact/hooks';
import type { PatientAnswer, PatientQuery } from '../../core/contract.ts';
import { TextField } from '../../ui/fields.tsx';
import { DateField } from '../../ui/sheetFields.tsx';
import { bareNumber, dateFrom, isNhsNumber } from './format.ts';

export type By = 'nhs-number' | 'hospital-number' | 'temporary';

export type Identifiers = ReturnType<typeof useIdentifiers>;

const empty = { family: '', given: '', day: '', month: '', year: '', number: '', hospital: '' };

/** `changed`: what was answered is not about what is typed any more. */
export function useIdentifiers(now: number, answer: PatientAnswer | undefined, changed: () => void) {
  const [by, setBy] = useState<By>('nhs-number');
  const [typed, setTyped] = useState(empty);
  const [tried, setTried] = useState(false);
  const born = dateFrom(typed, now);
  const number = bareNumber(typed.number);
  const hospital = typed.hospital.trim();
  const errors = {
    family: typed.family.trim() ? undefined : 'Enter the last name',
    given: typed.given.trim() ? undefined : 'Enter the first name',
    born: born || by === 'temporary' ? undefined : 'Enter a real date, such as 12 3 1954',
    number: by !== 'nhs-number' || isNhsNumber(number) ? undefined : numberError(number),
    hospital: by === 'nhs-number' || hospital ? undefined : 'Enter the hospital number',
  };
  const query: PatientQuery = {
    family: typed.family.trim(),
    given: typed.given.trim(),
    ...(by === 'temporary' || !born ? {} : { born }),
    ...(by === 'nhs-number' ? { nhsNumber: number } : { hospitalNumber: hospital }),
    ...(by === 'temporary' ? { temporary: true } : {}),
  };
  return {
    by,
    typed,
    /** What the hospital says of the number, beside it. */
    errors: { ...errors, ...fromHospital(answer, by) },
    tried,
    set: (change: Partial<typeof empty>) => {
      setTyped({ ...typed, ...change });
      changed();
    },
    choose: (next: By) => {
      setBy(next);
      setTried(false);
      changed();
    },
    /** The question, or nothing while it is incomplete; then the marks are shown. */
    ask: (): PatientQuery | undefined => {
      setTried(true);
      return Object.values(errors).some(Boolean) ? undefined : query;
    },
  };
}

function fromHospital(answer: PatientAnswer | undefined, by: By): { number?: string; hospital?: string } {
  if (answer?.outcome === 'known') return { hospital: 'The hospital knows who this is. Enter the three identifiers.' };
  if (answer?.outcome !== 'temporary') return {};
  const words = 'The hospital does not know yet who this is. Enter the temporary name, without a date of birth.';
  return by === 'nhs-number' ? { number: words } : { hospital: words };
}

/** `onlyKnown`: it is to be found out who somebody is, so that nobody knows it is no way. */
export function IdentifierFields({ fields, onlyKnown }: { fields: Identifiers; onlyKnown?: true }) {
  const { by, typed, set, errors, tried } = fields;
  const shown = (error: string | undefined) => (tried ? error : undefined);
  const temporary = by === 'temporary';
  return (
    <>
      <div class="pair" key={by}>
        <TextField
          label={temporary ? 'Temporary LAST name' : 'LAST name'}
          value={typed.family}
          onInput={(family) => set({ family })}
          error={shown(errors.family)}
          autofocus
        />
        <TextField
          label={temporary ? 'Temporary first name' : 'First name'}
          value={typed.given}
          onInput={(given) => set({ given })}
          error={shown(errors.given)}
        />
      </div>
      {!temporary && (
        <DateField legend="Date of birth" value={typed} onInput={(date) => set(date)} error={shown(errors.born)} />
      )}
      {by === 'nhs-number' ? (
        <TextField
          label="NHS number"
          value={typed.number}
          onInput={(value) => set({ number: value })}
          inputMode="numeric"
          maxLength={14}
          width={10}
          code
          error={shown(errors.number)}
        />
      ) : (
        <TextField
          label="Hospital number"
          value={typed.hospital}
          onInput={(value) => set({ hospital: value })}
          maxLength={40}
          width={20}
          code
          error={shown(errors.hospital)}
        />
      )}
      <OtherWays by={by} choose={fields.choose} onlyKnown={onlyKnown === true} />
    </>
  );
}

function OtherWays({ by, choose, onlyKnown }: { by: By; choose: (by: By) => void; onlyKnown: boolean }) {
  const ways: { by: By; words: string }[] = [
    {
      by: 'nhs-number',
      words: by === 'temporary' ? 'Somebody knows: three identifiers' : 'Use the NHS number',
    },
    { by: 'hospital-number', words: 'NHS number not known? Use the hospital number' },
    { by: 'temporary', words: 'Nobody knows who this is' },
  ];
  const take = (next: By) => {
    choose(next);
    // The button is gone then: whoever came by the keyboard goes on in the first field.
    requestAnimationFrame(() => document.querySelector<HTMLElement>('dialog[open] form input')?.focus());
  };
  const offered = ways.filter(
    (way) =>
      way.by !== by && !(way.by === 'temporary' && onlyKnown) && !(way.by === 'hospital-number' && by === 'temporary'),
  );
  return (
    <ul class="ways-in small">
      {offered.map((way) => (
        <li key={way.by}>
          <button type="button" class="btn btn--s btn--quiet" onClick={() => take(way.by)}>
            {way.words}
          </button>
        </li>
      ))}
    </ul>
  );
}

export const leadWords: Record<By, string> = {
  'nhs-number': 'Three identifiers must match the record. Read them from the wristband.',
  'hospital-number':
    'Name, date of birth and hospital number must match the hospital’s record. Read them from the wristband.',
  temporary:
    'A temporary identity: the name and the number that the hospital gave this patient. Read both from the wristband.',
};

function numberError(digits: string): string {
  if (!digits) return 'Enter the NHS number';
  if (!/^\d+$/.test(digits)) return 'An NHS number has digits only';
  if (digits.length !== 10) return `An NHS number has 10 digits; this has ${digits.length}`;
  return 'This is not an NHS number: the last digit does not fit the others. Read it again.';
}
