/**
 * The scrolling part of a thread. Long threads are drawn only where they are looked at; one message at a time is in the tab order and
 * the arrow keys move along them. It is a region, not the live region: arrivals are announced elsewhere.
 */
import { useSignalEffect } from '@preact/signals';
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import { Virtualizer, type VirtualizerHandle } from 'virtua';
import type { MessageId, MessageItem } from '../../core/contract.ts';
import { plural } from '../../ui/dates.ts';
import { DownIcon } from '../../ui/icons/tasks.tsx';
import { useClient } from '../session/client.ts';
import type { ThreadStore } from './store.ts';
import { TimelineRow } from './TimelineRow.tsx';
import { isKeyChange, isSpoken, type Row, rowOf } from './timeline.ts';

type Props = { store: ThreadStore; onReply: (message: MessageItem) => void; onTakenBack: (text: string) => void };

const nearEnd = 80;

export function Timeline({ store, onReply, onTakenBack }: Props) {
  const client = useClient();
  const scroller = useRef<HTMLDivElement>(null);
  const list = useRef<VirtualizerHandle>(null);
  const older = useRef<HTMLParagraphElement>(null);
  const [olderHeight, setOlderHeight] = useState(0);
  const rows = store.rows.value;
  const [active, setActive] = useState<string>();
  const [unseenBelow, setUnseenBelow] = useState(0);
  const atEnd = useRef(true);
  const lastTop = useRef(0);
  const previous = useRef<{ first: string | undefined; last: string | undefined; count: number }>({
    first: undefined,
    last: undefined,
    count: 0,
  });

  const first = firstItem(rows);
  const last = rows.at(-1)?.key;
  const prepended = previous.current.count > 0 && first !== previous.current.first && last === previous.current.last;

  // Where to stand: at the first unread when the thread opens, at the end while the person is there, else where they are.
  useLayoutEffect(() => {
    const before = previous.current;
    previous.current = { first, last, count: rows.length };
    if (rows.length === 0 || !list.current) return;
    if (before.count === 0) {
      const unread = rows.findIndex((row) => row.type === 'unread');
      // Whoever has written below it has seen it: drawn anew, for another layout or after a task, the list ends where they were.
      if (unread > 0 && !rows.slice(unread).some(isOwn)) {
        atEnd.current = false;
        list.current.scrollToIndex(unread, { align: 'start' });
      } else list.current.scrollToIndex(rows.length - 1, { align: 'end' });
    } else if (last !== before.last && (atEnd.current || isOwn(rows.at(-1)))) {
      // Whoever writes looks at what they wrote, wherever they were reading before.
      atEnd.current = true;
      setUnseenBelow(0);
      list.current.scrollToIndex(rows.length - 1, { align: 'end' });
    }
  });

  // The list has to know how much stands above it.
  useLayoutEffect(() => setOlderHeight(older.current?.offsetHeight ?? 0), [store.hasOlder.value]);

  // Rows are measured as they appear and the composer grows: whoever stands at the end stays there.
  const stayAtEnd = () => {
    const element = scroller.current;
    if (element && atEnd.current) element.scrollTop = element.scrollHeight;
  };
  useEffect(() => {
    const element = scroller.current;
    if (!element) return undefined;
    const room = new ResizeObserver(stayAtEnd);
    room.observe(element);
    return () => room.disconnect();
  }, []);

  useSignalEffect(() => {
    const arrived = store.arrived.value;
    if (arrived.length === 0) return;
    // Before the new rows are drawn: whoever saw the last one follows, also where nothing could be scrolled.
    if (gapBelow() < nearEnd) atEnd.current = true;
    const message = arrived.find((item) => item.kind === 'message' || item.kind === 'decision');
    if (message?.kind === 'message') client.announce(`New message from ${message.author.name}, ${message.author.role}`);
    if (message?.kind === 'decision') client.announce(`${message.markedBy.name} marked a decision`);
    const news = arrived.filter((item) => !isKeyChange(item)).length;
    if (!atEnd.current && news > 0) setUnseenBelow((count) => count + news);
  });

  // The message in hand is seen whole, with what can be done with it.
  useEffect(() => {
    if (active) rowElement(active)?.scrollIntoView({ block: 'nearest' });
  }, [active]);

  function gapBelow(): number {
    const element = scroller.current;
    return element ? element.scrollHeight - element.scrollTop - element.clientHeight : 0;
  }

  const rowElement = (key: string) => scroller.current?.querySelector<HTMLElement>(`[data-key="${CSS.escape(key)}"]`);

  const items = rows.filter(isSpoken);
  const stop = active && items.some((row) => row.key === active) ? active : items.at(-1)?.key;

  function onScroll() {
    const element = scroller.current;
    if (!element) return;
    if (gapBelow() < nearEnd) {
      atEnd.current = true;
      setUnseenBelow(0);
    } else if (element.scrollTop < lastTop.current - 1) atEnd.current = false;
    lastTop.current = element.scrollTop;
    if (element.scrollTop < 400 && !atEnd.current) void store.loadOlder();
  }

  function show(key: string, focus: boolean) {
    const index = rows.findIndex((row) => row.key === key);
    if (index < 0) return;
    list.current?.scrollToIndex(index, { align: 'nearest' });
    setActive(key);
    if (focus) focusWhenDrawn(key);
  }

  /** A row far away is drawn a frame or two after the scroll; until then there is nothing to focus. */
  function focusWhenDrawn(key: string, tries = 20) {
    const element = rowElement(key);
    if (element) element.focus({ preventScroll: true });
    if (tries > 0 && document.activeElement !== element) requestAnimationFrame(() => focusWhenDrawn(key, tries - 1));
  }

  function onKeyDown(event: KeyboardEvent) {
    const target = event.target as HTMLElement;
    if (target !== scroller.current && !target.hasAttribute('data-key')) return;
    const at = items.findIndex((row) => row.key === stop);
    const moves: Record<string, number> = { ArrowUp: at - 1, ArrowDown: at + 1, Home: 0, End: items.length - 1 };
    const to = moves[event.key];
    if (to === undefined || event.altKey || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    if (to <= 0) void store.loadOlder();
    const row = items[Math.min(Math.max(to, 0), items.length - 1)];
    if (row) show(row.key, true);
  }

  function toMessage(message: MessageId) {
    const row = rows[rowOf(rows, message)];
    if (row) show(row.key, true);
    else client.announce('That message is further up. Load older messages first.');
  }

  function toEnd() {
    atEnd.current = true;
    list.current?.scrollToIndex(rows.length - 1, { align: 'end' });
    setUnseenBelow(0);
  }

  return (
    <div class="msgwrap">
      <div
        class="msgs"
        ref={scroller}
        role="region"
        aria-label="Messages"
        tabIndex={items.length === 0 ? 0 : -1}
        onScroll={onScroll}
        onKeyDown={onKeyDown}
      >
        {store.hasOlder.value && (
          <p class="msgs__older" ref={older}>
            {/* Out of the tab order: the arrow keys load what is older, and a button that goes away would take the focus with it. */}
            <button type="button" class="btn btn--s btn--quiet" tabIndex={-1} onClick={() => void store.loadOlder()}>
              {store.loadingOlder.value ? 'Loading older messages…' : 'Older messages'}
            </button>
          </p>
        )}
        <Virtualizer
          ref={list}
          scrollRef={scroller}
          shift={prepended}
          startMargin={store.hasOlder.value ? olderHeight : 0}
          data={rows}
          keepMounted={keep(rows, stop)}
          onResize={stayAtEnd}
        >
          {(row) => (
            <TimelineRow
              key={row.key}
              row={row}
              store={store}
              isStop={row.key === stop}
              isActive={row.key === active}
              isLast={row.key === last}
              onActivate={() => setActive(row.key)}
              onReply={onReply}
              onTakenBack={onTakenBack}
              toMessage={toMessage}
            />
          )}
        </Virtualizer>
      </div>
      {unseenBelow > 0 && (
        <button type="button" class="btn btn--s tobottom" onClick={toEnd}>
          <DownIcon size="s" />
          {plural(unseenBelow, 'new message')}
        </button>
      )}
    </div>
  );
}

/** The message that Tab leads to is always drawn, wherever the list has been scrolled. */
function keep(rows: Row[], key: string | undefined): number[] {
  const index = rows.findIndex((row) => row.key === key);
  return index < 0 ? [] : [index];
}

const isOwn = (row: Row | undefined): boolean =>
  row?.type === 'item' &&
  ((row.item.kind === 'message' && row.item.own) || (row.item.kind === 'decision' && row.item.markedByMe));

const firstItem = (rows: Row[]): string | undefined => rows.find(isSpoken)?.key;
