/** One thread in the list. Names wrap and are never cut; only an ordinary preview is. */
import type { Need, ThreadSummary } from '../../core/contract.ts';
import { shortWhen } from '../../ui/dates.ts';
import { DeliveryState, RecordTag, UrgencyTag } from '../thread/States.tsx';
import { FailedIcon } from '../../ui/icons/states.tsx';
import { misfiledWords } from '../record/misfiledWords.ts';
import { format } from '../shell/routes.ts';
import { Tile } from './Tile.tsx';
import { preview, threadFacts, threadTitle, wrongPatientTag } from './words.ts';

export function ThreadRow({ thread, now, current }: { thread: ThreadSummary; now: number; current: boolean }) {
  const pressing = thread.urgency === 'urgent' || thread.urgency === 'emergency';
  const look = [
    'th edge',
    thread.urgency === 'routine' ? '' : `edge--${thread.urgency}`,
    thread.unread > 0 ? 'th--unread' : '',
    pressing ? 'th--two' : '',
  ];
  const own = thread.last?.own ? thread.last.delivery : undefined;
  const tags = thread.urgency !== 'routine' || thread.needs.length > 0 || thread.hasDraft;
  return (
    <a
      class={look.filter(Boolean).join(' ')}
      href={format({ at: 'thread', thread: thread.id })}
      data-thread={thread.id}
      aria-current={current ? 'true' : undefined}
    >
      <Tile space={thread.space} person={thread.peer?.name} />
      <span>
        <span class="th__1">
          <b>{threadTitle(thread)}</b>
          <time dateTime={new Date(thread.at).toISOString()}>{shortWhen(thread.at, now)}</time>
        </span>
        <span class="th__2">{threadFacts(thread)}</span>
        <span class="th__3">
          <span class="pv">{preview(thread)}</span>
          {thread.unread > 0 ? (
            <span class="unread">{thread.unread > 99 ? '99+' : thread.unread} unread</span>
          ) : (
            own && <DeliveryState delivery={own} short />
          )}
        </span>
        {tags && (
          <span class="th__4">
            <UrgencyTag urgency={thread.urgency} dueAt={thread.dueAt} />
            {thread.needs.map((need) => (
              <NeedTag key={need.kind} need={need} />
            ))}
            {thread.hasDraft && <span class="tag tag--off">Draft</span>}
          </span>
        )}
      </span>
    </a>
  );
}

function NeedTag({ need }: { need: Need }) {
  if (need.kind === 'stopped') {
    return (
      <span class="tag tag--bad">
        <FailedIcon />
        Stopped
      </span>
    );
  }
  if (need.kind === 'wrong-patient') {
    return (
      <span class="tag tag--bad">
        <FailedIcon />
        {wrongPatientTag(need)}
      </span>
    );
  }
  const count = need.count > 1 ? `${need.count} ` : '';
  switch (need.kind) {
    case 'not-in-record':
      return <RecordTag state="none" words={count ? `${count}not in the record yet` : 'Not in the record yet'} />;
    case 'record-refused':
      return <RecordTag state="failed" words={count ? `${count}refused by the record` : 'Refused by the record'} />;
    case 'record-misfiled':
      return (
        <RecordTag state="failed" words={count ? `${count}filed wrongly in the record` : misfiledWords[need.how]} />
      );
    case 'not-sent':
      return (
        <span class="tag tag--bad">
          <FailedIcon />
          {count ? `${count}not sent` : 'Not sent'}
        </span>
      );
  }
}
