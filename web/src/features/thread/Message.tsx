/** Messages, system lines and tombstones as they stand in a thread. What people wrote is rendered as text and nothing else. */
import type { JSX } from 'preact';
import type { DecisionItem, MessageItem, Quote, SystemItem, TombstoneItem } from '../../core/contract.ts';
import { clockTime, plural, whenInWords } from '../../ui/dates.ts';
import { ActionIcon, DecisionIcon, EmergencyIcon, UrgentIcon } from '../../ui/icons/states.tsx';
import { BlockedIcon, DownIcon, LinkIcon, PeopleIcon, ReplyIcon } from '../../ui/icons/tasks.tsx';
import { KeyIcon, WarningIcon } from '../../ui/icons/tools.tsx';
import { Avatar } from '../inbox/Tile.tsx';
import { shortRole } from '../people/words.ts';
import { failedWords } from '../record/misfiledWords.ts';
import { drawn } from './drawn.ts';
import { DeliveryState, recordIcons, recordWords, urgencyWords } from './States.tsx';
import { arrivalsLine, rotationWords, systemLine } from './systemWords.ts';

export type Acts = {
  reply?: () => void;
  decide?: () => void;
  retry?: () => void;
  discard?: () => void;
  toQuote?: () => void;
};

type MessageProps = {
  item: MessageItem;
  partOf: DecisionItem | undefined;
  /** Under the message before it: name and role are only read out, and the time is shown to who points at it. */
  joined?: true | undefined;
  /** Its delivery stands under the message after it, and here is only read out. */
  saidBelow?: true | undefined;
  acts: Acts;
};

export function Message({ item, partOf, joined, saidBelow, acts }: MessageProps) {
  const id = `m-${item.key}`;
  const body = (
    <>
      <Head
        id={id}
        name={item.own ? 'You' : item.author.name}
        role={item.own ? '' : shortRole(item.author)}
        at={item.at}
        joined={joined}
      />
      <div class="m__b">
        {item.reply && <QuoteLine quote={item.reply} onOpen={acts.toQuote} />}
        <p class="m__t" dir="auto">
          {drawn(item.text)}
        </p>
      </div>
      <Foot item={item} partOf={partOf} saidBelow={saidBelow} acts={acts} />
      <Actions acts={acts} />
    </>
  );
  if (item.urgency !== 'routine') return <Urgent item={item}>{body}</Urgent>;
  return item.own ? (
    <div class={joined ? 'm--own m--joined' : 'm--own'}>{body}</div>
  ) : (
    <div class={joined ? 'm m--joined' : 'm'}>
      {joined ? <span /> : <Avatar name={item.author.name} />}
      <div>{body}</div>
    </div>
  );
}

type HeadProps = { id?: string; name: string; role: string; at: number; joined?: true | undefined };

export function Head({ id, name, role, at, joined }: HeadProps) {
  if (joined) {
    return (
      <p class="m__j" id={id}>
        <span class="vh">
          {name}
          {role && `, ${role}`}
        </span>
        <time dateTime={new Date(at).toISOString()}>{clockTime(at)}</time>
      </p>
    );
  }
  return (
    <p class="m__h" id={id}>
      <b>{name}</b>
      {role && <span>{role}</span>}
      <time dateTime={new Date(at).toISOString()}>{clockTime(at)}</time>
    </p>
  );
}

function Urgent({ item, children }: { item: MessageItem; children: JSX.Element }) {
  if (item.urgency === 'routine') return children;
  const Glyph = { action: ActionIcon, urgent: UrgentIcon, emergency: EmergencyIcon }[item.urgency];
  return (
    <div class={item.urgency === 'urgent' ? 'u' : `u u--${item.urgency}`}>
      <p class="u__h">
        <Glyph />
        {urgencyWords(item.urgency)}
      </p>
      <div class="u__b">{children}</div>
    </div>
  );
}

function QuoteLine({ quote, onOpen }: { quote: Quote; onOpen: (() => void) | undefined }) {
  if ('gone' in quote) return <p class="q">The message that this answers is no longer there.</p>;
  return (
    <button type="button" class="q" onClick={onOpen}>
      <span class="vh">In answer to </span>
      <b>
        {quote.author}, {clockTime(quote.at)}
      </b>
      <span>{quote.text}</span>
    </button>
  );
}

function Foot({ item, partOf, saidBelow, acts }: Omit<MessageProps, 'joined'>) {
  const RecordIcon = partOf && recordIcons[partOf.record.state];
  if (item.delivery?.state === 'failed') {
    return (
      <div class="m__f failed">
        <DeliveryState delivery={item.delivery} />
        {item.delivery.error && (
          <span class="small">
            {item.delivery.error.message} {item.delivery.error.hint}
          </span>
        )}
        {acts.retry && (
          <button type="button" class="btn btn--s" onClick={acts.retry}>
            Try again
          </button>
        )}
        <button type="button" class="btn btn--s btn--quiet" onClick={acts.discard}>
          {acts.retry ? 'Take it back' : 'Delete it'}
        </button>
      </div>
    );
  }
  if (!item.delivery && !partOf) return null;
  return (
    <p class={saidBelow && !partOf ? 'vh' : 'm__f'}>
      {partOf && RecordIcon && (
        <span class="st">
          <RecordIcon />
          In a decision.{' '}
          {(partOf.record.state === 'failed' && failedWords(partOf.record)) || recordWords[partOf.record.state]}
        </span>
      )}
      {item.delivery && <DeliveryState delivery={item.delivery} />}
    </p>
  );
}

function Actions({ acts }: { acts: Acts }) {
  if (!acts.reply && !acts.decide) return null;
  return (
    <div class="acts">
      {acts.reply && (
        <button type="button" class="btn btn--s btn--quiet" data-act onClick={acts.reply}>
          <ReplyIcon size="s" />
          Reply
        </button>
      )}
      {acts.decide && (
        <button type="button" class="btn btn--s btn--quiet" data-act onClick={acts.decide}>
          <DecisionIcon size="s" />
          Mark as decision
        </button>
      )}
    </div>
  );
}

const systemIcons = { people: PeopleIcon, link: LinkIcon, key: KeyIcon, warning: WarningIcon, blocked: BlockedIcon };

export function SystemNote({ item, newKeys }: { item: SystemItem; newKeys?: true | undefined }) {
  const line = systemLine(item.event);
  const Glyph = systemIcons[line.icon];
  return (
    <p class={line.tone === 'warn' ? 'sys sys--warn' : 'sys'}>
      <Glyph />
      <span>
        {line.text} {newKeys && `${rotationWords.removed} `}
        <time dateTime={new Date(item.at).toISOString()}>{clockTime(item.at)}</time>
      </span>
    </p>
  );
}

type FoldProps = { items: SystemItem[]; open: boolean; onToggle: () => void };

/** Several who came in: one quiet line, with each of them under it for whoever wants to know. */
export function SystemFold({ items, open, onToggle }: FoldProps) {
  const id = `fold-${items[0]?.key.replaceAll(' ', '-') ?? ''}`;
  const last = items.at(-1);
  return (
    <div class="sysfold">
      <p class="sys">
        <PeopleIcon />
        <span>
          {arrivalsLine(items.map(({ event }) => event))}{' '}
          {last && <time dateTime={new Date(last.at).toISOString()}>{clockTime(last.at)}</time>}
        </span>
        <button
          type="button"
          class="sysfold__b"
          data-act
          aria-expanded={open}
          aria-controls={open ? id : undefined}
          onClick={onToggle}
        >
          {open ? 'Hide' : 'Show each'}
          <DownIcon size="s" />
        </button>
      </p>
      {open && (
        <ul id={id}>
          {items.map((item) => (
            <li key={item.key}>
              {systemLine(item.event).text} <time dateTime={new Date(item.at).toISOString()}>{clockTime(item.at)}</time>
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}

/** R20: what is left after disposal. Who decided, who filed, how much, and where it is now; nothing of what was said. */
export function Tombstone({ item, now }: { item: TombstoneItem; now: number }) {
  const DeletedIcon = recordIcons.deleted;
  return (
    <div class="tomb">
      <b>
        <DeletedIcon />
        <span>In the record · originals deleted {whenInWords(item.at, now)}</span>
      </b>
      <p>
        Decision {attribution(item)}, {whenInWords(item.decidedAt, now)}.{' '}
        {item.messages === undefined ? '' : `${plural(item.messages, 'message')}. `}Filed by {item.filedBy}{' '}
        {whenInWords(item.filedAt, now)}. Record ref. <span class="nowrap">{item.reference}</span>
        <br />
        <span class="tiny">
          Document SHA-256 <span class="mono">{shortHash(item.sha256)}</span>
        </span>
      </p>
    </div>
  );
}

/** Whose decision it was is not always whoever marked it; where that is not known any more it is not guessed. */
function attribution({ decidedBy, markedBy }: TombstoneItem): string {
  if (decidedBy === undefined) return `marked by ${markedBy}`;
  return decidedBy === markedBy ? `by ${decidedBy}` : `by ${decidedBy}, marked by ${markedBy}`;
}

/** The beginning and the end of a hash, in groups that the eye can compare. */
export function shortHash(hex: string): string {
  const groups = hex.match(/.{1,4}/g) ?? [];
  return groups.length <= 6 ? groups.join(' ') : `${groups.slice(0, 3).join(' ')} … ${groups.slice(-2).join(' ')}`;
}
