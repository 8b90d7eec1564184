/**
 * A decision in the thread: a sheet with a folded corner whose border and foot say where the record stands (R18). Only a receipt from
 * the record clears "not in the record yet".
 */
import type { ComponentChildren } from 'preact';
import type {
  Correction,
  DecisionId,
  DecisionItem,
  DecisionLife,
  Person,
  RecordState,
  Statement,
  ThreadId,
} from '../../core/contract.ts';
import { forms } from '../../core/forms.ts';
import { clockTime, whenInWords } from '../../ui/dates.ts';
import { DecisionIcon } from '../../ui/icons/states.tsx';
import { shortRole } from '../people/words.ts';
import { format } from '../shell/routes.ts';
import { drawn } from '../thread/drawn.ts';
import { withdrawWords } from '../thread/systemWords.ts';
import { DeliveryState, recordIcons, recordWords } from '../thread/States.tsx';
import { misfiledOrder, misfiledTodo, misfiledWords } from './misfiledWords.ts';
import { Reference } from './Reference.tsx';
import { TellRecord } from './TellRecord.tsx';

type Props = {
  item: DecisionItem;
  thread: ThreadId;
  now: number;
  /** False for somebody who may only read here. */
  mayFile: boolean;
  onHurry: () => void;
  /** Goes to another decision of the thread. */
  onShow?: (decision: DecisionId) => void;
  children?: ComponentChildren;
};

export function DecisionCard({ item, thread, now, mayFile, onHurry, onShow, children }: Props) {
  const { record, statements } = item;
  const only = statements.length === 1 && !item.form ? statements[0] : undefined;
  const StateIcon = recordIcons[record.state];
  const fileHref = format({ at: 'file', thread, decision: item.id });
  return (
    <div class={`d d--${record.state}`}>
      <p class="d__h">
        <DecisionIcon />
        <b>{item.form ? `Decision: ${forms[item.form.kind].title}` : 'Decision'}</b>
        <Attribution item={item} only={only} now={now} />
      </p>
      <div class="d__b">
        {item.form ? (
          <FormWords form={item.form} by={nameOf(item.markedBy, item.markedByMe, true)} />
        ) : (
          statements.map((statement) => (
            <div key={statement.id} class="d__w">
              {!only && <Said statement={statement} />}
              <p class="m__t">{drawn(statement.text)}</p>
            </div>
          ))
        )}
        {children}
      </div>
      {item.life && <Life life={item.life} record={record} now={now} />}
      {item.life && <Corrections life={item.life} item={item} thread={thread} now={now} onShow={onShow} />}
      <div class="d__s">
        <div>
          <b>
            <StateIcon />
            {headline(record, now)}
          </b>
          <Explanation
            record={record}
            kept={item.life?.countersign !== undefined && !item.life.countersign.by}
            now={now}
          />
          {(record.state === 'in-error' || record.state === 'taken-back') && (
            <TellRecord thread={thread} decision={item.id} owed={record} />
          )}
        </div>
        {item.delivery && (item.delivery.state === 'queued' || item.delivery.state === 'failed') ? (
          <DeliveryState delivery={item.delivery} />
        ) : (
          mayFile && (
            <>
              {record.state === 'none' && !item.life?.overtaken && (
                <a class="btn btn--s" href={fileHref}>
                  File to the record
                </a>
              )}
              {record.state === 'failed' && !item.life?.overtaken && (
                <a class={record.misfiled ? 'btn btn--s btn--quiet' : 'btn btn--s'} href={fileHref}>
                  {record.misfiled ? 'After that, file again' : 'File again'}
                </a>
              )}
              {record.state === 'filing' && record.trouble && (
                <button type="button" class="btn btn--s" onClick={onHurry}>
                  Try now
                </button>
              )}
              {!item.life?.overtaken && <MoreActs item={item} thread={thread} />}
            </>
          )
        )}
      </div>
    </div>
  );
}

const Said = ({ statement }: { statement: Statement }) => (
  <p class="small muted">
    {nameOf(statement.author, statement.own)}, {clockTime(statement.at)}
  </p>
);

/** Every part of the form, so that one that is empty is seen to be. */
function FormWords({ form, by }: { form: NonNullable<DecisionItem['form']>; by: string }) {
  return forms[form.kind].parts.map(({ name, heading }) => {
    const part = form.parts.find((each) => each.name === name);
    return (
      <div key={name} class="d__w">
        <p class="d__part">{heading}</p>
        {!part && <p class="small muted">Nothing was entered here.</p>}
        {part?.quoted.map((statement) => (
          <div key={statement.id}>
            <Said statement={statement} />
            <p class="m__t">{drawn(statement.text)}</p>
          </div>
        ))}
        {part !== undefined && part.gone > 0 && (
          <p class="small muted">A message that stood here is no longer in the conversation.</p>
        )}
        {part?.text !== undefined && (
          <>
            <p class="small muted">Written in the form by {by}</p>
            <p class="m__t">{drawn(part.text)}</p>
          </>
        )}
      </div>
    );
  });
}

/** What else may be done with it, behind one button: none of it is daily work. */
function MoreActs({ item, thread }: { item: DecisionItem; thread: ThreadId }) {
  const may = item.may ?? [];
  if (may.includes('countersign')) {
    return (
      <a class="btn btn--s" href={format({ at: 'countersign', thread, decision: item.id })}>
        Countersign
      </a>
    );
  }
  if (may.length === 0) return null;
  return (
    <span class="d__acts">
      {may.includes('correct') && (
        <a class="btn btn--s btn--quiet" href={format({ at: 'correct', thread, decision: item.id })}>
          Correct
        </a>
      )}
      {may.includes('take-back') && (
        <a class="btn btn--s btn--quiet" href={format({ at: 'take-back', thread, decision: item.id })}>
          Take back
        </a>
      )}
    </span>
  );
}

/** Who has to see to it, who is at it, who stands by it. Nothing, as long as there is nothing to say. */
function Life({ life, record, now }: { life: DecisionLife; record: RecordState; now: number }) {
  const lines: string[] = [];
  const open = record.state === 'none' || record.state === 'failed';
  if (life.corrects) lines.push('This corrects an earlier decision.');
  if (life.correctedBy) lines.push('A later decision is in the record in its place.');
  if (open && life.draftedBy) {
    lines.push(`${life.draftedBy.name} is preparing the document, since ${whenInWords(life.draftedAt ?? now, now)}.`);
  } else if (open && life.dueAt <= now) {
    lines.push(`${life.mine ? 'You have' : `${life.owner.name} has`} to see that it is filed.`);
  }
  const { countersign } = life;
  if (countersign?.by)
    lines.push(`Countersigned by ${countersign.by.name} ${whenInWords(countersign.at ?? now, now)}.`);
  else if (countersign && record.state !== 'taken-back') {
    const who = countersign.askedMe
      ? 'your countersignature'
      : `${countersign.asked?.name ?? 'somebody'} to countersign`;
    lines.push(`Waits for ${who}. The originals stay until then.`);
  }
  return lines.length > 0 ? <p class="d__life">{lines.join(' ')}</p> : null;
}

/** Two decisions that want the same place in the record: each says so, and leads to the other. */
function Corrections({ life, item, thread, now, onShow }: { life: DecisionLife } & Omit<Props, 'mayFile' | 'onHurry'>) {
  const { correction, overtaken } = life;
  if (correction && item.record.state !== 'taken-back')
    return (
      <p class="d__life">
        A correction by {nameOf(correction.by, correction.mine, true)}, {whenInWords(correction.at, now)} is not in the
        record yet. <ShowIt what={correction} onShow={onShow} />
      </p>
    );
  if (!overtaken) return null;
  const may = item.may?.includes('take-back');
  return (
    <>
      <p class="d__life">
        <b>Another correction came first: take this one back.</b> It is by {nameOf(overtaken.by, overtaken.mine, true)},{' '}
        {whenInWords(overtaken.at, now)}. <ShowIt what={overtaken} onShow={onShow} /> These words stay here, and can be
        copied.
      </p>
      {may && (
        <p class="d__life">
          <a class="btn btn--s" href={format({ at: 'take-back', thread, decision: item.id })}>
            Take this one back
          </a>
        </p>
      )}
    </>
  );
}

const ShowIt = ({ what, onShow }: { what: Correction } & Pick<Props, 'onShow'>) =>
  onShow ? (
    <button type="button" class="btn btn--s btn--quiet" onClick={() => onShow(what.decision)}>
      Look at it
    </button>
  ) : null;

function Attribution({ item, only, now }: { item: DecisionItem; only: Statement | undefined; now: number }) {
  const author = only?.author ?? item.markedBy;
  const own = only ? only.own : item.markedByMe;
  const at = only?.at ?? item.at;
  const markedByAnother = only && only.author.id !== item.markedBy.id;
  return (
    <>
      <span>
        {nameOf(author, own)}
        {own ? '' : `, ${shortRole(author)}`}
      </span>
      <time dateTime={new Date(at).toISOString()}>{whenInWords(at, now)}</time>
      {markedByAnother && <span>· marked by {nameOf(item.markedBy, item.markedByMe, true)}</span>}
    </>
  );
}

function headline(record: RecordState, now: number): string {
  if (record.state === 'in') return `In the record ${whenInWords(record.at, now)}`;
  if (record.state === 'failed' && record.misfiled) return `${misfiledWords[record.misfiled.how]}: ${misfiledTodo}`;
  return recordWords[record.state];
}

function Explanation({ record, kept, now }: { record: RecordState; kept: boolean; now: number }) {
  switch (record.state) {
    case 'none':
      return null;
    case 'taken-back':
      return (
        <span class={record.told && record.told !== 'retracted' ? 'd__x d__x--bad' : 'd__x'}>
          {takenBackWords(record, now)}
          {record.told && record.told !== 'retracted' && record.reference && ` Ref. ${record.reference}.`}
        </span>
      );
    case 'filing':
      return (
        <span class="d__x">{record.trouble ?? `Filed by ${record.by.name} ${whenInWords(record.since, now)}.`}</span>
      );
    case 'in':
      return (
        <span class="d__x">
          Ref. <span class="nowrap">{record.reference}</span>.
          {record.deleteAt && !kept ? ` The originals are deleted after ${whenInWords(record.deleteAt, now)}.` : ''}
        </span>
      );
    case 'held':
      return (
        <span class="d__x">
          Ref. <span class="nowrap">{record.reference}</span>. {record.why ?? 'A hold keeps the originals.'}
        </span>
      );
    case 'stopped':
      return <span class="d__x">This conversation is about the wrong patient. It did not go to the record.</span>;
    case 'in-error':
      return (
        <span class="d__x">
          {record.reference && (
            <>
              Ref. <span class="nowrap">{record.reference}</span>.{' '}
            </>
          )}
          {inErrorWords(record)}
        </span>
      );
    case 'failed':
      if (!record.misfiled) return <span class="d__x">{record.reason}</span>;
      return (
        <span class="d__x">
          {record.reason} {misfiledOrder[record.misfiled.how]} Nothing is deleted here.
          <Reference misfiled={record.misfiled} />
        </span>
      );
  }
}

function takenBackWords(
  { by, at, reason, note, told }: Extract<RecordState, { state: 'taken-back' }>,
  now: number,
): string {
  const what = `${by.name}, ${whenInWords(at, now)}: ${withdrawWords[reason]}.`;
  const why = note ? ` “${note.replace(/[.\s]+$/, '')}”.` : '';
  return `${what}${why}${told ? ` ${toldWords[told]}` : ''}`;
}

const toldWords = {
  owed: 'The record must mark it as entered in error: tell health records now.',
  retracting: 'The record is being told that it was entered in error.',
  retracted: 'The record shows it as entered in error. The originals stay.',
  refused: 'The record did not take that and still shows it as valid. Tell health records now.',
};

function inErrorWords({ done, byHand }: Extract<RecordState, { state: 'in-error' }>): string {
  if (done) return 'The record holds it as entered in error. The originals here are kept.';
  return byHand
    ? 'The record must mark it as entered in error: tell health records now. The originals here are kept.'
    : 'The record is being told to mark it as entered in error. The originals here are kept.';
}

const nameOf = (person: Person, own: boolean, inSentence = false): string =>
  own ? (inSentence ? 'you' : 'You') : person.name;
