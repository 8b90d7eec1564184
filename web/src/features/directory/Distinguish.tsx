/**
 * R29: whoever chooses one of several people with the same name, or one that sounds like it, or somebody who works elsewhere, is asked once
 * whether it is the one they mean. In place and not in a dialog: the others stay in sight.
 */
import { useEffect, useId, useRef } from 'preact/hooks';
import type { Person } from '../../core/contract.ts';
import { Differences } from '../../ui/Differences.tsx';
import { WarningIcon } from '../../ui/icons/tools.tsx';
import { Avatar } from '../inbox/Tile.tsx';
import { roleAndWard } from '../people/words.ts';
import { useClient } from '../session/client.ts';

type Props = {
  person: Person;
  /** Those whose name is like it, nearest first. */
  others: Person[];
  /** The question takes the focus: where what was chosen goes away for it. */
  takesFocus?: boolean;
  onYes: () => void;
  onNo: () => void;
};

export function Distinguish({ person, others, takesFocus, onYes, onNo }: Props) {
  const client = useClient();
  const id = useId();
  const box = useRef<HTMLElement>(null);
  const facts = factsOf(person);
  useEffect(() => {
    if (takesFocus) box.current?.focus();
    box.current?.scrollIntoView?.({ block: 'nearest' });
    const not = others.map((other) => `${calledInCapitals(other)}, ${factsOf(other)}`).join(', nor ');
    client.announce(`You chose ${calledInCapitals(person)}, ${facts}${not && `, not ${not}`}. Is this who you mean?`);
  }, [person.id]);
  return (
    <section class="card card--warn distinguish" aria-labelledby={id} tabIndex={-1} ref={box}>
      <h3 id={id}>
        <WarningIcon /> Is this who you mean?
      </h3>
      <ul class="list">
        <li class="who">
          <Avatar name={person.name} />
          <span class="who__t">
            <b>
              You chose <Differences text={calledInCapitals(person)} others={others.map(calledInCapitals)} />
            </b>
            <span>
              <Differences text={facts} others={others.map(factsOf)} />
            </span>
          </span>
        </li>
        {others.map((other) => (
          <li class="who" key={other.id}>
            <Avatar name={other.name} />
            <span class="who__t">
              <b>
                Not <Differences text={calledInCapitals(other)} others={[calledInCapitals(person)]} />
              </b>
              <span>
                <Differences text={factsOf(other)} others={[facts]} />
              </span>
            </span>
          </li>
        ))}
      </ul>
      {person.outside && (
        <p class="small">
          Works outside your organisation, for <b>{person.organisation}</b>, and will read what you write there.
        </p>
      )}
      <div class="row">
        <button type="button" class="btn btn--main" onClick={onYes}>
          Yes, {person.name}, {person.role}
        </button>
        <button type="button" class="btn" onClick={onNo}>
          Choose again
        </button>
      </div>
    </section>
  );
}

/** Choosing this person asks first. */
export const asksFirst = (person: Person, others: readonly Person[] = []): boolean =>
  others.length > 0 || person.outside;

/** What tells somebody apart from others of the name. */
const factsOf = (person: Person): string =>
  [roleAndWard(person), person.outside && person.organisation, person.account && `user name ${person.account}`]
    .filter(Boolean)
    .join(', ');

/** "Dr Anita RAO": the family name is what is read first. */
export const calledInCapitals = ({ title, given, family }: Person): string =>
  [title, given, family.toLocaleUpperCase('en-GB')].filter(Boolean).join(' ');
