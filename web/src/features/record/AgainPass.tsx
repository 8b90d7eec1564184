/** R51: why a decision of the conversation about the wrong patient need not be made again. Everybody in the right patient's thread reads it. */
import { Radios } from '../../ui/fields.tsx';
import { AreaField } from '../../ui/sheetFields.tsx';

type Why = 'not-theirs' | 'over' | 'other';

/** `kind` undefined: nothing was chosen yet. */
export type PassDraft = { kind?: Why; words: string };

const options: { value: Why; label: string }[] = [
  { value: 'not-theirs', label: 'It is not about this patient' },
  { value: 'over', label: 'It is not needed any more' },
  { value: 'other', label: 'Another reason' },
];

const said: Record<Exclude<Why, 'other'>, string> = {
  'not-theirs': 'it is not about this patient',
  over: 'it is not needed any more',
};

/** As it is said in the thread; empty while there is none. */
export function reasonIn({ kind, words }: PassDraft): string {
  if (!kind) return '';
  return kind === 'other' ? words.trim() : said[kind];
}

type Props = { draft: PassDraft; missing: boolean; onChange: (draft: PassDraft) => void };

export function AgainPass({ draft, missing, onChange }: Props) {
  return (
    <section aria-labelledby="again-pass">
      <h2 id="again-pass">It does not need to be made again</h2>
      <Radios
        legend="Why?"
        hint="Everybody in this conversation reads it."
        options={options}
        value={draft.kind}
        onChange={(kind) => onChange({ ...draft, kind })}
        error={missing && !draft.kind ? 'Say why' : undefined}
      />
      {draft.kind === 'other' && (
        <AreaField
          label="The reason, shortly"
          hint="Without the name or numbers of the other patient."
          value={draft.words}
          onInput={(words) => onChange({ ...draft, words })}
          rows={2}
          error={missing && draft.words.trim() === '' ? 'Write the reason' : undefined}
        />
      )}
    </section>
  );
}
