/**
 * A decision in the thread: a sheet with a folded corner whose border and foot say where the record stands (R18). Only a receipt from
 * the record clears "not in the record yet".
 */
import type { ComponentChildren } from 'preact';
import type { DecisionItem, Person, RecordState, Statement, ThreadId } from '../../core/contract.ts';
import { clockTime, whenInWords } from '../../ui/dates.ts';
import { DecisionIcon } from '../../ui/icons/states.tsx';
import { shortRole } from '../people/words.ts';
import { format } from '../shell/routes.ts';
import { drawn } from '../thread/drawn.ts';
import { DeliveryState, recordIcons, recordWords } from '../thread/States.tsx';
import { misfiledOrder, misfiledTodo, misfiledWords } from './misfiledWords.ts';
import { Reference } from './Reference.tsx';

type Props = {
  item: DecisionItem;
  thread: ThreadId;
  now: number;
  /** False for somebody who may only read here. */
  mayFile: boolean;
  onHurry: () => void;
  children?: ComponentChildren;
};

export function DecisionCard({ item, thread, now, mayFile, onHurry, children }: Props) {
  const { record, statements } = item;
  const only = statements.length === 1 ? statements[0] : undefined;
  const StateIcon = recordIcons[record.state];
  const fileHref = format({ at: 'file', thread, decision: item.id });
  return (
    <div class={`d d--${record.state}`}>
      <p class="d__h">
        <DecisionIcon />
        <b>Decision</b>
        <Attribution item={item} only={only} now={now} />
      </p>
      <div class="d__b">
        {statements.map((statement) => (
          <div key={statement.id} class="d__w">
            {!only && (
              <p class="small muted">
                {nameOf(statement.author, statement.own)}, {clockTime(statement.at)}
              </p>
            )}
            <p class="m__t">{drawn(statement.text)}</p>
          </div>
        ))}
        {children}
      </div>
      <div class="d__s">
        <div>
          <b>
            <StateIcon />
            {headline(record, now)}
          </b>
          <Explanation record={record} now={now} />
        </div>
        {item.delivery && (item.delivery.state === 'queued' || item.delivery.state === 'failed') ? (
          <DeliveryState delivery={item.delivery} />
        ) : (
          mayFile && (
            <>
              {record.state === 'none' && (
                <a class="btn btn--s" href={fileHref}>
                  File to the record
                </a>
              )}
              {record.state === 'failed' && (
                <a class={record.misfiled ? 'btn btn--s btn--quiet' : 'btn btn--s'} href={fileHref}>
                  {record.misfiled ? 'After that, file again' : 'File again'}
                </a>
              )}
              {record.state === 'filing' && record.trouble && (
                <button type="button" class="btn btn--s" onClick={onHurry}>
                  Try now
                </button>
              )}
            </>
          )
        )}
      </div>
    </div>
  );
}

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

function Explanation({ record, now }: { record: RecordState; now: number }) {
  switch (record.state) {
    case 'none':
      return null;
    case 'filing':
      return (
        <span class="d__x">{record.trouble ?? `Filed by ${record.by.name} ${whenInWords(record.since, now)}.`}</span>
      );
    case 'in':
      return (
        <span class="d__x">
          Ref. <span class="nowrap">{record.reference}</span>.
          {record.deleteAt ? ` The originals are deleted after ${whenInWords(record.deleteAt, now)}.` : ''}
        </span>
      );
    case 'held':
      return (
        <span class="d__x">
          Ref. <span class="nowrap">{record.reference}</span>. {record.why ?? 'A hold keeps the originals.'}
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

const nameOf = (person: Person, own: boolean, inSentence = false): string =>
  own ? (inSentence ? 'you' : 'You') : person.name;
