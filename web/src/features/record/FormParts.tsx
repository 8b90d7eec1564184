/** The parts of a form, each with the messages that were put into it and a place for own words; and the messages to choose from. */
import type { ComponentChildren } from 'preact';
import { useId } from 'preact/hooks';
import type { DecisionDraft, MessageId, Statement } from '../../core/contract.ts';
import { forms } from '../../core/forms.ts';
import { clockTime } from '../../ui/dates.ts';
import { Check } from '../../ui/fields.tsx';
import { AreaField, SelectField } from '../../ui/sheetFields.tsx';
import { useClient } from '../session/client.ts';
import { choose, isOptional, leaveOut, move, partOf, write } from './decisionDraft.ts';
import { SourceWords } from './FileSheet.tsx';

type Form = NonNullable<DecisionDraft['form']>;

type Props = {
  draft: DecisionDraft & { form: Form };
  /** Those that can be chosen, newest first, and those that were. */
  messages: Statement[];
  /** The way to more of them. */
  earlier?: ComponentChildren;
  /** Names of parts that have to have something. */
  missing: readonly string[];
  onChange: (draft: DecisionDraft) => void;
};

export function FormParts({ draft, messages, earlier, missing, onChange }: Props) {
  const client = useClient();
  const id = useId();
  const { form } = draft;
  const { parts } = forms[form.kind];
  const headingOf = (name: string | undefined) => parts.find((each) => each.name === name)?.heading ?? '';
  const choices = parts.map(({ name, heading }) => ({ value: name, label: heading }));

  function put(message: MessageId, name: string) {
    onChange(move(draft, message, name));
    client.announce(`In ${headingOf(name)}.`);
  }

  function tick(message: MessageId, on: boolean) {
    onChange(on ? choose(draft, message) : leaveOut(draft, message));
    client.announce(on ? `In ${parts[0]?.heading ?? ''}. You can move it to another part.` : 'Left out.');
  }

  return (
    <>
      {parts.map(({ name, heading }) => {
        const part = form.parts.find((each) => each.name === name);
        return (
          <section class="part" key={name} aria-labelledby={`${id}-${name}`}>
            <h2 id={`${id}-${name}`}>
              {heading}
              {isOptional(form.kind, name) && <span class="muted"> (optional)</span>}
            </h2>
            {(part?.messages ?? []).map((message) => (
              <Quoted
                key={message}
                statement={messages.find((each) => each.id === message)}
                onMove={() => document.getElementById(`${id}-${message}`)?.focus()}
                onOut={() => onChange(leaveOut(draft, message))}
              />
            ))}
            <AreaField
              label="In your own words"
              about={`: ${heading}`}
              value={part?.text ?? ''}
              onInput={(text) => onChange(write(draft, name, text))}
              rows={2}
              error={missing.includes(name) ? `${heading} is empty. Write it, or choose a message for it` : undefined}
            />
          </section>
        );
      })}
      {messages.length > 0 && (
        <section aria-labelledby={`${id}-from`}>
          <h2 id={`${id}-from`}>Messages to choose from</h2>
          <p class="small muted">
            They are quoted word for word. What you choose goes to {parts[0]?.heading} first; nothing is sorted for you.
          </p>
          <ul class="list">
            {messages.map((each) => {
              const name = partOf(draft, each.id);
              return (
                <li key={each.id}>
                  <Check small checked={name !== undefined} onChange={(on) => tick(each.id, on)}>
                    <SourceWords statement={each} />
                  </Check>
                  {name !== undefined && (
                    <SelectField
                      id={`${id}-${each.id}`}
                      label="Part"
                      about={` for what ${each.own ? 'you' : each.author.name} said at ${clockTime(each.at)}`}
                      value={name}
                      options={choices}
                      onChange={(to) => put(each.id, to)}
                    />
                  )}
                </li>
              );
            })}
          </ul>
          {earlier}
        </section>
      )}
    </>
  );
}

type QuotedProps = { statement: Statement | undefined; onMove: () => void; onOut: () => void };

function Quoted({ statement, onMove, onOut }: QuotedProps) {
  if (!statement) {
    return (
      <div class="quoted part__q">
        <p class="small">A message that was chosen before. It is not loaded here.</p>
        <button type="button" class="btn btn--s btn--quiet" onClick={onOut}>
          Leave it out
        </button>
      </div>
    );
  }
  return (
    <div class="quoted part__q">
      <p>
        <SourceWords statement={statement} />
      </p>
      <button type="button" class="btn btn--s btn--quiet" onClick={onMove}>
        Move<span class="vh"> what {statement.own ? 'you' : statement.author.name} said</span>
      </button>
    </div>
  );
}
