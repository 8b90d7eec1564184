/**
 * Choosing people from the organisation's directory. People who could be taken for one another stand side by side, what differs
 * underlined, and nobody is chosen for the person who looks (R29).
 */
import type { DirectoryAnswer, Person, SimilarGroup } from '../../core/contract.ts';
import type { ComponentChildren } from 'preact';
import { useEffect, useId, useRef, useState } from 'preact/hooks';
import { Differences } from '../../ui/Differences.tsx';
import { FaultBox } from '../../ui/fault.tsx';
import { TextField } from '../../ui/fields.tsx';
import { SpaceRoleIcon } from '../../ui/icons/states.tsx';
import { CloseIcon } from '../../ui/icons/tools.tsx';
import { Avatar } from '../inbox/Tile.tsx';
import { dutyWords, lowerFirst, roleAndWard } from '../people/words.ts';
import { asksFirst, Distinguish } from './Distinguish.tsx';
import { useDirectory } from './search.ts';

type Props = {
  label: string;
  hint?: string;
  chosen: Person[];
  onChange: (people: Person[]) => void;
  /** One person, as for a direct message. */
  single?: boolean;
  /** People who cannot be chosen, with the reason: already a member. */
  barred?: (person: Person) => string | undefined;
  autofocus?: boolean;
  /** Enter once more, when somebody has been chosen. */
  onDone?: () => void;
};

export function PersonPicker({ label, hint, chosen, onChange, single, barred, autofocus, onDone }: Props) {
  const [query, setQuery] = useState('');
  const place = useRef<HTMLDivElement>(null);
  const wantsFirst = useRef(false);
  const { answer, fault, searching } = useDirectory(query);

  const isChosen = (person: Person) => chosen.some((each) => each.id === person.id);
  const { question, ask, isAsked } = useDistinction(answer, choose);
  function choose(person: Person) {
    onChange(single ? [person] : [...chosen, person]);
  }
  function toggle(person: Person) {
    if (isChosen(person)) onChange(chosen.filter((each) => each.id !== person.id));
    else if (!ask(person)) choose(person);
    else if (single) onChange([]);
  }

  /**
   * Enter in the field takes the one person who was found, and goes on when they are chosen. Of several it takes nobody: it leads to the first,
   * and Enter there takes that one (R29).
   */
  function onEnter(event: KeyboardEvent) {
    if (event.key !== 'Enter' || event.isComposing || !(event.target instanceof HTMLInputElement)) return;
    event.preventDefault();
    if (event.target.type !== 'text') {
      // A radio button takes the space bar by itself, and Enter from here.
      if (!event.target.disabled && !(single && event.target.checked)) event.target.click();
      else if (event.target.checked) onDone?.();
      return;
    }
    if (searching) wantsFirst.current = true;
    else takeFirst();
  }

  function takeFirst() {
    const [only, another] = answer?.people ?? [];
    if (only && !another) {
      if (isChosen(only)) onDone?.();
      else if (!whyNot(only, barred)) toggle(only);
    } else place.current?.querySelector<HTMLElement>('.pickcard input:not(:disabled), .who button')?.focus();
  }
  // Whoever types and presses Enter at once is not ahead of the answer for long.
  useEffect(() => {
    if (searching || !wantsFirst.current) return;
    wantsFirst.current = false;
    takeFirst();
  }, [searching, answer]);

  return (
    <div class="stack-l" ref={place} onKeyDown={onEnter}>
      <div>
        <TextField
          label={label}
          value={query}
          onInput={(text) => {
            wantsFirst.current = false;
            setQuery(text);
          }}
          {...(hint ? { hint } : {})}
          {...(autofocus ? { autofocus } : {})}
        />
        {!single && chosen.length > 0 && (
          <ul class="chips" aria-label="Chosen">
            {chosen.map((person) => (
              <li class="chip" key={person.id}>
                <span>
                  <b>{person.name}</b>, {person.role}
                </span>
                <button type="button" class="ib" onClick={() => toggle(person)}>
                  <CloseIcon />
                  <span class="vh">Take out {person.name}</span>
                </button>
              </li>
            ))}
          </ul>
        )}
      </div>
      <FaultBox fault={fault} />
      <p class="vh" role="status">
        {searching ? '' : answer ? `${answer.people.length} found` : ''}
      </p>
      {answer && (
        <Results
          answer={answer}
          isChosen={(person) => isChosen(person) || isAsked(person)}
          toggle={toggle}
          single={single ?? false}
          barred={barred}
          question={question}
        />
      )}
    </div>
  );
}

/**
 * Choosing somebody whose name is the same as another's, or sounds like it, or who works elsewhere asks once, where they stand. `ask` says whether
 * it did; `question` draws it beside the person.
 */
function useDistinction(answer: DirectoryAnswer | undefined, choose: (person: Person) => void) {
  const [asked, setAsked] = useState<string>();
  const [answered, setAnswered] = useState<ReadonlySet<string>>(new Set());
  const othersOf = (person: Person) => answer?.alike[person.id] ?? [];
  const isAsked = (person: Person) => asked === person.id && asksFirst(person, othersOf(person));
  function ask(person: Person): boolean {
    const asks = asksFirst(person, othersOf(person)) && !answered.has(person.id);
    setAsked(asks ? person.id : undefined);
    return asks;
  }
  const question = (person: Person): ComponentChildren =>
    isAsked(person) && (
      <Distinguish
        person={person}
        others={othersOf(person)}
        onYes={() => {
          setAsked(undefined);
          setAnswered(new Set([...answered, person.id]));
          choose(person);
        }}
        onNo={() => setAsked(undefined)}
      />
    );
  return { question, ask, isAsked };
}

type ResultProps = {
  answer: DirectoryAnswer;
  isChosen: (person: Person) => boolean;
  toggle: (person: Person) => void;
  single: boolean;
  barred: Props['barred'];
  question: (person: Person) => ComponentChildren;
};

function Results({ answer, isChosen, toggle, single, barred, question }: ResultProps) {
  const inGroups = new Set(answer.similar.flatMap((group) => group.people));
  const rest = answer.people.filter((person) => !inGroups.has(person.id));
  if (answer.people.length === 0) {
    return <p class="muted">Nobody in the directory goes by that. Check the spelling, or try the ward.</p>;
  }
  return (
    <>
      {answer.similar.map((group) => (
        <SimilarPeople
          key={group.label}
          group={group}
          people={answer.people.filter((person) => group.people.includes(person.id))}
          {...{ isChosen, toggle, single, barred, question }}
        />
      ))}
      {rest.length > 0 && (
        <section aria-label={inGroups.size > 0 ? 'Also found' : 'Found'}>
          {inGroups.size > 0 && <h2>Also found</h2>}
          <ul class="list">
            {rest.map((person) => (
              <PersonRow
                key={person.id}
                person={person}
                chosen={isChosen(person)}
                why={whyNot(person, barred)}
                onToggle={() => toggle(person)}
                question={question(person)}
              />
            ))}
          </ul>
          {answer.more && <p class="small muted">There are more. Write more of the name, or the ward.</p>}
        </section>
      )}
    </>
  );
}

type GroupProps = Omit<ResultProps, 'answer'> & { group: SimilarGroup; people: Person[] };

function SimilarPeople({ group, people, isChosen, toggle, single, barred, question }: GroupProps) {
  const id = useId();
  return (
    <fieldset aria-describedby={id}>
      <legend class="nhsuk-fieldset__legend">
        <h2>
          {countWords[people.length] ?? people.length} people are {group.label}
        </h2>
      </legend>
      <p class="small muted" id={id}>
        Nobody is chosen for you. What differs is underlined.
      </p>
      <div class="picks">
        {people.map((person) => {
          const others = people.filter((other) => other !== person);
          const why = whyNot(person, barred);
          return (
            <label class="pickcard" key={person.id}>
              <input
                type={single ? 'radio' : 'checkbox'}
                name={id}
                checked={isChosen(person)}
                disabled={why !== undefined}
                onChange={() => toggle(person)}
              />
              <span>
                <b>
                  <Differences text={person.name} others={others.map((other) => other.name)} />
                </b>
                <span class="small pickcard__l">
                  <Differences text={person.role} others={others.map((other) => other.role)} />
                </span>
                {person.ward && (
                  <span class="small pickcard__l">
                    <Differences text={person.ward} others={others.map((other) => other.ward ?? '')} />
                    {`, ${person.organisation}`}
                  </span>
                )}
                {person.bleep && <span class="small pickcard__l">Bleep {person.bleep}</span>}
                {person.account && <span class="small pickcard__l">User name {person.account}</span>}
                {why ? <span class="tag tag--off">{why}</span> : <DutyTag person={person} />}
              </span>
            </label>
          );
        })}
      </div>
      {people.map(question)}
    </fieldset>
  );
}

/** Why somebody cannot be chosen, if so. */
function whyNot(person: Person, barred: Props['barred']): string | undefined {
  return barred?.(person) ?? (person.notEnrolled ? 'Not set up yet' : undefined);
}

const countWords: Record<number, string> = { 2: 'Two', 3: 'Three', 4: 'Four', 5: 'Five' };

function DutyTag({ person }: { person: Person }) {
  if (!person.duty) return null;
  return person.duty.on ? (
    <span class="tag">
      <SpaceRoleIcon />
      {dutyWords(person)}
    </span>
  ) : (
    <span class="tag tag--off">{dutyWords(person)}</span>
  );
}

type RowProps = {
  person: Person;
  chosen: boolean;
  why: string | undefined;
  onToggle: () => void;
  question: ComponentChildren;
};

function PersonRow({ person, chosen, why, onToggle, question }: RowProps) {
  const duty = dutyWords(person);
  return (
    <li class={why ? 'who' : chosen ? 'who who--pick who--chosen' : 'who who--pick'}>
      <Avatar name={person.name} />
      <span class="who__t">
        <b>{person.name}</b>
        <span>{[roleAndWard(person), duty && lowerFirst(duty)].filter(Boolean).join(' · ')}</span>
        {person.outside && <span>Outside this organisation: {person.organisation}</span>}
        {person.account && <span>User name {person.account}</span>}
      </span>
      {why ? (
        <span class="tag tag--off">{why}</span>
      ) : (
        <button type="button" class="btn btn--s" aria-pressed={chosen} onClick={onToggle}>
          {chosen ? 'Chosen' : 'Choose'}
          <span class="vh"> {person.name}</span>
        </button>
      )}
      {question}
    </li>
  );
}
