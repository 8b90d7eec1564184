/** One row: a day, the line above the unread, people who came in, or an item with what can be done with it. */
import type { ComponentChildren } from 'preact';
import type { MessageId, MessageItem } from '../../core/contract.ts';
import { asFault } from '../../ui/fault.tsx';
import { DecisionCard } from '../record/DecisionCard.tsx';
import { useClient } from '../session/client.ts';
import { type Acts, Message, SystemFold, SystemNote, Tombstone } from './Message.tsx';
import type { ThreadStore } from './store.ts';
import type { Row, Spoken } from './timeline.ts';

type Props = {
  row: Row;
  store: ThreadStore;
  /** The one in the tab order. */
  isStop: boolean;
  isActive: boolean;
  isLast: boolean;
  onActivate: () => void;
  onReply: (message: MessageItem) => void;
  onTakenBack: (text: string) => void;
  toMessage: (message: MessageId) => void;
};

export function TimelineRow(props: Props) {
  const { row } = props;
  if (row.type === 'day') {
    return (
      <div class="line line--tight">
        <p class="day">{row.title}</p>
      </div>
    );
  }
  if (row.type === 'unread') {
    return (
      <div class="line line--tight">
        <p class="unreadline">New since you were here</p>
      </div>
    );
  }
  return (
    <Spot {...props} row={row}>
      {row.type === 'fold' ? (
        <SystemFold
          items={row.items}
          open={props.store.unfolded.value.has(row.key)}
          onToggle={() => props.store.toggleFold(row.key)}
        />
      ) : (
        <Item {...props} row={row} />
      )}
    </Spot>
  );
}

/** What the arrow keys move along: Enter goes to the first thing in it that can be done. */
function Spot({
  row,
  isStop,
  isActive,
  isLast,
  onActivate,
  children,
}: Pick<Props, 'isStop' | 'isActive' | 'isLast' | 'onActivate'> & { row: Spoken; children: ComponentChildren }) {
  return (
    <div
      class={['line', row.type === 'item' && row.joined && 'line--joined', isLast && 'line--last']
        .filter(Boolean)
        .join(' ')}
    >
      <article
        class={isActive ? 'hit is-active' : 'hit'}
        data-key={row.key}
        tabIndex={isStop ? 0 : -1}
        aria-label={row.type === 'fold' ? 'Note' : labelOf(row.item)}
        // A mouse that is pressed gives the focus too; the list must not move under it before the click is over.
        onFocus={(event) => {
          if (event.target instanceof Element && event.target.matches(':focus-visible')) onActivate();
        }}
        onClick={onActivate}
        onKeyDown={(event) => {
          if (event.key === 'Enter' && event.target === event.currentTarget) {
            event.preventDefault();
            event.currentTarget.querySelector<HTMLElement>('[data-act], .btn')?.focus();
          }
        }}
      >
        {children}
      </article>
    </div>
  );
}

function Item({
  row,
  store,
  onReply,
  onTakenBack,
  toMessage,
}: Pick<Props, 'store' | 'onReply' | 'onTakenBack' | 'toMessage'> & { row: Extract<Row, { type: 'item' }> }) {
  const client = useClient();
  const { item } = row;
  const head = store.head.value;
  if (!head) return null;
  const thread = head.id;
  const attempt = (work: Promise<unknown>) => {
    work.catch((thrown: unknown) => client.announce(asFault(thrown).message));
  };

  const acts: Acts = {};
  if (item.kind === 'message') {
    if (!head.readOnly && item.delivery?.state !== 'failed') {
      acts.reply = () => onReply(item);
      if (head.space === 'patient' && !row.partOf) {
        acts.decide = () => client.router.go({ at: 'decide', thread, message: item.id });
      }
    }
    // Where nothing can be written, trying again cannot work.
    if (!head.readOnly) acts.retry = () => attempt(client.wardline.retry({ thread, key: item.key }));
    acts.discard = () =>
      attempt(client.wardline.discard({ thread, key: item.key }).then(({ text }) => onTakenBack(text)));
    const quoted = item.reply;
    if (quoted && !('gone' in quoted)) acts.toQuote = () => toMessage(quoted.id);
  }

  switch (item.kind) {
    case 'message':
      return <Message item={item} partOf={row.partOf} joined={row.joined} saidBelow={row.saidBelow} acts={acts} />;
    case 'system':
      return <SystemNote item={item} newKeys={row.newKeys} />;
    case 'tombstone':
      return <Tombstone item={item} now={client.now.value} />;
    case 'decision':
      return (
        <DecisionCard
          item={item}
          thread={thread}
          now={client.now.value}
          mayFile={!head.readOnly}
          onShow={toMessage}
          onHurry={() => attempt(client.wardline.retryFiling({ thread, decision: item.id }))}
        />
      );
  }
}

function labelOf(item: Extract<Row, { type: 'item' }>['item']): string {
  switch (item.kind) {
    case 'message':
      return item.own ? 'Message from you' : `Message from ${item.author.name}, ${item.author.role}`;
    case 'decision':
      return 'Decision';
    case 'tombstone':
      return 'Filed decision';
    case 'system':
      return 'Note';
  }
}
